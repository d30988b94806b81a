#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/soc.md is true: a live sensor's alerts in topics made as it says, read by the
consumer that it shows and by docs/soc on Flink; and they weigh what it says."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import flink
import sizing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "kafka"))
import watched  # noqa: E402  found by the line above
from watched import await_delivered  # noqa: E402

import pods  # noqa: E402  finds the harness by watched's path
from harness import runner, sensor  # noqa: E402
from harness.netlab import NetLab  # noqa: E402
from harness.process import wait_until  # noqa: E402

TEXT = sizing.SOC.read_text()
ALERTS = "nameward.alerts"
DNS, CONNECTS = "nameward.dns", "nameward.connects"
UNEXPECTED, ALLOWED = "pastebin.test", "adyen.com"  # rules/lists
# Within the limit of alerts of one pod and rule; an unexpected name makes two (its datagram is a
# connect by address), an allowed one makes one.
PODS, ALONE, ROUNDS, QUIET_ROUNDS = 6, 10, 200, 30
ALL_ALERTS = ALONE + PODS * (3 * ROUNDS + QUIET_ROUNDS)
OF_ONE_BROKER = {"min.insync.replicas": "1"}


def topics_as_documented():
    """[(name, partitions, configs)] of the commands of docs/soc.md."""
    found = []
    for words in re.findall(r"kafka-topics\.sh --create ((?:\\\n|[^\n])+)", TEXT):
        name, partitions = re.search(r"--topic (\S+) --partitions (\d+)", words).groups()
        configs = dict(re.findall(r"--config (\S+)=(\S+)", words))
        found.append((name, int(partitions), configs | OF_ONE_BROKER))
    return found


def on_disk(broker, topic):
    return sum(log.stat().st_size for log in (broker.folder / "data").glob(f"{topic}-[0-9]*/*.log"))


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


def alone(record):
    """Its bytes as the only one of a batch, whose header has 61 and which zstd folds."""
    import zstandard
    headers = b"".join(name.encode() + value for name, value in record.headers)
    return 61 + len(zstandard.compress(record.key + record.value + headers))


class Soc(unittest.TestCase):
    """One sensor, and one run of pods: alone first, then against a broker that is down,
    then with names that no rule minds."""

    @classmethod
    def setUpClass(cls):
        from broker import Broker
        from kafka import KafkaAdminClient
        from kafka.admin import NewTopic
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="nameward-soc-")))
        cls.broker = cls.enterClassContext(Broker(cls.folder / "broker"))
        admin = KafkaAdminClient(bootstrap_servers=cls.broker.address())
        admin.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1, topic_configs=configs)
                             for name, partitions, configs in topics_as_documented()])
        admin.close()
        cls.run_pods(cls.enterClassContext(NetLab()))
        cls.records = cls.broker.read_all(ALERTS)
        cls.alerts = [json.loads(r.value) for r in cls.records]

    @classmethod
    def run_pods(cls, lab):
        resolver, client = lab.host(1).v4, lab.host(2)
        boxes = [lab.cgroups.container() for _ in range(PODS)]
        settings = {"kafka.brokers": cls.broker.address(), "telemetry.dns_topic": DNS,
                    "telemetry.connect_topic": CONNECTS}
        with pods.start(lab, boxes, settings) as watch:
            for sent in range(1, ALONE + 1):
                pods.speak(lab, client, boxes[:1], (1, 100), resolver, pods.CONNECT)
                await_delivered(watch, sent)
            cls.alone = on_disk(cls.broker, ALERTS) / ALONE
            cls.broker.kill()
            pods.speak(lab, client, boxes, (ROUNDS, 100), resolver, pods.CONNECT, UNEXPECTED)
            cls.broker.start()
            before = ALONE + 3 * PODS * ROUNDS
            await_delivered(watch, before)
            cls.batch = (on_disk(cls.broker, ALERTS) - cls.alone * ALONE) / (before - ALONE)
            # Telemetry has no spool: what its queue can't take after the outage is dropped.
            wait_until(lambda: sum(watch.ledger()["telemetry_pending"].values()) < 20,
                       lambda: f"telemetry waits: {watch.get('/readyz')}", 60)
            pods.speak(lab, client, boxes, (QUIET_ROUNDS, 20), resolver, ALLOWED)
            await_delivered(watch, ALL_ALERTS)
            wait_until(lambda: len(cls.quiet_names()) == PODS * QUIET_ROUNDS,
                       lambda: f"telemetry lacks names: {watch.ledger()}", 60)
        cls.telemetry = {topic: cls.broker.read_all(topic) for topic in (DNS, CONNECTS)}

    @classmethod
    def quiet_names(cls):
        """Names of the domain that no rule minds, in telemetry."""
        asked = (json.loads(r.value).get("query", {}).get("hostname", "") for r in cls.broker.read_all(DNS))
        return {name for name in asked if name.endswith(ALLOWED)}

    def test_the_measured_sizes_are_those_of_the_page(self):
        measured = {
            "the value": mean(len(r.value) for r in self.records),
            "key and headers": mean(len(r.key) + sum(len(k) + len(v) for k, v in r.headers) for r in self.records),
            "an alert alone": self.alone,
            "an alert in a batch": self.batch,
        }
        said = sizing.sizes(TEXT)
        for topic, what in ((DNS, "a DNS message alone"), (CONNECTS, "a connect alone")):
            measured[what] = mean(alone(r) for r in self.telemetry[topic] if r.key.startswith(b"payments/"))
        for name, size in measured.items():
            print(f"{name}: {size:.0f} bytes, docs/soc.md says {said[name]}", flush=True)
        for name, size in measured.items():
            self.assertAlmostEqual(size / said[name], 1, delta=0.25, msg=name)

    def test_the_table_of_what_a_fleet_needs_follows_from_them(self):
        self.assertTrue(sizing.table(sizing.sizes(TEXT)) in TEXT, "tests/e2e/flink/sizing.py prints it")

    def test_arrival_is_the_broker_s_time(self):
        late = [r.timestamp - a["time"] for r, a in zip(self.records, self.alerts, strict=True)]
        self.assertEqual({r.timestamp_type for r in self.records}, {1})
        self.assertGreaterEqual(min(late), 0)
        self.assertGreater(max(late), 1000, "those of the outage waited")

    def test_the_consumer_of_the_page_reads_each_alert_once(self):
        code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
        self.assertIn('"kafka:9092"', code)
        code = code.replace("kafka:9092", self.broker.address())
        urgent = {a["metadata"]["uid"]: a for a in self.alerts if a["severity"] in ("High", "Critical")}
        reader = subprocess.Popen([sys.executable, "-u", "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True)
        try:
            lines = [reader.stdout.readline().rstrip("\n") for _ in urgent]
        finally:
            reader.kill()
            reader.communicate()
        self.assertEqual(sorted(lines), sorted(
            f"unexpected-domain {key} {a['message']}" for a in urgent.values()
            for key in [f"payments/Deployment/{a['resources'][0]['name'].split('-')[0]}"]))

    def test_flink_finds_in_them_what_was_done(self):
        address = {"properties.bootstrap.servers": self.broker.address()}
        to_the_end = {**address, "scan.bounded.mode": "latest-offset"}
        flink.run(self.folder, {
            **dict.fromkeys(("alerts", "dns_activity", "network_activity"), to_the_end),
            **dict.fromkeys(("correlations", "alerts_unique"), address)}, flink.FILES)
        found = [json.loads(r.value) for r in self.broker.read_all("nameward.correlations")]
        # Telemetry, and so the findings, hold what else this machine's containers do.
        mine = {(f["kind"], f["subject"]) for f in found}
        evidence = [a["evidences"][0] for a in self.alerts]
        for end in (e["dst_endpoint"] for e in evidence):
            self.assertIn(("one_destination_many_pods", f"{end['ip']} port {end['port']}"), mine)
        for name in {e["query"]["hostname"] for e in evidence if "query" in e} | self.quiet_names():
            self.assertIn(("first_seen_in_fleet", name), mine)
        self.assertLessEqual({("tunnel_over_pods", UNEXPECTED), ("tunnel_over_pods", ALLOWED)}, mine)
        self.assertNotIn("sequence_gap", {kind for kind, _ in mine})
        unique = [json.loads(r.value)["uid"] for r in self.broker.read_all("nameward.alerts.unique")]
        self.assertEqual(sorted(unique), sorted({a["metadata"]["uid"] for a in self.alerts}))
        self.assertEqual(len(unique), ALL_ALERTS)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, watched.missing, flink.missing])
