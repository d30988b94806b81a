#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The image runs in a bare container of runc: a root that can't be written, no
capability, a user that is nobody, no new privileges."""
import json
import os
import shutil
import subprocess
import uuid

from image import ImageTest, main


def missing():
    if os.geteuid() != 0:
        return "needs root"
    return None if shutil.which("runc") else "not installed: runc"


class Container(ImageTest):
    def run_in(self, *arguments):
        folder = self.image.folder
        (folder / "config.json").unlink(missing_ok=True)
        subprocess.run(["runc", "spec"], cwd=folder, check=True)
        spec = json.loads((folder / "config.json").read_text())
        spec["root"] = {"path": str(self.image.root), "readonly": True}
        process = spec["process"]
        process.update(args=list(arguments), terminal=False, user={"uid": 65534, "gid": 65534},
                       capabilities={}, noNewPrivileges=True, env=["PATH=/usr/bin"])
        (folder / "config.json").write_text(json.dumps(spec))
        return subprocess.run(
            ["runc", "--root", str(folder / "state"), "run", f"nameward-{uuid.uuid4().hex[:12]}"],
            cwd=folder, capture_output=True, text=True, timeout=60)

    def test_it_says_its_version(self):
        done = self.run_in("/usr/bin/nameward", "version")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^nameward \d+\.\d+\.\d+")

    def test_it_reads_its_policy(self):
        done = self.run_in("/usr/bin/nameward", "rules", "check", "/etc/nameward/rules")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_there_is_no_shell(self):
        for shell in ("sh", "/bin/sh", "bash", "busybox", "/usr/bin/env"):
            self.assertNotEqual(self.run_in(shell, "-c", "true").returncode, 0, shell)


if __name__ == "__main__":
    main(missing)
