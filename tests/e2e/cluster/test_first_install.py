#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A new user can type what docs/first-install.md says.

Runs its commands one after the other in a copy of what a user has cloned; those
of ./dev are the test's own.  With NW_UPDATE=1 it writes what they said into the page.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness import sensor
from harness.cluster import Cluster, kubectl
from harness.install import SOURCE, build_image, load_image
from harness.on_node import OnNode, main
from harness.place import Place

PAGE = SOURCE / "docs/first-install.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
COMMAND_SECONDS = 240


def commands(block):
    """Each command of a console block with its continuation lines."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:]])
        elif line.startswith("> "):
            found[-1].append(line[2:])
    return found


class Typist:
    """One shell for all of it, as a user has."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("k8s-manifests", "rules"):
            shutil.copytree(SOURCE / name, folder / name)
        command = " ".join(map(str, kubectl(Place())))
        (folder / "kubectl").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / "kubectl").chmod(0o755)

    def types(self, lines):
        """What is printed; fails with it if the command does."""
        run = subprocess.run(
            ["bash", "-c", f"PATH=$PWD:$PATH\n{chr(10).join(lines)}"], cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS, check=False)
        if run.returncode != 0:
            raise AssertionError(f"{lines[0]}: exit status {run.returncode}\n{run.stdout}")
        return run.stdout


def retype(typist, page):
    """The page with what its commands say now; in order, so block by block."""
    def answered(block):
        text = ""
        for lines in commands(block):
            text += "$ " + "\n> ".join(lines) + "\n"
            if not ours(lines[0]):
                text += typist.types(lines)
        return text
    return CONSOLE.sub(lambda match: f"```console\n{kept(match[1]) or answered(match[1])}```", page)


def ours(command):
    return command.startswith(("./dev", "kubectl()"))


def kept(block):
    """A block that a test can't type as it stands."""
    return block if all(ours(lines[0]) for lines in commands(block)) else ""


class FirstInstall(OnNode):
    def test_every_command_does_what_the_page_says(self):
        load_image()
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        typist = Typist(folder)
        try:
            page = retype(typist, PAGE.read_text())
        finally:
            everything = Cluster(namespace="default")
            everything.kubectl("delete", "deployment", "checkout", "--ignore-not-found", check=False)
            everything.kubectl("delete", "namespace", "nameward", "--ignore-not-found", check=False)
        for rule in ("asked 10.96.0.10:53 for paste.evil.test", "203.0.113.53:5300", "198.51.100.77"):
            self.assertIn(rule, page)
        self.assertIn("grep -c more.evil.test || true\n0\n", page)
        if "NW_UPDATE" in os.environ:
            PAGE.write_text(page)


if __name__ == "__main__":
    build_image()
    main([sensor.missing])
