# SPDX-License-Identifier: Apache-2.0
"""The manifests, rendered as a user would: each overlay as a list of objects."""
import functools
import os
import pathlib
import subprocess
import sys
import unittest

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = SOURCE / "k8s-manifests"
SKIPPED = 77

sys.path.insert(0, str(SOURCE / "tests/e2e/cluster"))
from harness import program  # noqa: E402


def renderings():
    """base, and overlays/NAME."""
    return ["base", *sorted(f"overlays/{path.name}" for path in (MANIFESTS / "overlays").iterdir())]


@functools.cache
def render_text(folder):
    command = [program.build(), "kubectl", "kustomize", MANIFESTS / folder]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def render(folder):
    return list(yaml.safe_load_all(render_text(folder)))


def of_kind(objects, kind, name=None):
    return [o for o in objects if o["kind"] == kind and name in (None, o["metadata"]["name"])]


def the(objects, kind, prefix="nameward"):
    [one] = [o for o in of_kind(objects, kind) if o["metadata"]["name"].startswith(prefix)]
    return one


def pod_spec(objects):
    return the(objects, "DaemonSet")["spec"]["template"]["spec"]


def container(objects):
    [one] = pod_spec(objects)["containers"]
    return one


def nameward(*arguments, **options):
    """The sensor's own program over what the manifests carry."""
    return subprocess.run([os.environ["NW_BINARY"], *map(str, arguments)],
                          capture_output=True, text=True, check=False, **options)


def main():
    """0 passed, 1 failed, 77 skipped with a reason."""
    if reason := program.missing():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.TestCase.maxDiff = None
    result = unittest.main(exit=False, verbosity=2).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
