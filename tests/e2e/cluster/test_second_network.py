#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A pod of two containers with a second interface, as Multus gives it one: what goes
over that is named like everything else."""
from harness import outside, pod_network, sensor
from harness.node_sensor import NodeSensor
from harness.on_node import OnNode, main
from harness.pods import container, pod

RESOLVER = "198.51.100.53"  # both are reached by the second interface alone
SERVERS = {"main": "198.51.100.20", "side": "198.51.100.21"}
ROUNDS = 5


class SecondNetwork(OnNode):
    def setUp(self):
        self.watch = self.enterContext(
            NodeSensor(self.cluster, flags=["--resolver", f"{RESOLVER}:53"]))
        self.cluster.apply(pod(
            "box", *(container(name, "pause") for name in SERVERS), labels={"app": "two"},
            dnsPolicy="None", dnsConfig={"nameservers": [RESOLVER]}))
        self.cluster.wait("pod/box", "Ready")
        self.uid = self.cluster.get("pod", "box")["metadata"]["uid"]
        pod_network.attach(self.uid)
        for name, server in SERVERS.items():
            outside.add_name(f"{name}.shop.test. 30 IN A {server}")
            self.addCleanup(outside.remove_name, f"{name}.shop.test.")

    def sent(self):
        """Packets by the second interface."""
        return int(self.cluster.exec("box", "cat", "/sys/class/net/net1/statistics/tx_packets",
                                     container="main"))

    def speak(self, name):
        before = self.sent()
        self.cluster.exec("box", "nwbox", "speak", "-n", ROUNDS, f"{name}.shop.test.",
                          container=name)
        self.assertGreaterEqual(self.sent() - before, 4 * ROUNDS, "it went another way")
        self.watch.barrier("box", name)

    def test_look_ups_and_connects_of_both_containers_are_named(self):
        for name, server in SERVERS.items():
            self.speak(name)
            asked = [e for e in self.watch.of_pod(self.uid, "dns")
                     if e["dns"]["qname"] == f"{name}.shop.test"]
            connects = [e for e in self.watch.of_pod(self.uid, "connect")
                        if e["connect"]["dst"] == f"{server}:80"]
            self.assertEqual((len(asked), len(connects)), (2 * ROUNDS, ROUNDS))
            for event in asked + connects:
                self.assertEqual(event["pod"], {
                    "namespace": self.cluster.name, "name": "box", "uid": self.uid,
                    "workload": "Pod/box", "labels": {"app": "two"}})
                self.assertEqual(event["container"]["name"], name)
            for event in connects:
                self.assertEqual((event["connect"]["dns"]["state"], event["connect"]["dns"]["names"]),
                                 ("bound", [f"{name}.shop.test"]))


if __name__ == "__main__":
    main([sensor.missing])
