# SPDX-License-Identifier: Apache-2.0
"""Alerts of a small fleet, and what the files of docs/soc must find in them.

Each scene adds records to a fleet and returns its findings.
"""
import itertools
import random
import uuid

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
START = 1_767_322_800_000  # 2026-01-02T03:00:00Z, the start of an hour
NODES = 3
PAYLOAD = "6e616d6577617264"  # as long as a name must be to carry bytes


class Fleet:
    """Makes alerts; each alert() is one emission with a uid of its own."""

    def __init__(self):
        self.records = []  # (arrived, topic's table, key, headers, value)
        self._numbers = itertools.count(1)

    def alert(self, arrived, node, pod, evidence, **more):
        uid = str(uuid.UUID(int=next(self._numbers)))
        namespace, name = pod.split("/")
        value = {
            "metadata": {"version": "1.5.0", "uid": uid},
            "time": more.get("happened", arrived),
            "severity_id": 3,
            "is_alert": True,
            "activity_id": 1,
            "message": f"{pod} did it",
            "device": {"type_id": 1, "hostname": node},
            "finding_info": {"uid": uid, "title": "t", "analytic": {"type_id": 1, "uid": "rule"}},
            "evidences": [evidence],
            "resources": [{"type": "k8s.pod", "name": name, "namespace": namespace}],
        }
        headers = {"ce_id": uid}
        if "cluster" in more:
            value["metadata"]["tenant_uid"] = more["cluster"]
        if "sequence" in more:
            value["metadata"]["sequence"] = more["sequence"]
            headers["ce_spool"] = more["spool"]
        self._add(arrived, "alerts", pod, headers, value, more.get("twice"))

    def activity(self, arrived, table, node, pod, about, twice=False):
        """Raw telemetry: `table` is dns_activity or network_activity."""
        uid = f"boot.{next(self._numbers)}"
        namespace, name = pod.split("/")
        about = {**about, "unmapped": {
            "workload": pod, "pod": {"namespace": namespace, "name": name, "uid": "u"}, **about.get("unmapped", {})}}
        value = {"metadata": {"version": "1.5.0", "uid": uid}, "time": arrived, "device": {"hostname": node}, **about}
        self._add(arrived, table, pod, {"ce_id": uid}, value, twice)

    def _add(self, arrived, table, key, headers, value, twice):
        self.records.append((arrived, table, key, headers, value))
        if twice:  # a resend: the same bytes, a little later
            self.records.append((arrived + 5 * SECOND, table, key, headers, value))

    def names(self):
        """All that anybody asked for."""
        return {about["query"]["hostname"] for *_, value in self.records
                for about in (*value.get("evidences", ()), value) if "query" in about}

    def as_sent(self):
        """By arrival, but for what two partitions' leaders, or clocks, disagree about."""
        order = random.Random(5)
        return sorted(self.records, key=lambda r: r[0] + order.randrange(20 * SECOND))


def asked(name):
    return {"query": {"hostname": name}, "dst_endpoint": {"ip": "10.96.0.10", "port": 53},
            "data": {"kind": "dns"}}


def connected(ip, port, state):
    return {"dst_endpoint": {"ip": ip, "port": port},
            "data": {"kind": "connect", "connect": {"dns": {"state": state}}}}


def opened(ip, port, state):
    return {"dst_endpoint": {"ip": ip, "port": port}, "unmapped": {"connect": {"dns": {"state": state}}}}


def finding(kind, subject, counts, times, explanation):
    pods, nodes, hits = counts
    return (kind, subject, pods, nodes, hits, *times, explanation)


def one_destination(fleet):
    """Six pods, three names in two clusters, half of them an hour in a spool.  Five across the end of an
    hour.  Six of one workload, which raised one alert and telemetry.  None: five in more
    than an hour; addresses that DNS gave."""
    late = HOUR
    for number in range(6):
        at = START + 12 * MINUTE + number * SECOND
        fleet.alert(at, f"node-{number % NODES}", f"shop/pod-{number % NODES}",
                    connected("203.0.113.66", 3333, "none"), cluster=f"eu{number // NODES}",
                    happened=at - late * (number % 2), twice=True)
        fleet.alert(at, "node-0", f"shop/pod-{number}", connected("203.0.113.70", 443, "stale"))
        fleet.alert(at + number * 16 * MINUTE, "node-0", f"shop/pod-{number}",
                    connected("203.0.113.67", 3333, "none"), twice=True)
        edge = START + 58 * MINUTE + number * MINUTE
        fleet.alert(edge, "node-1", f"shop/pod-{number % 5}",
                    connected("203.0.113.68", 25, "untrusted_resolver"), twice=number == 0)
        for ip, state in (("203.0.113.69", "none"), ("203.0.113.71", "bound")):
            fleet.activity(at + 2 * HOUR, "network_activity", "node-2", f"shop/pod-{number}", opened(ip, 22, state),
                           twice=True)
    fleet.alert(at + 2 * HOUR, "node-2", "shop/pod-0", connected("203.0.113.69", 22, "none"), twice=True)
    telemetry = START + 2 * HOUR + 12 * MINUTE
    said = "pods connected to one address without a name"
    return [
        finding("one_destination_many_pods", "203.0.113.66 port 3333", (6, 6, 6),
                (START + 12 * MINUTE + SECOND - late, START + 12 * MINUTE + 4 * SECOND),
                f"6 {said}"),
        finding("one_destination_many_pods", "203.0.113.68 port 25", (5, 1, 6),
                (START + 58 * MINUTE, START + 63 * MINUTE), f"5 {said}"),
        finding("one_destination_many_pods", "203.0.113.69 port 22", (6, 1, 7),
                (telemetry, telemetry + 5 * SECOND), f"6 {said}"),
    ]


def tunnel(fleet):
    """Sixty names from three pods; sixty that no rule minds, in telemetry.  None: as many
    from one pod, thirty from three, sixty that each pod asks for, sixty short ones, and
    the cluster's own."""
    at = START + 4 * HOUR + 2 * MINUTE
    for number in range(60):
        pod = f"shop/pod-{number % 3}"
        name = f"{number:02}{PAYLOAD}"
        when = at + (60 - number) * SECOND  # newest first
        fleet.alert(when, f"node-{number % 2}", pod, asked(f"{name}.evil.co.uk"), twice=number % 7 == 0)
        fleet.alert(when, "node-0", "shop/alone", asked(f"{name}.alone.test"))
        fleet.alert(when, "node-0", pod, asked(f"{name}.default.svc.cluster.local"))
        fleet.alert(when, "node-0", pod, asked(f"x{number}.short.test"))
        if number < 30:
            fleet.alert(when, "node-0", pod, asked(f"{name}.few.test"))
        for reader in range(3):
            fleet.alert(when, "node-0", f"shop/pod-{reader}", asked(f"{name}.cdn.test"))
        fleet.activity(when + HOUR, "dns_activity", "node-2", pod, {"query": {"hostname": f"{name}.quiet.test"}},
                       twice=True)
    later = at + HOUR
    return [finding("tunnel_over_pods", "evil.co.uk", (3, 2, 60), (at + SECOND, at + 60 * SECOND),
                    "60 names below one domain, asked for by 3 pods"),
            finding("tunnel_over_pods", "quiet.test", (3, 1, 60), (later + SECOND, later + 60 * SECOND),
                    "60 names below one domain, asked for by 3 pods")]


def first_seen(fleet):
    """One name on a day, 29 days later, and 31 days after that: twice a news."""
    days = [START + 8 * HOUR + 30 * SECOND + days * DAY for days in (0, 29, 60)]
    for at in days:
        fleet.alert(at, "node-0", "shop/curious", asked("rare.test"), twice=True)
        fleet.alert(at + 10 * MINUTE, "node-1", "shop/other", asked("rare.test"))
        fleet.activity(at + 20 * MINUTE, "dns_activity", "node-1", "shop/other", {"query": {"hostname": "rare.test"}})
    return [finding("first_seen_in_fleet", "rare.test", (1, 1, 1), (at, at),
                    "asked for by shop/curious") for at in (days[0], days[2])]


def sequences(fleet):
    """node-a lost 41 to 43; node-b's 5 came 11 minutes after 6, its 3 in time; node-c lost
    nothing though its numbers came backwards; node-d's folder was lost with no number."""
    start = START + 12 * HOUR + 30 * SECOND

    def number(node, sequence, arrived, spool="", twice=False):
        fleet.alert(arrived, node, f"shop/pod-{sequence % 5}", connected("203.0.113.99", 1, "bound"),
                    sequence=sequence, spool=f"spool-of-{node}{spool}", twice=twice)

    for sequence in range(100):
        if sequence not in (41, 42, 43):
            number("node-a", sequence, start + sequence * SECOND, twice=sequence % 9 == 0)
        number("node-c", sequence, start + (101 - sequence) * 5 * SECOND)
        number("node-d", sequence % 50, start + sequence * SECOND, spool=sequence // 50)
    for sequence, minute in enumerate((0, 1, 2, 12, 4, 17, 6, 7, 8)):
        number("node-b", sequence, start + minute * MINUTE)
    late = start + 6 * MINUTE
    return [
        finding("sequence_gap", "node-a", (0, 1, 3), (start + 44 * SECOND,) * 2,
                "of the numbers 41 to 43 of the spool spool-of-node-a, 0 came"),
        finding("sequence_gap", "node-b", (0, 1, 1), (late, late),
                "of the numbers 5 to 5 of the spool spool-of-node-b, 0 came"),
    ]


def all_scenes(fleet):
    """What must be found, and nothing else, but for each name's first time."""
    return [found for scene in (one_destination, tunnel, first_seen, sequences)
            for found in scene(fleet)]
