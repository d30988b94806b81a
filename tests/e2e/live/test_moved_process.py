#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Identity can't be shed: who moves itself out of its container's cgroup is still its."""
import sys

from harness import runner, sensor
from harness.watched import Watched

# $1 the host's cgroup; the rest: "move", or a port to connect to.
SNEAK = """
import os, socket, sys
for step in sys.argv[2:]:
    if step == 'move':
        open(sys.argv[1] + '/cgroup.procs', 'w').write('0')
    elif step == 'child':
        if os.fork() != 0:
            os.wait()
            break
    else:
        socket.socket().connect_ex(('192.0.2.11', int(step)))
"""


class MovedProcess(Watched):
    def sneak(self, *steps):
        """{port: event} of what it did."""
        root = self.lab.cgroups.root
        self.run_in_box([sys.executable, "-S", "-c", SNEAK, root, *map(str, steps)])
        ports = {str(step) for step in steps}
        return {port: e for e in self.sensor.events("connect")
                for port in [e["connect"]["dst"].rpartition(":")[2]]
                if port in ports and e["connect"]["dst"].startswith("192.0.2.11:")}

    def assert_moved(self, event):
        self.assertEqual(event["cgroup"]["id"], str(self.box.id), event)
        self.assertEqual(event["container"]["id"], self.box.container_id, event)
        self.assertIs(event["cgroup"]["moved"], True, event)
        self.assertNotEqual(event["cgroup"]["moved_from"], str(self.box.id))

    def test_a_process_in_the_hosts_cgroup_is_its_containers(self):
        events = self.sneak(8101, "move", 8102)
        self.assertNotIn("moved", events["8101"]["cgroup"])
        self.assert_moved(events["8102"])

    def test_its_children_are_too(self):
        self.assert_moved(self.sneak(8201, "move", "child", 8202)["8202"])

    def test_the_hosts_own_stay_the_hosts(self):
        plain = self.lab.cgroups.plain("host")
        self.lab.run(self.client, plain, [sys.executable, "-S", "-c", SNEAK, "", "8301"])
        self.sensor.barrier(self.client, plain)
        [event] = [e for e in self.sensor.events("connect", plain)
                   if e["connect"]["dst"].endswith(":8301")]
        self.assertNotIn("moved", event["cgroup"])
        self.assertIsNone(event["container"])


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
