#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an operator does to the running sensor: another policy, a broken one, a new
image.  A pod that behaves speaks all the while, and is never accused."""
import json
import re
import subprocess

from harness.install import Installed, build_image
from harness.on_node import OnNode, main
from harness.pods import container, pod
from harness.process import wait_until

# kubelet's sync period, and what it keeps of the API server's answers.
SWAP_SECONDS = 120
STRANGER = "198.51.100.66"
RULES = """apiVersion: egress.rules/v1
rules:
  - id: {}
    title: A connect to a stranger
    event: connect
    match: {{dst.ip: 198.51.100.66}}
"""


class Rollout(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sensor = cls.enterClassContext(Installed())
        cls.cluster.apply(pod("box", container("main", "speak", "-s", "-n", 0, "-i", 200,
                                               "web.shop.test.")),
                          pod("offender", container("main", "pause")))
        for name in ("box", "offender"):
            cls.cluster.wait(f"pod/{name}", "Ready")
        cls.uid = {name: cls.cluster.get("pod", name)["metadata"]["uid"]
                   for name in ("box", "offender")}

    def write(self, rules):
        """The ConfigMap of the rules has this one file."""
        current = self.sensor.cluster.get("configmap", "nameward-rules")["data"]
        data = {name: None for name in current} | {"site.yaml": rules}
        self.sensor.cluster.kubectl("patch", "configmap", "nameward-rules", "--type=merge",
                                    "-p", json.dumps({"data": data}))

    def metric(self, name):
        found = re.search(rf"^nameward_{re.escape(name)} (\S+)$", self.sensor.get("/metrics"), re.M)
        return float(found[1]) if found else 0

    def reloads(self, outcome):
        return self.metric(f'rules_reload_total{{outcome="{outcome}"}}')

    def change(self, outcome, rules):
        before = self.reloads(outcome)
        self.write(rules)
        wait_until(lambda: self.reloads(outcome) > before,
                   lambda: f"not {outcome}: {self.sensor.get('/readyz')}", SWAP_SECONDS)

    def offend(self, rule):
        self.cluster.exec("offender", "nwbox", "connect", STRANGER, "8080", check=False)
        self.sensor.wait_for_alert(self.uid["offender"], rule)

    def test_the_config_map_good_broken_good(self):
        before = self.sensor.pod["metadata"]["uid"]
        self.change("applied", RULES.format("rule-one"))
        self.offend("rule-one")

        self.change("invalid", RULES.format("rule-two").replace("event: connect",
                                                                "event: conect"))
        place = r"/etc/nameward-rules/site\.yaml:\d+:\d+: "
        self.assertRegex(self.sensor.get("/readyz"), r"^ok\npolicy: " + place)
        self.assertEqual(self.metric("rules_refused"), 1)
        policy = self.sensor.doctor()["policy"]
        self.assertEqual(policy["state"], "missing")
        self.assertRegex(policy["text"], place)
        self.assertRegex(self.sensor.cluster.logs(self.sensor.pod["metadata"]["name"]),
                         r"error nameward: policy: " + place)
        self.offend("rule-one")

        self.change("applied", RULES.format("rule-three"))
        self.assertEqual(self.sensor.get("/readyz"), "ok\n")
        self.assertEqual(self.sensor.doctor()["policy"]["state"], "ok")
        self.offend("rule-three")
        self.assertEqual(self.sensor.pod["metadata"]["uid"], before, "no restart")
        self.assertEqual(self.sensor.alerts_of(self.uid["box"]), [])

    def test_a_new_image_is_rolled_out(self):
        old = self.sensor.pod
        [status] = old["status"]["containerStatuses"]
        self.assertEqual(status["restartCount"], 0)
        image = old["spec"]["containers"][0]["image"]
        subprocess.run(["ctr", "--namespace=k8s.io", "images", "tag", "--force", image,
                        "localhost/nameward:next"], check=True, capture_output=True)
        follow = subprocess.Popen(
            list(map(str, [*self.sensor.cluster._kubectl, "--namespace=nameward", "logs", "-f",
                           old["metadata"]["name"]])), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.sensor.cluster.kubectl("set", "image", "daemonset/nameward",
                                    "nameward=localhost/nameward:next")
        self.sensor.cluster.kubectl("rollout", "status", "daemonset/nameward", "--timeout=120s",
                                    timeout=150)
        said, _ = follow.communicate(timeout=60)
        # The old one drained what the kernel had seen; its books close.
        self.assertRegex(said, r"nameward: ledger: offered \d+ .*; closes\n")
        self.assertNotEqual(self.sensor.pod["metadata"]["uid"], old["metadata"]["uid"])
        wait_until(lambda: self.sensor.get("/readyz").startswith("ok\n"), "the new one is ready")
        self.assertEqual(self.metric("pods_synced"), 1)
        # What it did while no sensor looked is no reason to accuse it.
        events = self.metric('events_total{kind="connect"}')
        wait_until(lambda: self.metric('events_total{kind="connect"}') > events + 20,
                   "the new one sees the pod", 60)
        self.assertEqual(self.sensor.alerts_of(self.uid["box"]), [])


if __name__ == "__main__":
    build_image()
    main()
