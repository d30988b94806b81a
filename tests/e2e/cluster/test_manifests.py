#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API server itself takes the manifests, and the namespace's level is the
lowest that holds.  What is asked of their text is in tests/manifests."""
import json
import pathlib
import re
import subprocess

from harness import program
from harness.cluster import Cluster
from harness.on_node import OnNode, main

MANIFESTS = pathlib.Path(__file__).resolve().parents[3] / "k8s-manifests"
# Kinds whose definitions other projects bring.
ABSENT = {"PodMonitor", "PrometheusRule", "SecurityContextConstraints"}
LEVELS = ("restricted", "baseline", "privileged")


def render(folder):
    """Each object's YAML, as kustomize writes it."""
    command = [program.path(), "kubectl", "kustomize", MANIFESTS / folder]
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout.split("\n---\n")


def kind(text):
    return re.search(r"^kind: (\w+)$", text, re.M)[1]


class Manifests(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A dry run needs the namespace that it would have made.
        [cls.namespace] = [o for o in render("base") if kind(o) == "Namespace"]
        cls.target = Cluster(namespace="nameward")
        before = cls.target.kubectl("get", "namespace", "nameward", "--ignore-not-found")
        cls.target.apply(cls.namespace)
        if not before:
            cls.addClassCleanup(cls.target.kubectl, "delete", "namespace", "nameward", timeout=120)

    def try_to_apply(self, objects, cluster=None):
        return (cluster or self.target).kubectl(
            "apply", "--dry-run=server", "--validate=strict", "--output=json", "-f", "-",
            text="\n---\n".join(objects))

    def test_the_api_server_accepts_base_and_every_overlay(self):
        overlays = sorted(path.name for path in (MANIFESTS / "overlays").iterdir())
        for folder in ("base", *(f"overlays/{name}" for name in overlays)):
            with self.subTest(folder):
                objects = [o for o in render(folder) if kind(o) not in ABSENT]
                self.assertGreater(len(objects), 6)
                self.try_to_apply(objects)

    def test_the_kinds_said_to_be_absent_are(self):
        known = self.target.kubectl("api-resources", "--no-headers")
        for name in ABSENT:
            self.assertNotIn(name, known)

    def test_a_field_misspelt_is_refused(self):
        [daemon_set] = [o for o in render("base") if kind(o) == "DaemonSet"]
        with self.assertRaisesRegex(AssertionError, "readOnlyRootFileSystem"):
            self.try_to_apply([daemon_set.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem")])

    def test_the_pod_security_level_is_the_lowest_that_holds(self):
        [text] = [o for o in render("base") if kind(o) == "DaemonSet"]
        template = json.loads(self.try_to_apply([text]))["spec"]["template"]
        # The account is of the other namespace.
        template["spec"] |= {"serviceAccountName": "default"}
        pod = json.dumps({"apiVersion": "v1", "kind": "Pod", **template,
                          "metadata": {"name": "nameward"}})
        allowed = []
        for level in LEVELS:
            labels = {"pod-security.kubernetes.io/enforce": level}
            with Cluster().namespace(labels=labels) as cluster:
                cluster.wait("serviceaccount/default", "jsonpath={.metadata.uid}")
                try:
                    self.try_to_apply([pod], cluster)
                    allowed.append(level)
                except AssertionError as refusal:
                    self.assertIn("violates PodSecurity", str(refusal))
                    self.assertIn("hostPath", str(refusal))
                    self.assertIn("capabilities", str(refusal))
        self.assertEqual(allowed[0], re.search(r"enforce: (\w+)", self.namespace)[1])


if __name__ == "__main__":
    main()
