#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sensor in a container, as in a pod: it sees the host, and numbers as the host
does, with four capabilities and without the host's pid and cgroup namespaces."""
import os
import signal
import subprocess
import unittest

from harness import container, runner, sensor
from harness.netlab import NetLab
from harness.watched import Watched

CURL = ["curl", "-4s", "http://db.shop.test:8080/"]
DB = "192.0.2.11:8080"
# Births and ends, 1.4 KB each, that fill more than half of the ring of 4 MiB: from
# there on records of this class are refused.
BIRTHS = 1000


class InAContainer(Watched):
    @classmethod
    def start_sensor(cls, resolvers):
        cls.older = cls.lab.cgroups.container()
        cls.container = container.Container(cls.lab, [sensor.BINARY.parent, cls.lab.folder])
        cls.addClassCleanup(cls.container.close)
        return sensor.Sensor(cls.lab, resolvers=resolvers, inside=cls.container.command)

    def look_up_and_connect(self):
        self.assert_all_identity(self.run_in_box(CURL))
        self.assert_pairs([("db.shop.test", "A")])
        self.bound_to("db.shop.test", DB)


class SeesTheHost(InAContainer):
    def test_a_container_that_starts_is_seen_as_on_the_host(self):
        self.look_up_and_connect()

    def test_so_is_one_that_was_there_before(self):
        self.box = self.older
        self.look_up_and_connect()

    def test_the_sensors_own_connections_are_left_out(self):
        pid = self.container.pid()
        self.sensor.get("/metrics")
        self.sensor.barrier(self.client, self.box)
        self.assertEqual([e for e in self.sensor.events()
                          if (e["process"] or {}).get("pid") == pid], [])

    def test_its_namespaces_are_not_the_hosts(self):
        pid = self.container.pid()
        for kind in "pid", "cgroup", "mnt":
            self.assertNotEqual(os.readlink(f"/proc/{pid}/ns/{kind}"),
                                os.readlink(f"/proc/self/ns/{kind}"))


class BesideAnother(InAContainer):
    """An update's new pod may start before the old one is gone; with four capabilities
    neither can read whose the other's programs are."""

    @classmethod
    def more_servers(cls):
        cls.enterClassContext(sensor.Sensor(cls.lab))

    def test_a_sensor_sees_connects_though_another_stands_at_the_root(self):
        self.look_up_and_connect()


class PathById(InAContainer):
    def tearDown(self):
        """Losing births is what is tried here."""
        self.assertGreater(self.refused(), self.refused_before)

    def test_a_cgroup_whose_birth_was_lost_is_looked_up_by_its_id(self):
        pid = self.container.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            self.fill_the_ring()
            self.box = self.lab.cgroups.container()
        finally:
            os.kill(pid, signal.SIGCONT)
        self.look_up_and_connect()

    def fill_the_ring(self):
        passing = self.lab.cgroups.plain("passing").directory / "by"
        for _ in range(BIRTHS):
            passing.mkdir()
            passing.rmdir()


class WithoutTheHost(unittest.TestCase):
    def test_it_says_what_to_mount(self):
        with NetLab() as lab:
            box = container.Container(lab, [sensor.BINARY.parent], host_cgroups=None)
            self.addCleanup(box.close)
            command = box.command([sensor.BINARY, "run", "--metrics-listen", ""])
            run = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                                 check=False, timeout=60)
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertRegex(run.stderr, "/sys/fs/cgroup")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, container.missing])
