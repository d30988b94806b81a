#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Addresses that a healthy cluster translates fool nobody: resolver and destination
are those that the program addressed, and nothing is called DNS elsewhere or `none`."""
import subprocess
import sys

from harness import pod_network, sensor
from harness.node_sensor import NodeSensor
from harness.on_node import OnNode, main
from harness.pods import container, pod
from harness.process import end, wait_until

CLUSTER_DNS = "10.96.0.10:53"
WEB = "203.0.113.12:80"  # web.shop.test
CACHE = "169.254.20.10"
# What a node-local cache is to a pod: the same answers at another address.
FORWARDER = f"""
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("{CACHE}", 53))
print("ready", flush=True)
while True:
    query, peer = server.recvfrom(2048)
    up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    up.settimeout(5)
    up.sendto(query, ("203.0.113.53", 53))
    server.sendto(up.recv(2048), peer)
"""


class Translation(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sensor = cls.enterClassContext(NodeSensor(
            cls.cluster, flags=["--resolver", f"{CACHE}:53"]))

    def start(self, name, *containers, **template):
        self.cluster.apply(pod(name, *(containers or [container("main", "pause")]), **template))
        self.cluster.wait(f"pod/{name}", "Ready")
        return self.cluster.get("pod", name)["metadata"]["uid"]

    def speak(self, name, *words, where="main"):
        self.cluster.exec(name, "nwbox", "speak", *words, container=where)
        self.sensor.barrier(name, where)

    def assert_quiet(self, uid):
        self.assertEqual(self.sensor.of_pod(uid, "transport"), [])
        self.assertEqual([e["connect"] for e in self.sensor.of_pod(uid, "connect")
                          if e["connect"]["dns"]["state"] == "none"], [])
        self.assertEqual([a for a in self.sensor.alerts_of_pod(uid)], [])

    def connects(self, uid, destination):
        return [e["connect"] for e in self.sensor.of_pod(uid, "connect")
                if e["connect"]["dst"] == destination]

    def assert_bound(self, uid, destination=WEB):
        connects = self.connects(uid, destination)
        self.assertTrue(connects)
        for connect in connects:
            self.assertEqual((connect["dns"]["state"], connect["dns"]["resolver"]),
                             ("bound", CLUSTER_DNS), connect)

    def queries(self, uid):
        return [e["dns"] for e in self.sensor.of_pod(uid, "dns") if not e["dns"]["response"]]

    def test_host_network_behind_the_clusters_dns(self):
        uid = self.start("host", hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet")
        self.speak("host", "web.shop.test")
        queries = self.queries(uid)
        self.assertEqual({query["server"] for query in queries}, {CLUSTER_DNS})
        for query in queries:
            self.assertTrue(query["port53"] and query["wire"].startswith("10.99."), query)
            self.assertNotIn("diverted", query)
        self.assert_bound(uid)
        self.assert_quiet(uid)

    def test_a_mesh_that_redirects_names_and_streams(self):
        proxy = container("proxy", "mesh", CLUSTER_DNS.split(":")[0],
                          securityContext={"runAsUser": pod_network.MESH_USER})
        uid = self.start("mesh", container("main", "pause"), proxy)
        pod_network.redirect_to_mesh(uid)
        self.speak("mesh", "web.shop.test")
        self.assertEqual({(query["server"], query.get("wire")) for query in self.queries(uid)},
                         {(CLUSTER_DNS, "127.0.0.1:15053"), (CLUSTER_DNS, None)})
        # The program's, and the proxy's for it.
        self.assertEqual({e["container"]["name"] for e in self.sensor.of_pod(uid, "connect")
                          if e["connect"]["dst"] == WEB}, {"main", "proxy"})
        self.assert_bound(uid)
        self.assert_quiet(uid)

    def test_a_node_local_cache(self):
        subprocess.run(["ip", "address", "replace", f"{CACHE}/32", "dev", "lo"], check=True)
        self.addCleanup(subprocess.run, ["ip", "address", "del", f"{CACHE}/32", "dev", "lo"],
                        check=False)
        forwarder = subprocess.Popen([sys.executable, "-S", "-c", FORWARDER],
                                     stdout=subprocess.PIPE, text=True)
        self.addCleanup(forwarder.stdout.close)
        self.addCleanup(end, forwarder)
        self.assertEqual(forwarder.stdout.readline(), "ready\n")
        uid = self.start("cached", dnsPolicy="None", dnsConfig={"nameservers": [CACHE]})
        self.speak("cached", "web.shop.test")
        [connect] = self.connects(uid, WEB)
        self.assertEqual((connect["dns"]["state"], connect["dns"]["resolver"]),
                         ("bound", f"{CACHE}:53"))
        self.assertEqual({c["dns"]["state"] for c in self.connects(uid, f"{CACHE}:53")},
                         {"internal"})
        self.assert_quiet(uid)

    def test_coredns_asks_its_upstream(self):
        [coredns] = [p for p in self.cluster.get("pods", "-n", "kube-system", "-l",
                                                 "k8s-app=kube-dns")["items"]]
        uid = coredns["metadata"]["uid"]
        self.start("asker")
        self.speak("asker", "-l", "upstream-of-coredns.test")
        wait_until(lambda: self.connects(uid, "203.0.113.53:53"), "CoreDNS asked nobody")
        self.assertEqual({c["dns"]["state"] for c in self.connects(uid, "203.0.113.53:53")},
                         {"resolver"})
        self.assert_quiet(uid)

    def test_a_service_and_a_headless_one(self):
        self.cluster.apply(
            pod("server", container("main", "serve", "8080"), labels={"app": "server"}),
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
             "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": 8080}]}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "headless"},
             "spec": {"selector": {"app": "server"}, "clusterIP": "None",
                      "ports": [{"port": 8080}]}})
        self.cluster.wait("pod/server", "Ready")
        uid = self.start("client")
        for words in (["-p", "80", "web"], ["-p", "8080", "headless"]):
            wait_until(lambda words=words: self._spoke("client", words), f"{words}: no answer")
        self.sensor.barrier("client")
        states = {e["connect"]["dns"]["state"] for e in self.sensor.of_pod(uid, "connect")}
        self.assertEqual(states, {"internal", "service", "resolver"} & states)
        self.assertIn("service", states)
        self.assert_quiet(uid)

    def _spoke(self, name, words):
        """kube-proxy and CoreDNS learn of a Service a moment later."""
        try:
            self.cluster.exec(name, "nwbox", "speak", *words)
            return True
        except AssertionError:
            return False


if __name__ == "__main__":
    main([sensor.missing])
