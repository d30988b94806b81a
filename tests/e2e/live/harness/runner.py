# SPDX-License-Identifier: Apache-2.0
"""Runs one test file for ctest: 0 passed, 1 failed, 77 skipped with a reason."""
import os
import shutil
import sys
import unittest

from harness import schema
from harness.cgroups import cgroup2_mount

SKIPPED = 77
TOOLS = ["ip", "nsenter", "unshare", "dnsmasq", "unbound", "dig", "curl", "bpftool", "setpriv"]


def missing():
    """Why this machine cannot run a live test, or None."""
    if os.geteuid() != 0:
        return "needs root"
    if cgroup2_mount() is None:
        return "no cgroup2 file system is mounted"
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"not installed: {' '.join(lacking)}" if lacking else None


def main(needs=()):
    """`needs`: further functions that give a reason to skip, or None."""
    for reason in filter(None, (need() for need in (missing, schema.missing, *needs))):
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    result = unittest.main(exit=False, verbosity=2).result
    if result.skipped and result.wasSuccessful():
        # A file counts as passed only if all of it ran.
        for test, reason in result.skipped:
            print(f"skipped: {test.id()}: {reason}")
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
