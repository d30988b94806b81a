#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A healthy cluster stays quiet under the starter policy: no alert in a minute, or in
$NW_QUIET_SECONDS (./dev soak: ten minutes), of pods that do what pods do.

All are born under the sensor's eyes: none is silent for being in warm-up.
"""
import collections
import contextlib
import itertools
import json
import os
import socket
import subprocess
import time

from harness import sensor
from harness.node_sensor import NodeSensor
from harness.on_node import OnNode, main
from harness.pods import container, daemon_set, deployment, job, pod, pod_template, service
from harness.process import end, wait_until

SECONDS = int(os.environ.get("NW_QUIET_SECONDS", "60"))
PORT = 7000
OUT = "web.shop.test"
# mDNS, SSDP, the unspecified address, and itself by loopback.
LOCAL = f"""while :; do
  nwbox connect -t udp 224.0.0.251 5353
  nwbox connect -t udp 239.255.255.250 1900
  nwbox connect 0.0.0.0 {PORT}
  nwbox connect 127.0.0.1 {PORT}
  nwbox connect 127.0.0.1 9
  sleep 1
done"""


def every(milliseconds, *words):
    """Speaks until it is told to end."""
    return container("main", "speak", "-s", "-n", 0, "-i", milliseconds, *words)


def echo():
    """A server of TCP and UDP with all three kinds of probes, and a neighbour that
    speaks to itself and to its link."""
    probe = {"periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 10}
    server = container(
        "server", "serve", PORT,
        readinessProbe={"tcpSocket": {"port": PORT}, **probe},
        livenessProbe={"httpGet": {"port": PORT, "path": "/"}, **probe},
        startupProbe={"exec": {"command": ["nwbox", "connect", "127.0.0.1", str(PORT)]}, **probe})
    neighbour = container("neighbour", "pause") | {"command": ["/bin/sh", "-c", LOCAL]}
    return pod_template(server, neighbour, labels={"app": "echo"})


def services():
    both = [{"name": "tcp", "port": PORT, "protocol": "TCP"},
            {"name": "udp", "port": PORT, "protocol": "UDP"}]
    return [service("echo", {"app": "echo"}, PORT) | {
                "spec": {"selector": {"app": "echo"}, "ports": both}},
            service("echo-each", {"app": "echo"}, PORT, clusterIP="None")]


def on_host(*words):
    return pod_template(every(500, *words), hostNetwork=True,
                        dnsPolicy="ClusterFirstWithHostNet")


def workloads(namespace):
    echo_name = f"echo.{namespace}.svc.cluster.local"
    return [
        *services(), deployment("echo", echo(), replicas=2),
        deployment("inside-tcp", pod_template(every(300, "-p", PORT, "echo", "echo-each"))),
        deployment("inside-udp", pod_template(every(300, "-t", "udp", "-p", PORT, echo_name))),
        # A closed port of a pod: resets, and unreachables.
        deployment("refused-tcp", pod_template(every(500, "-p", 9, "echo-each"))),
        deployment("refused-udp", pod_template(every(500, "-t", "udp", "-p", 9, "echo-each"))),
        deployment("outside", pod_template(every(300, OUT, "db.shop.test"))),
        deployment("outside-udp", pod_template(every(300, "-t", "udp", "-p", 443, OUT))),
        daemon_set("host-out", on_host(OUT)),
        daemon_set("host-in", on_host("-p", PORT, echo_name)),
        pod("nodes-resolver", every(300, OUT), dnsPolicy="Default")]


class Quiet(OnNode):
    def setUp(self):
        self.watcher = self.enterContext(NodeSensor(self.cluster))
        # CoreDNS anew, and before the others: they need it.
        self.cluster.kubectl("-n", "kube-system", "delete", "pod", "--all", "--wait=true")
        self.cluster.kubectl("-n", "kube-system", "wait", "pod", "--all", "--for=condition=Ready",
                             "--timeout=60s")
        self.cluster.apply(*workloads(self.cluster.name))
        for name in "echo", "inside-tcp", "outside", "outside-udp":
            self.cluster.wait(f"deployment/{name}", "Available")

    def of_cluster(self, kind=None):
        """This machine may have more than the cluster."""
        return [e for e in self.watcher.events(kind)
                if (e["cgroup"]["path"] or "").startswith(f"/{self.cluster.place.cgroup}/")]

    def alerts(self):
        return [a for a in self.watcher.alerts()
                if f"/{self.cluster.place.cgroup}/" in json.dumps(a)]

    @contextlib.contextmanager
    def forwarded(self):
        """A local port that leads into an echo pod, as `kubectl port-forward`."""
        name = self.cluster.pods("app=echo")[0]["metadata"]["name"]
        command = [*self.cluster._kubectl, "-n", self.cluster.name, "port-forward", f"pod/{name}",
                   f":{PORT}"]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as tunnel:
            try:
                yield int(tunnel.stdout.readline().split("->")[0].rpartition(":")[2])
            finally:
                end(tunnel)

    def live(self):
        """Jobs of a second, and connections through the tunnel, until the time is up;
        how many.  Three at least, however slow the machine is."""
        deadline = time.monotonic() + SECONDS
        with self.forwarded() as port:
            for number in itertools.count():
                if time.monotonic() > deadline and number >= 3:
                    return number
                self.cluster.apply(job(f"job-{number}", pod_template(
                    container("main", "speak", "-s", "-n", 2, "-i", 300, OUT, "%u.%n.test")),
                    ttlSecondsAfterFinished=120))
                with socket.create_connection(("127.0.0.1", port), 10) as client:
                    client.sendall(b"hello\r\n")
                    self.assertTrue(client.recv(100))
                wait_until(lambda n=number: self.cluster.get("job", f"job-{n}")["status"]
                           .get("succeeded"), f"job-{number} is not done", 60)
        return None

    def seen(self):
        """How many connects of each kind of pod, in which state."""
        counts = collections.Counter()
        for event in self.of_cluster("connect"):
            name = (event["pod"] or {}).get("workload") or "?"
            counts[name.partition("-")[0] if "Job/" in name else name,
                   event["connect"]["proto"], event["connect"]["dns"]["state"]] += 1
        return counts

    def test_no_alert(self):
        jobs = self.live()
        self.watcher.barrier("nodes-resolver")
        seen = self.seen()
        figures = "\n".join(f"{count:7} {' '.join(what)}" for what, count in sorted(seen.items()))
        print(f"{SECONDS} s, {jobs} jobs, {len(self.of_cluster('dns'))} DNS messages, "
              f"connects:\n{figures}")
        self.assertEqual([a["finding_info"] for a in self.alerts()], [], self.odd())
        self.assertEqual(self.of_cluster("transport"), [])
        self.assertEqual(self.of_cluster("malformed"), [])
        self.assertEqual({state for _, _, state in seen} & {"none", "untrusted_resolver"}, set())
        # Quiet, not blind.
        for running in self.cluster.pods():
            uid = running["metadata"]["uid"]
            self.assertTrue(self.watcher.of_pod(uid, "connect"), running["metadata"]["name"])

    def odd(self):
        return [e for e in self.of_cluster("connect")
                if e["connect"]["dns"]["state"] in ("none", "untrusted_resolver")][:5]


if __name__ == "__main__":
    main([sensor.missing])
