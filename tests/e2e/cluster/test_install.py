#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`kubectl apply -k` with the image of ./dev image, and what then happens."""
import re

from harness import sensor
from harness.install import SOURCE, Installed, build_image
from harness.node_sensor import RESOLVERS
from harness.on_node import OnNode, main
from harness.pods import container, deployment, pod_template, service

# Only with a spool are there these: tests/e2e/kafka/test_delivery.py.
OF_THE_SPOOL = re.compile(r"nameward_(spool_|sink_(oldest|trouble)|alert_latency"
                          r"|alerts_(pending|acked|evicted|refused|damaged))")
FOUR_CAPABILITIES = 1 << 39 | 1 << 38 | 1 << 12 | 1 << 2  # capability.h


class Install(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sensor = cls.enterClassContext(Installed())

    def start(self, name, *containers):
        """A Deployment of one pod; its uid."""
        self.cluster.apply(deployment(name, pod_template(*containers)))
        self.cluster.wait(f"deployment/{name}", "Available")
        [pod] = self.cluster.pods(f"app={name}")
        return pod["metadata"]["uid"]

    def do(self, name, *nwbox):
        self.cluster.exec(f"deployment/{name}", "nwbox", *nwbox)

    def rules_that_fired(self, uid):
        return {alert["finding_info"]["analytic"]["uid"] for alert in self.sensor.alerts_of(uid)}

    def test_it_holds_the_manifests_rights_and_no_others(self):
        processes = self.sensor.processes()
        self.assertEqual(len(processes), 2, "the sensor and its keeper")
        for status in processes:
            self.assertEqual(int(status["CapBnd"], 16), FOUR_CAPABILITIES)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        effective = sorted(int(status["CapEff"], 16) for status in processes)
        self.assertEqual(effective[0], 0, "the sensor keeps none")
        self.assertEqual(effective[1] & ~FOUR_CAPABILITIES, 0)

    def test_it_is_ready_and_healthy(self):
        self.assertEqual(self.sensor.get("/readyz").split()[0], "ok")
        self.assertEqual(self.sensor.get("/healthz").split()[0], "ok")
        self.assertEqual(self.sensor.pod["status"]["containerStatuses"][0]["restartCount"], 0)

    def test_the_doctor_finds_nothing_missing(self):
        facts = self.sensor.doctor()
        self.assertEqual([f for f in facts.values() if f["state"] == "missing"], [])
        for name in ("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_DAC_READ_SEARCH", "btf",
                     "cgroup", "policy", "resolvers", "service account", "kubelet", "pods"):
            self.assertEqual(facts[name]["state"], "ok", facts[name])

    def test_the_cluster_and_the_nodes_resolvers_are_trusted(self):
        resolvers = self.sensor.doctor()["resolvers"]["text"]
        for address in RESOLVERS:
            self.assertIn(address, resolvers)

    def test_it_answers_with_every_metric_of_dashboard_and_alerts(self):
        components = SOURCE / "k8s-manifests/components"
        asked = (components / "grafana/nameward.json").read_text() + \
            (components / "podmonitor/prometheusrule.yaml").read_text()
        shown = set(re.findall(r"^(nameward_\w+)", self.sensor.get("/metrics"), re.M))
        names = set(re.findall(r"\bnameward_[a-z_]+", asked))
        self.assertLessEqual({n for n in names if not OF_THE_SPOOL.match(n)}, shown)

    def test_an_offending_pod_raises_the_three_detections(self):
        # The starter policy has an allow list for a Deployment of this name.
        uid = self.start("checkout", container("main", "pause"))
        self.do("checkout", "speak", "-l", "paste.evil.test")
        self.do("checkout", "ask", "203.0.113.53", "5300", "db.shop.test")
        self.do("checkout", "connect", "198.51.100.77", "8080")
        for rule in ("unexpected-domain", "dns-not-on-53", "connect-without-dns"):
            self.sensor.wait_for_alert(uid, rule)
        for alert in self.sensor.alerts_of(uid):
            self.assertIn(f"{self.cluster.name}/Deployment/checkout", alert["message"])

    def test_a_pod_that_behaves_raises_none(self):
        uid = self.start("web", container("main", "serve", "80"))
        self.cluster.apply(service("web", {"app": "web"}, 80),
                           service("web-headless", {"app": "web"}, 80, clusterIP="None"))
        quiet = self.start("quiet", container("main", "pause"))
        [address] = self.cluster.kubectl("get", "service", "web", "-o",
                                         "jsonpath={.spec.clusterIP}").split()
        self.do("quiet", "speak", "web", f"web-headless.{self.cluster.name}", "web.shop.test")
        self.do("quiet", "speak", "-l", "kubernetes.default")
        self.do("quiet", "connect", address, "80")
        # What came before the one wrong thing that it does has come out with it.
        self.do("quiet", "connect", "198.51.100.200", "8080")
        self.sensor.wait_for_alert(quiet, "198.51.100.200")
        self.assertEqual(len(self.sensor.alerts_of(quiet)), 1)
        self.assertEqual(self.sensor.alerts_of(uid), [])


if __name__ == "__main__":
    build_image()
    main([sensor.missing])
