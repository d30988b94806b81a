#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`nameward doctor` in a pod tells the truth about each right that is missing.

Each case is the DaemonSet's own pod with one thing taken away, which runs
`doctor` instead of `run`; nothing else differs.
"""
import copy
import json

from harness.install import Installed, build_image
from harness.on_node import OnNode, main
from harness.process import wait_until

CAPABILITIES = ("BPF", "PERFMON", "NET_ADMIN", "DAC_READ_SEARCH")
# Which facts are not well without it; the rest must be.  The clock is the
# machine's own affair.
WITHOUT_MOUNT = {
    "cgroup": {"cgroup"},
    "account": {"service account", "kubelet"},
    "rules": {"policy", "policy reload"},
}
WITHOUT_VARIABLE = {
    "NODE_NAME": {"NODE_NAME", "kubelet"},
    "HOST_IP": {"HOST_IP", "kubelet"},
    "POD_IP": {"POD_IP", "metrics"},
    "POD_UID": {"POD_UID"},
}
# What follows from the lack of a right to load programs at all.
PROGRAMS = {"programs", "attach plan"}


def without_capability(spec, name):
    spec["containers"][0]["securityContext"]["capabilities"]["add"].remove(name)


def without_mount(spec, name):
    container = spec["containers"][0]
    container["volumeMounts"] = [m for m in container["volumeMounts"] if m["name"] != name]


def without_variable(spec, name):
    container = spec["containers"][0]
    container["env"] = [e for e in container["env"] if e["name"] != name]


def without_btf(spec):
    spec["volumes"].append({"name": "nothing", "emptyDir": {}})
    spec["containers"][0]["volumeMounts"].append(
        {"name": "nothing", "mountPath": "/sys/kernel/btf"})


class Doctor(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sensor = cls.enterClassContext(Installed())
        cls.target = cls.sensor.cluster
        cls.template = cls.target.get("daemonset", "nameward")["spec"]["template"]

    def ask(self, name, change=lambda spec: None):
        """Facts by name, of a pod that `change` took something from."""
        name = "doctor-" + name.lower().replace("_", "-")
        spec = copy.deepcopy(self.template["spec"])
        container = spec["containers"][0]
        container["args"] = ["doctor", "--format=json"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            container.pop(probe, None)
        spec["restartPolicy"] = "Never"
        change(spec)
        self.target.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
                           "spec": spec})
        self.addCleanup(self.target.kubectl, "delete", "pod", name, "--wait=false")
        wait_until(lambda: self.phase(name) in ("Succeeded", "Failed"),
                   lambda: f"{name}: {self.phase(name)}", 120)
        facts = [json.loads(line) for line in self.target.logs(name).splitlines()]
        return {fact["name"]: fact for fact in facts}

    def phase(self, name):
        return self.target.get("pod", name)["status"]["phase"]

    def sick(self, facts):
        return {name: fact for name, fact in facts.items()
                if fact["state"] != "ok" and name != "clock"}

    def test_all_is_well_beside_the_running_sensor(self):
        wait_until(lambda: "ok" in self.sensor.get("/readyz"), "the sensor is ready")
        facts = self.sensor.doctor()
        self.assertEqual(self.sick(facts), {})
        self.assertIn("this one among them", facts["pods"]["text"])
        self.assertIn("where a sensor says: ok", facts["metrics"]["text"])

    def test_each_capability(self):
        for name in CAPABILITIES:
            with self.subTest(name):
                sick = self.sick(self.ask(name, lambda spec, name=name:
                                          without_capability(spec, name)))
                self.assertIn(f"CAP_{name}", sick)
                self.assertIn(f"grant CAP_{name}", sick[f"CAP_{name}"]["mend"])
                self.assertLessEqual(set(sick), {f"CAP_{name}"} | PROGRAMS)

    def test_each_mount(self):
        for name, facts in WITHOUT_MOUNT.items():
            with self.subTest(name):
                sick = self.sick(self.ask(f"mount-{name}", lambda spec, name=name:
                                          without_mount(spec, name)))
                self.assertLessEqual(facts, set(sick), sick)
                self.assertLessEqual(set(sick), facts | PROGRAMS, sick)

    def test_each_variable(self):
        for name, facts in WITHOUT_VARIABLE.items():
            with self.subTest(name):
                sick = self.sick(self.ask(f"env-{name}", lambda spec, name=name:
                                          without_variable(spec, name)))
                self.assertEqual(set(sick), facts, sick)

    def test_the_types_of_the_kernel(self):
        sick = self.sick(self.ask("btf", without_btf))
        self.assertEqual(sick["btf"]["state"], "missing")

    def test_the_right_to_read_pods(self):
        """By an account of its own: the kubelet remembers for minutes what is allowed."""
        self.target.apply({"apiVersion": "v1", "kind": "ServiceAccount",
                           "metadata": {"name": "nobody"}})
        sick = self.sick(self.ask("rbac", lambda spec: spec.update(
            serviceAccount="nobody", serviceAccountName="nobody")))
        self.assertEqual(set(sick), {"kubelet"})
        self.assertIn("answered 403", sick["kubelet"]["text"])
        self.assertIn("get on nodes/pods", sick["kubelet"]["mend"])


if __name__ == "__main__":
    build_image()
    main()
