#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cluster changes nothing of the machine, and leaves nothing behind.

On the machine itself, beside the cluster that the other tests share.
"""
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import cluster, hierarchies, runner
from harness.place import Place
from harness.process import end, wait_until

COMMAND = pathlib.Path(__file__).with_name("cluster.py")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def machine():
    """What a cluster could change; another test's namespaces come and go."""
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = {tuple(line.split()[2:5]) for line in lines}
    return {
        "mounts": {m for m in mounts if not m[2].startswith("/run/netns/nw")},
        "links": output("ip", "-brief", "link"),
        "rules": output("iptables-save"),
        "routes": output("ip", "route", "show", "table", "all"),
        "sysctls": {name: pathlib.Path("/proc/sys", name).read_text() for name in SYSCTLS},
        "files": {name: sorted(os.listdir(name)) for name in FOLDERS if os.path.isdir(name)},
    }


SYSCTLS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
           "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes", "net/ipv4/ip_forward",
           "net/ipv4/conf/all/route_localnet", "net/netfilter/nf_conntrack_max")
FOLDERS = ("/etc", "/run", "/var/lib", "/var/log", "/var/lib/kubelet", "/usr/libexec", "/opt",
           os.path.expanduser("~/.kube"))


class Traces(unittest.TestCase):
    def setUp(self):
        self.place = Place("t" + secrets.token_hex(4))
        self.before = machine()
        self.addCleanup(cluster.down, self.place)

    def assert_gone(self):
        self.assertFalse(self.place.folder.exists())
        self.assertIsNone(self.place.holder())
        for mount in hierarchies.mounts():
            self.assertFalse((mount / self.place.cgroup).exists(), mount)
        self.assertEqual(self.processes(), [])
        self.assertEqual(machine(), self.before)

    def processes(self):
        """Those that name the cluster's folder or cgroup; not dead ones (no words),
        which wait for init."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_text()
                cgroups = (process / "cgroup").read_text()
            except OSError:
                continue
            if words and (str(self.place.folder) in words or self.place.cgroup in cgroups):
                found.append(words)
        return found

    def test_up_and_down_leave_nothing(self):
        cluster.up(self.place)
        self.assertEqual(machine(), self.before, "while it is up")
        cluster.down(self.place)
        self.assert_gone()

    def test_down_mends_an_up_that_was_killed(self):
        up = subprocess.Popen([sys.executable, COMMAND, "up", self.place.name],
                              stdout=subprocess.DEVNULL)
        self.addCleanup(end, up)
        wait_until(lambda: self.place.pid("containerd"), "no containerd", 60)
        up.send_signal(signal.SIGKILL)
        up.wait()
        os.kill(self.place.holder(), signal.SIGKILL)
        cluster.down(self.place)
        self.assert_gone()

    def test_down_twice_is_fine(self):
        cluster.down(self.place)
        cluster.down(self.place)
        self.assert_gone()

    def test_refuses_where_a_strangers_kubelet_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            kubelet = shutil.copy(shutil.which("sleep"), f"{folder}/kubelet")
            process = subprocess.Popen([kubelet, "60"])
            self.addCleanup(end, process)
            wait_until(lambda: cluster.stranger() == f"a kubelet runs already "
                       f"(pid {process.pid}): it is left in peace", cluster.stranger)


if __name__ == "__main__":
    runner.main([cluster.missing])
