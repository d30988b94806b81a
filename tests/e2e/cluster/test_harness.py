#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The world that the cluster tests rely on is as they think."""
from harness import outside, sensor
from harness.node_sensor import NodeSensor
from harness.on_node import OnNode, main
from harness.pods import container, pod


class World(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.apply(pod("box", container("main", "pause")))
        cls.cluster.wait("pod/box", "Ready")

    def nwbox(self, *words):
        return self.cluster.exec("box", "nwbox", *words)

    def test_a_pod_resolves_and_reaches_the_network_outside(self):
        self.nwbox("speak", "db.shop.test", "anything.at.all.test")
        self.nwbox("speak", "-t", "udp", "-p", "443", "web.shop.test")

    def test_a_pod_resolves_and_reaches_the_cluster(self):
        self.nwbox("speak", "-l", "kubernetes.default", "kube-dns.kube-system.svc.cluster.local")

    def test_an_unknown_name_fails(self):
        with self.assertRaises(AssertionError):
            self.nwbox("speak", "nobody.example.org")

    def test_every_address_outside_answers(self):
        for address in ("203.0.113.1", "203.0.113.254", "198.51.100.77"):
            self.nwbox("connect", address, "8080")
            self.assertIn("203.0.113.11",
                          self.cluster.exec("box", "nslookup", "db.shop.test", f"{address}:5300"))

    def test_names_and_addresses_can_be_added(self):
        outside.add_address("8.8.8.8")
        outside.add_name("late.shop.test. 30 IN A 8.8.8.8")
        self.nwbox("speak", "late.shop.test")

    def test_a_container_knows_its_pods_uid(self):
        uid = self.cluster.get("pod", "box")["metadata"]["uid"]
        self.assertEqual(self.cluster.exec("box", "sh", "-c", "echo $POD_UID.$CONTAINER").strip(),
                         f"{uid}.main")

    def test_a_sensor_on_the_node_sees_a_pod(self):
        uid = self.cluster.get("pod", "box")["metadata"]["uid"]
        with NodeSensor(self.cluster) as watcher:
            self.nwbox("speak", "db.shop.test")
            watcher.barrier("box")
            [connect] = [e for e in watcher.of_pod(uid, "connect")
                         if e["connect"]["dst"] == "203.0.113.11:80"]
            self.assertEqual(connect["connect"]["dns"]["state"], "bound")

    def test_components_can_be_stopped_and_started(self):
        before = self.cluster.place.pid("kubelet")
        self.cluster.stop("kubelet")
        self.assertIsNone(self.cluster.place.pid("kubelet"))
        self.cluster.start("kubelet")
        self.assertNotIn(self.cluster.place.pid("kubelet"), (None, before))
        self.cluster.apply(pod("later", container("main", "pause")))
        self.cluster.wait("pod/later", "Ready")


if __name__ == "__main__":
    main([sensor.missing])
