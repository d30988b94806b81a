#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the manifests promise beyond what checkers ask."""
import json
import os
import pathlib
import re
import tempfile
import unittest

import yaml
from render import MANIFESTS, SOURCE, container, main, of_kind, pod_spec, render, renderings, the

CAPABILITIES = ["BPF", "PERFMON", "NET_ADMIN", "DAC_READ_SEARCH"]
KAFKA = ("overlays/kafka-sasl", "overlays/kafka-tls")


def config(folder):
    """The sensor's configuration in a rendering."""
    return yaml.safe_load(the(render(folder), "ConfigMap", "nameward-config")["data"]["nameward.yaml"])


def component_of(folder):
    """An overlay applies one component alone."""
    [component] = yaml.safe_load((MANIFESTS / folder / "kustomization.yaml").read_text())["components"]
    return os.path.basename(component)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = render("base")
        cls.spec, cls.container = pod_spec(cls.objects), container(cls.objects)

    def test_it_holds_exactly_four_capabilities(self):
        self.assertEqual(self.container["securityContext"]["capabilities"],
                         {"drop": ["ALL"], "add": CAPABILITIES})

    def test_the_host_lends_it_its_cgroup_tree_and_the_names_of_its_resolvers(self):
        self.assertEqual([v["hostPath"]["path"] for v in self.spec["volumes"] if "hostPath" in v],
                         ["/sys/fs/cgroup", "/etc/resolv.conf", "/run/systemd/resolve"])

    def test_it_can_write_nowhere(self):
        self.assertTrue(self.container["securityContext"]["readOnlyRootFilesystem"])
        self.assertEqual([m["name"] for m in self.container["volumeMounts"] if not m.get("readOnly")], [])
        self.assertEqual([v["name"] for v in self.spec["volumes"] if "emptyDir" in v], [])

    def test_it_runs_on_every_linux_node(self):
        self.assertEqual(self.spec["tolerations"], [{"operator": "Exists"}])
        self.assertEqual(self.spec["nodeSelector"], {"kubernetes.io/os": "linux"})

    def test_it_rolls_a_tenth_of_the_nodes_at_a_time(self):
        strategy = the(self.objects, "DaemonSet")["spec"]["updateStrategy"]
        self.assertEqual(strategy, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}})

    def test_its_token_lives_for_ten_minutes_and_is_roots(self):
        [account] = [v["projected"] for v in self.spec["volumes"] if v["name"] == "account"]
        [token] = [s["serviceAccountToken"] for s in account["sources"] if "serviceAccountToken" in s]
        self.assertEqual((token["expirationSeconds"], account["defaultMode"]), (600, 0o400))

    def test_it_knows_its_node_and_itself(self):
        told = {e["name"]: e["valueFrom"]["fieldRef"]["fieldPath"] for e in self.container["env"]
                if "valueFrom" in e}
        self.assertEqual(told, {"NODE_NAME": "spec.nodeName", "HOST_IP": "status.hostIPs",
                                "POD_IP": "status.podIP", "POD_UID": "metadata.uid"})

    def test_liveness_is_its_own_loop_and_readiness_its_work(self):
        probes = {name: self.container[name]["httpGet"]["path"] for name in
                  ("startupProbe", "livenessProbe", "readinessProbe")}
        self.assertEqual(probes, {"startupProbe": "/healthz", "livenessProbe": "/healthz",
                                  "readinessProbe": "/readyz"})

    def test_its_image_is_the_one_of_this_version(self):
        version = re.search(r"project\(nameward VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]
        self.assertEqual(self.container["image"], f"localhost/nameward:{version}")

    def test_a_change_of_configuration_rolls_the_pods_and_one_of_rules_does_not(self):
        names = [o["metadata"]["name"] for o in of_kind(self.objects, "ConfigMap")]
        self.assertEqual(len(names), 2, names)
        self.assertIn("nameward-rules", names)
        self.assertRegex(next(n for n in names if n != "nameward-rules"), "^nameward-config-[a-z0-9]{10}$")

    def test_the_namespace_names_its_level_for_all_three_modes(self):
        labels = the(self.objects, "Namespace")["metadata"]["labels"]
        self.assertEqual({labels[f"pod-security.kubernetes.io/{mode}"] for mode in
                          ("enforce", "audit", "warn")}, {"privileged"})


class Overlays(unittest.TestCase):
    def test_nothing_is_mounted_by_sub_path(self):
        for folder in renderings():
            for mount in container(render(folder))["volumeMounts"]:
                self.assertNotIn("subPath", mount, folder)
                self.assertNotIn("subPathExpr", mount, folder)

    def test_every_mount_has_its_volume_and_every_volume_its_mount(self):
        for folder in renderings():
            mounts = sorted(m["name"] for m in container(render(folder))["volumeMounts"])
            self.assertEqual(mounts, sorted(v["name"] for v in pod_spec(render(folder))["volumes"]), folder)

    def test_all_components_add_up(self):
        """As a user's own kustomization takes them, outside of this tree."""
        components = sorted(path.name for path in (MANIFESTS / "components").iterdir())
        self.assertEqual(components, sorted({component_of(folder) for folder in renderings()[1:]}))
        with tempfile.TemporaryDirectory() as folder:
            back = os.path.relpath(MANIFESTS, os.path.realpath(folder))
            text = json.dumps({"resources": [f"{back}/base"],
                               "components": [f"{back}/components/{name}" for name in components]})
            pathlib.Path(folder, "kustomization.yaml").write_text(text)
            everything = render(folder)
        alone = {(o["kind"], o["metadata"]["name"]) for name in renderings() for o in render(name)}
        together = {(o["kind"], o["metadata"]["name"]) for o in everything}
        self.assertEqual({kind for kind, _ in together}, {kind for kind, _ in alone})
        self.assertIn("nodes/proxy", the(everything, "ClusterRole")["rules"][0]["resources"])
        self.assertIn("SYS_ADMIN", container(everything)["securityContext"]["capabilities"]["add"])
        kinds = {key for volume in pod_spec(everything)["volumes"] for key in volume if key != "name"}
        self.assertLessEqual(kinds, set(the(everything, "SecurityContextConstraints")["volumes"]))

    def test_what_kafka_keeps_secret_is_files_of_root_alone(self):
        for folder in KAFKA:
            volumes = pod_spec(render(folder))["volumes"]
            [secret] = [v["secret"] for v in volumes if "secret" in v]
            self.assertEqual(secret, {"secretName": "nameward-kafka", "defaultMode": 0o400})
            files = [v for k, v in config(folder)["kafka"].items() if k.endswith("_file")]
            self.assertGreater(len(files), 1)
            for file in files:
                self.assertEqual(os.path.dirname(file), "/etc/nameward-kafka")

    def test_kafka_writes_to_a_spool_that_outlives_the_pod_and_to_nothing_else(self):
        for folder in KAFKA:
            objects = render(folder)
            [mount] = [m for m in container(objects)["volumeMounts"] if not m.get("readOnly")]
            [volume] = [v for v in pod_spec(objects)["volumes"] if v["name"] == mount["name"]]
            self.assertIn("hostPath", volume)
            # Its parent: the sensor makes the folder itself.
            self.assertEqual(os.path.dirname(config(folder)["alerts"]["spool"]), mount["mountPath"])

    def test_the_network_policy_lets_kafkas_brokers_be_found_and_met(self):
        for folder in KAFKA:
            [port] = {int(b.rpartition(":")[2]) for b in config(folder)["kafka"]["brokers"]}
            policy = the(render(folder), "NetworkPolicy")["spec"]
            open_ports = {(p["port"], p["protocol"]) for rule in policy["egress"] for p in rule["ports"]}
            self.assertEqual(open_ports, {(10250, "TCP"), (53, "UDP"), (53, "TCP"), (port, "TCP")})

    def test_only_legacy_rbac_may_use_nodes_proxy(self):
        holders = [folder for folder in renderings()
                   if any("nodes/proxy" in rule["resources"] for rule in the(render(folder), "ClusterRole")["rules"])]
        self.assertEqual(holders, ["overlays/legacy-rbac"])

    def test_openshift_allows_what_the_pod_asks_for_and_no_more(self):
        objects = render("overlays/openshift")
        allowed = the(objects, "SecurityContextConstraints")
        self.assertEqual(allowed["allowedCapabilities"], CAPABILITIES)
        kinds = {key for volume in pod_spec(objects)["volumes"] for key in volume if key != "name"}
        self.assertLessEqual(kinds, set(allowed["volumes"]))
        self.assertEqual([k for k, v in allowed.items() if k.startswith("allow") and v is True],
                         ["allowHostDirVolumePlugin"])


if __name__ == "__main__":
    main()
