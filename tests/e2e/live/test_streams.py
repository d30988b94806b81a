#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DNS over TCP however it is cut: bytes, several messages, data in the SYN."""
import subprocess
import sys

from harness import dns_servers, runner, sensor
from harness.watched import Watched, needs_clients

# Two queries in one segment, both answers read, then the answers' address used.
PIPELINED = """
import socket, struct, sys
def query(number, name):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    message = struct.pack('!6H', number, 256, 1, 0, 0, 0) + labels + bytes([0, 0, 1, 0, 1])
    return struct.pack('!H', len(message)) + message
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 10) as s:
    s.sendall(query(1, 'api.shop.test') + query(2, 'web.shop.test'))
    file = s.makefile('rb')
    for _ in range(2):
        [size] = struct.unpack('!H', file.read(2))
        file.read(size)
"""
BYTEWISE = PIPELINED.replace(
    "s.sendall(query(1, 'api.shop.test') + query(2, 'web.shop.test'))",
    "s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
    "    [s.send(bytes([b])) for b in query(1, 'api.shop.test') + query(2, 'web.shop.test')]")
API, WEB = ("api.shop.test", "A"), ("web.shop.test", "A")
# 1: clients, 2: servers, 4 and 0x200: without a cookie, 0x400: every listener
FAST_OPEN = "net.ipv4.tcp_fastopen=1543"


class Streams(Watched):
    @classmethod
    def more_servers(cls):
        cls.bytewise, cls.together = cls.lab.host(3), cls.lab.host(4)
        for port in 53, 5300:
            dns_servers.odd(cls.lab, cls.bytewise, "bytewise", port)
        dns_servers.odd(cls.lab, cls.together, "together")
        return [cls.bytewise, cls.together]

    def python(self, code, *arguments):
        return self.run_in_box([sys.executable, "-S", "-c", code, *arguments])

    def assert_streams(self, run, server, questions):
        """And the answers count: what they named is bound."""
        self.assert_pairs(questions)
        for event in self.dns():
            self.assertEqual((event["dns"]["transport"], event["dns"]["server"]),
                             ("tcp", f"{server}:53"))
        self.connect_to(f"{server}:53", "resolver")
        self.assert_all_identity(run)
        self.run_in_box(["curl", "-s", "http://192.0.2.12:8080/"])
        self.bound_to(questions[0][0], "192.0.2.12:8080")

    def test_an_answer_written_byte_by_byte(self):
        run = self.run_in_box(["dig", "+short", "+tcp", "@192.0.2.3", "api.shop.test"])
        self.assertEqual(run.output, "192.0.2.12\n")
        self.assert_streams(run, "192.0.2.3", [API])

    def test_queries_and_answers_byte_by_byte(self):
        run = self.python(BYTEWISE, "192.0.2.3", 53)
        self.assert_streams(run, "192.0.2.3", [API, WEB])

    def test_byte_by_byte_on_another_port(self):
        run = self.python(BYTEWISE, "192.0.2.3", 5300)
        self.assert_pairs([API, WEB])
        self.assertEqual({e["dns"]["server"] for e in self.dns()}, {"192.0.2.3:5300"})
        self.connect_to("192.0.2.3:5300", "none")
        self.assert_all_identity(run)

    def test_two_queries_and_two_answers_in_one_segment_each(self):
        run = self.python(PIPELINED, "192.0.2.4", 53)
        self.assert_streams(run, "192.0.2.4", [API, WEB])

    def test_a_query_in_the_syn(self):
        for host in self.server, self.client:
            subprocess.run(["ip", "netns", "exec", host.netns, "sysctl", "-wq", FAST_OPEN],
                           check=True)
        run = self.run_client("tcp_fast_open", "192.0.2.1", "web.shop.test")
        self.assertEqual(run.output, "in the SYN\n")
        self.assert_streams(run, "192.0.2.1", [WEB])


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("tcp_fast_open")])
