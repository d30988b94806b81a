#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ways round the detection, each by a pod of a real cluster: each raises an alert of
the starter policy, and the alert names the pod."""
import json
import pathlib
import shutil
import tempfile

from harness import outside, pod_network, sensor
from harness.cgroups import cgroup2_mount
from harness.cluster import Cluster
from harness.node_sensor import NodeSensor
from harness.on_node import OnNode, main
from harness.pods import container, pod
from harness.process import Timeout, wait_until
from harness.sensor import ROOT

ALLOWED = ".shop.test\n"
NONE, UNTRUSTED = "connect-without-dns", "connect-by-untrusted-resolver"


def policy(folder):
    """The starter policy, where every pod has declared its domains."""
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules, ignore=shutil.ignore_patterns("demo"))
    (rules / "lists/allowed-domains.txt").write_text(ALLOWED)
    domains = rules / "unexpected-domain.yaml"
    declared = "workloads: [Deployment/checkout, /example/checkout]"
    text = domains.read_text()
    assert text.count(declared) == 3, text
    domains.write_text(text.replace(declared, 'namespaces: ["test-*"]'))
    return rules


def rule_of(alert):
    return alert["finding_info"]["analytic"]["uid"]


class Evasions(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.sensor = cls.enterClassContext(NodeSensor(cls.cluster, policy=policy(folder)))

    def start(self, name, **spec):
        """A pod that does nothing yet."""
        template = {key: spec.pop(key) for key in list(spec) if key not in ("securityContext",)}
        main_container = container("main", "pause", **spec)
        self.cluster.apply(pod(name, main_container, **template))
        self.cluster.wait(f"pod/{name}", "Ready")
        return self.cluster.get("pod", name)["metadata"]["uid"]

    def nwbox(self, name, *words, check=True):
        return self.cluster.exec(name, "nwbox", *words, check=check)

    def rules_of(self, uid):
        return [rule_of(alert) for alert in self.sensor.alerts_of_pod(uid)]

    def wait_for_rule(self, uid, rule, text=""):
        def found():
            return [a for a in self.sensor.alerts_of_pod(uid)
                    if rule_of(a) == rule and text in json.dumps(a)]
        try:
            return self.sensor.wait_for(found, rule, 20)[0]
        except Timeout:
            self.fail(f"no alert {rule} {text}: {self.rules_of(uid)}, "
                      f"{[e.get('connect') for e in self.sensor.of_pod(uid, 'connect')]}")

    def dns_of(self, uid, destination):
        return [e["connect"]["dns"] for e in self.sensor.of_pod(uid, "connect")
                if e["connect"]["dst"] == destination]

    def until_it_speaks(self, name, *words):
        """The cluster learns of new Services a moment later."""
        wait_until(lambda: self._spoke(name, words), f"{words}: no answer")

    def _spoke(self, name, words):
        try:
            self.nwbox(name, "speak", *words)
            return True
        except AssertionError:
            return False

    def test_an_address_laundered_through_a_pods_name(self):
        uid = self.start("launderer")
        self.nwbox("launderer", "speak", "203-0-113-31.default.pod.cluster.local")
        self.wait_for_rule(uid, NONE, "203.0.113.31")

    def test_an_address_laundered_through_a_hand_made_endpoint_slice(self):
        self.cluster.apply(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"},
             "spec": {"clusterIP": "None", "ports": [{"port": 80}]}},
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
             "metadata": {"name": "db-1", "labels": {"kubernetes.io/service-name": "db"}},
             "addressType": "IPv4", "ports": [{"port": 80}],
             "endpoints": [{"addresses": ["203.0.113.32"], "conditions": {"ready": True}}]})
        uid = self.start("sliced")
        self.until_it_speaks("sliced", f"db.{self.cluster.name}.svc.cluster.local")
        self.wait_for_rule(uid, NONE, "203.0.113.32")

    def test_an_external_name_to_an_unexpected_domain(self):
        self.cluster.apply(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "partner"},
             "spec": {"type": "ExternalName", "externalName": "paste.evil.test"}})
        uid = self.start("aliased")
        self.until_it_speaks("aliased", "partner")
        self.wait_for_rule(uid, "unexpected-domain-by-alias", "paste.evil.test")
        self.assertNotIn("unexpected-domain", self.rules_of(uid))

    def test_an_unexpected_domain_is_one_alert_however_it_was_searched(self):
        uid = self.start("searcher")
        self.nwbox("searcher", "speak", "db.shop.test", "paste.evil.test")
        self.wait_for_rule(uid, "unexpected-domain", "paste.evil.test")
        self.sensor.barrier("searcher")
        self.assertEqual(self.rules_of(uid), ["unexpected-domain"])
        [base] = {e["dns"]["base"] for e in self.sensor.of_pod(uid, "dns")
                  if e["dns"]["qname"].startswith("paste") and e["dns"].get("expansion")}
        self.assertEqual(base, "paste.evil.test")

    def test_a_namespace_that_takes_a_name_of_the_internet(self):
        self.addCleanup(self.cluster.kubectl, "delete", "namespace", "com", "--wait=false")
        self.cluster.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "com"}})
        Cluster(self.cluster.place, "com").apply(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "yahoo"},
             "spec": {"ports": [{"port": 80}]}})
        uid = self.start("captured")
        self.until_it_speaks("captured", "-l", "yahoo.com")
        self.wait_for_rule(uid, "public-name-in-cluster", "yahoo.com")

    def test_port_53_translated_in_the_pod(self):
        outside.add_name("trap.shop.test. 30 IN A 203.0.113.33")
        uid = self.start("diverted")
        pod_network.translate(
            uid, "OUTPUT -p udp -d 10.96.0.10 --dport 53 -j DNAT --to 198.51.100.53:53")
        self.nwbox("diverted", "speak", "trap.shop.test")
        self.wait_for_rule(uid, "dns-diverted", "198.51.100.53")
        self.wait_for_rule(uid, UNTRUSTED, "203.0.113.33")

    def test_a_bound_address_translated_in_the_pod(self):
        uid = self.start("bent")
        self.nwbox("bent", "speak", "db.shop.test")
        self.assertEqual(self.rules_of(uid), [])
        pod_network.translate(
            uid, "OUTPUT -p tcp -d 203.0.113.11 -j DNAT --to 198.51.100.66:80")
        self.nwbox("bent", "speak", "db.shop.test")
        self.wait_for_rule(uid, NONE, "198.51.100.66")

    def test_a_tunnel_over_a_ping_socket(self):
        self.cluster.apply(pod("pinger", container("main", "pause"), securityContext={
            "sysctls": [{"name": "net.ipv4.ping_group_range", "value": "0 2147483647"}]}))
        self.cluster.wait("pod/pinger", "Ready")
        uid = self.cluster.get("pod", "pinger")["metadata"]["uid"]
        self.nwbox("pinger", "ping", "203.0.113.34")
        self.wait_for_rule(uid, NONE, "203.0.113.34")

    def test_a_process_that_moved_itself_to_the_hosts_cgroup(self):
        tree = str(cgroup2_mount())
        mounts = [{"name": "tree", "mountPath": "/tree"}]
        self.cluster.apply(pod(
            "mover", container("main", "pause", volumeMounts=mounts,
                               securityContext={"privileged": True}),
            volumes=[{"name": "tree", "hostPath": {"path": tree}}]))
        self.cluster.wait("pod/mover", "Ready")
        uid = self.cluster.get("pod", "mover")["metadata"]["uid"]
        self.nwbox("mover", "speak", "-l", "db.shop.test")  # its container is known
        self.cluster.exec("mover", "sh", "-c", "echo 0 > /tree/cgroup.procs && "
                          "nwbox connect 203.0.113.35 80")
        self.wait_for_rule(uid, NONE, "203.0.113.35")

    def test_a_pod_that_floods_its_own_bucket_and_then_connects(self):
        uid = self.start("flooder")
        self.nwbox("flooder", "ask", "10.96.0.10", "53", "%n.flood.shop.test", "20000")
        self.nwbox("flooder", "connect", "203.0.113.36", "80")
        self.wait_for_rule(uid, NONE, "203.0.113.36")
        [dns] = self.dns_of(uid, "203.0.113.36:80")
        self.assertIs(dns.get("history_complete"), False)

    def test_a_neighbour_that_resolves_for_it(self):
        outside.add_name("shared.shop.test. 30 IN A 203.0.113.37")
        self.start("neighbour")
        uid = self.start("silent")
        self.nwbox("neighbour", "speak", "shared.shop.test")
        self.sensor.barrier("neighbour")
        self.nwbox("silent", "connect", "203.0.113.37", "80")
        self.wait_for_rule(uid, NONE, "203.0.113.37")
        [dns] = self.dns_of(uid, "203.0.113.37:80")
        self.assertIs(dns.get("seen_elsewhere"), True)

    def test_a_container_of_the_same_pod_may(self):
        outside.add_name("mate.shop.test. 30 IN A 203.0.113.38")
        self.cluster.apply(pod("two", container("main", "pause"), container("mate", "pause")))
        self.cluster.wait("pod/two", "Ready")
        uid = self.cluster.get("pod", "two")["metadata"]["uid"]
        self.cluster.exec("two", "nwbox", "speak", "mate.shop.test", container="mate")
        self.sensor.barrier("two", "mate")
        self.cluster.exec("two", "nwbox", "connect", "203.0.113.38", "80", container="main")
        self.sensor.barrier("two", "main")
        self.assertEqual({dns["state"] for dns in self.dns_of(uid, "203.0.113.38:80")},
                         {"bound", "other_container"})
        self.assertEqual(self.rules_of(uid), [])


if __name__ == "__main__":
    main([sensor.missing])
