#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Containers that are in the v1 hierarchy of the pids controller, as on nodes of
cgroup v1, and on hybrid ones whose runtime does not join v2."""
import sys

from harness import runner, sensor
from harness.cgroups import PidsTree, pids_mount
from harness.watched import Watched

DB = "192.0.2.11:8080"
CURL = ["curl", "-4s", "http://db.shop.test:8080/"]
CONNECT = ["curl", "-s", f"http://{DB}/"]
# Goes to the cgroup $1 as well, then runs the rest.
ALSO_IN = ["sh", "-c", 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"', "also"]
# Makes a cgroup below its own, goes there, looks up and connects: its first act.
FIRST_ACT = """
import os, socket, sys
child = sys.argv[1] + '/child'
os.mkdir(child)
open(child + '/cgroup.procs', 'w').write('0')
socket.socket(socket.AF_INET).connect(("db.shop.test", 8080))
"""


class CgroupV1(Watched):
    @classmethod
    def more_servers(cls):
        cls.v1 = PidsTree()
        cls.addClassCleanup(cls.v1.close)
        cls.older = cls.v1.container()

    def setUp(self):
        super().setUp()
        self.box = self.v1.container()

    def look_up_and_connect(self):
        run = self.run_in_box(CURL)
        self.assertEqual(run.output, "ok\n")
        self.assert_all_identity(run)
        return run

    def test_a_look_up_and_a_connect_are_the_containers(self):
        self.look_up_and_connect()
        self.assert_pairs([("db.shop.test", "A")])
        self.bound_to("db.shop.test", DB)

    def test_so_are_those_of_a_container_older_than_the_sensor(self):
        self.box = self.older
        self.look_up_and_connect()
        self.bound_to("db.shop.test", DB)

    def test_a_look_up_over_tcp(self):
        run = self.run_in_box(["dig", "+short", "+tcp", "@192.0.2.1", "db.shop.test"])
        self.assert_pairs([("db.shop.test", "A")])
        self.assert_all_identity(run)

    def test_answers_of_one_pod_bind_nothing_in_another(self):
        self.look_up_and_connect()
        self.box = self.v1.container()
        self.run_in_box(CONNECT)
        self.connect_to(DB, "none")

    def test_the_runtimes_own_v2_cgroup_names_no_container(self):
        service = self.lab.cgroups.plain("containerd.service")
        self.run_in_box([*ALSO_IN, service.directory, *CURL])
        self.bound_to("db.shop.test", DB)
        self.assertEqual(self.sensor.events(cgroup=service), [])

    def test_a_container_in_both_is_named_by_its_v2_cgroup(self):
        v1, self.box = self.box, self.lab.cgroups.container()
        self.run_in_box([*ALSO_IN, v1.directory, *CURL])
        self.bound_to("db.shop.test", DB)
        self.assertEqual(self.sensor.events(cgroup=v1), [])

    def test_a_cgroup_that_was_made_just_before_has_its_path(self):
        self.run_in_box([sys.executable, "-S", "-c", FIRST_ACT, self.box.directory])
        path = self.box.path + "/child"
        events = [e for e in self.sensor.events() if e["cgroup"]["path"] == path]
        self.assertEqual([e["connect"]["dns"]["state"] for e in events
                          if e["kind"] == "connect" and e["connect"]["proto"] == "tcp"],
                         ["bound"])
        self.assertEqual({e["container"]["id"] for e in events}, {self.box.container_id})


def needs_v1():
    return None if pids_mount() else "no v1 hierarchy of the pids controller is mounted"


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_v1])
