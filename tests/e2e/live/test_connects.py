#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connects by every way in which a program can ask for one."""
import subprocess
import sys

from harness import runner, sensor
from harness.watched import Watched, needs_clients

# By name through a DNS query of its own: getaddrinfo of the name, then `how`.
LOOK_UP = """
import socket, sys
[info] = socket.getaddrinfo('db.shop.test', 8080, socket.AF_INET, socket.SOCK_STREAM)
"""
MAPPED = LOOK_UP + """
with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
    s.connect(('::ffff:' + info[4][0], 8080))
"""
FAST_OPEN = LOOK_UP + """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.sendto(b'GET / HTTP/1.0\\r\\n\\r\\n', socket.MSG_FASTOPEN, info[4])
    assert s.recv(100).startswith(b'HTTP')
"""
FAST_OPEN_CONNECT = LOOK_UP + """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT
    s.connect(info[4])
    s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
    assert s.recv(100).startswith(b'HTTP')
"""
NON_BLOCKING = LOOK_UP + """
import select
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.setblocking(False)
    s.connect_ex(info[4])
    select.select([], [s], [], 10)
    assert s.connect_ex(info[4]) in (0, 106)  # asks again how it went: EISCONN
"""
MULTIPATH = LOOK_UP + """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as s:  # IPPROTO_MPTCP
    s.connect(info[4])
    s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
    assert s.recv(100).startswith(b'HTTP')
"""
DATAGRAM = LOOK_UP + """
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for _ in range(3):
        s.sendto(b'hello', info[4])
"""
DB = "192.0.2.11:8080"


class Connects(Watched):
    @classmethod
    def more_servers(cls):
        for host in cls.server, cls.client:
            subprocess.run(["ip", "netns", "exec", host.netns, "sysctl", "-wq",
                            "net.ipv4.tcp_fastopen=1543"], check=True)

    def python(self, code):
        run = self.run_in_box([sys.executable, "-S", "-c", code])
        self.assert_pairs([("db.shop.test", "A")])
        self.assert_all_identity(run)
        return run

    def assert_one_bound(self):
        self.assertEqual(len(self.connects("tcp")), 1)
        return self.bound_to("db.shop.test", DB)

    def test_ipv4_through_an_ipv6_socket(self):
        self.python(MAPPED)
        self.assertTrue(self.assert_one_bound()["connect"]["mapped"])

    def test_fast_open_by_sendto(self):
        self.python(FAST_OPEN)
        self.assert_one_bound()

    def test_fast_open_by_connect(self):
        self.python(FAST_OPEN_CONNECT)
        self.assert_one_bound()

    def test_a_non_blocking_connect_that_is_asked_again(self):
        self.python(NON_BLOCKING)
        self.assert_one_bound()

    def test_multipath_tcp(self):
        self.python(MULTIPATH)
        [event] = [e for e in self.connects() if e["connect"]["dst"] == DB]
        self.assertEqual(event["connect"]["dns"]["state"], "bound")

    def test_datagrams_to_one_peer_are_one_connect(self):
        self.python(DATAGRAM)
        [event] = [e for e in self.connects("udp") if e["connect"]["dst"] == DB]
        self.assertEqual(event["connect"]["dns"]["state"], "bound")
        self.assertEqual(event["connect"]["dns"]["names"], ["db.shop.test"])

    def uring(self, how):
        self.run_in_box(["dig", "+short", "@192.0.2.1", "db.shop.test"])
        run = self.run_client("uring_connect", how, "192.0.2.11", "8080")
        self.assertEqual(run.output, "Success\n")
        event = self.assert_one_bound()
        self.assert_identity(run, [event])
        self.assertTrue(event["process"]["exe"].endswith("/uring_connect"))

    def test_io_uring(self):
        self.uring("inline")

    def test_io_uring_in_a_worker_of_the_kernel(self):
        self.uring("async")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("uring_connect")])
