#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A socket that several use is whose task uses it, not whose it was."""
import sys

from harness import dns_servers, runner, sensor
from harness.watched import Watched

ASK = """
import os, socket, sys
def ask(s, name, number, to=None):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    query = (bytes([0, number, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + labels +
             bytes([0, 0, 1, 0, 1]))
    s.sendto(query, to) if to else s.send(query)
    while s.recv(4096)[1] != number:
        pass
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
"""
# A socket made and connected in one cgroup, used by a child in another.
MOVED = ASK + """
s.connect(('192.0.2.1', 53))
child = os.fork()
if child == 0:
    open(sys.argv[1] + '/cgroup.procs', 'w').write('0')
    ask(s, 'db.shop.test', 1)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(child)
"""
RECONNECTED = ASK + """
for number, address in enumerate(('192.0.2.1', '192.0.2.3'), 1):
    s.connect((address, 53))
    ask(s, 'db.shop.test', number)
"""
ELSEWHERE = ASK + """
s.connect(('192.0.2.1', 53))
ask(s, 'db.shop.test', 1)
s.sendto(b'hello', ('192.0.2.12', 9))
"""
TAKING_TURNS = ASK + """
s.connect(('192.0.2.1', 53))
ask(s, 'db.shop.test', 1)
child = os.fork()
if child == 0:
    ask(s, 'web.shop.test', 2)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
ask(s, 'v4.shop.test', 3)
print(child)
"""


class SharedSockets(Watched):
    @classmethod
    def more_servers(cls):
        cls.other = cls.lab.host(3)
        dns_servers.dnsmasq(cls.lab, cls.other)
        return [cls.other]

    def python(self, code, *arguments):
        return self.run_in_box([sys.executable, "-S", "-c", code, *arguments])

    def test_a_child_in_another_cgroup_asks_for_that_one(self):
        maker, self.box = self.box, self.lab.cgroups.container()
        asker, self.box = self.box, maker
        run = self.python(MOVED, asker.directory)
        self.assertEqual((self.dns(), self.connects()), ([], []))
        self.box = asker
        self.sensor.barrier(self.client, asker)
        self.assert_pairs([("db.shop.test", "A")])
        self.assert_all_identity(run, pid=int(run.output))
        self.assert_one_flow("192.0.2.1:53")

    def test_two_processes_in_turn_on_one_socket(self):
        run = self.python(TAKING_TURNS)
        child = int(run.output)
        names = ["db.shop.test", "web.shop.test", "v4.shop.test"]
        self.assert_pairs([(name, "A") for name in names])
        for event in self.dns():
            whose = child if event["dns"]["qname"] == "web.shop.test" else run.pid
            self.assert_identity(run, [event], pid=whose)
        self.assert_one_flow("192.0.2.1:53")

    def test_connected_again_to_another_server(self):
        run = self.python(RECONNECTED)
        self.assert_pairs([("db.shop.test", "A")] * 2)
        self.assertEqual([e["dns"]["server"] for e in self.dns()],
                         ["192.0.2.1:53"] * 2 + ["192.0.2.3:53"] * 2)
        self.assertCountEqual([e["connect"]["dst"] for e in self.connects()],
                              ["192.0.2.1:53", "192.0.2.3:53"])
        self.assert_all_identity(run)

    def test_connected_but_sent_elsewhere(self):
        run = self.python(ELSEWHERE)
        self.assert_pairs([("db.shop.test", "A")])
        self.assertCountEqual([(e["connect"]["dst"], e["connect"]["dns"]["state"])
                               for e in self.connects()],
                              [("192.0.2.1:53", "resolver"), ("192.0.2.12:9", "none")])
        self.assert_all_identity(run)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
