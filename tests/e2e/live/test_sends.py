#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Queries by every way in which a program can send a datagram."""
import sys

from harness import runner, sensor
from harness.watched import Watched, needs_clients

CONNECT_ONLY = """
import socket
for family, address in (socket.AF_INET, '192.0.2.1'), (socket.AF_INET6, '2001:db8::1'):
    for port in 53, 5300, 80:
        socket.socket(family, socket.SOCK_DGRAM).connect((address, port))
"""


class Sends(Watched):
    def assert_one_look_up(self, run, server="192.0.2.1:53", pid=None):
        self.assert_pairs([("db.shop.test", "A")])
        self.assertEqual({e["dns"]["server"] for e in self.dns()}, {server})
        self.assertEqual(self.answers("db.shop.test"), ["192.0.2.11"])
        self.assert_all_identity(run, pid)
        self.assertEqual(self.connects("tcp"), [])
        return self.assert_one_flow(server)

    def test_unconnected(self):
        run = self.run_client("udp_send", "unconnected", "192.0.2.1", "db.shop.test", 1)
        self.assert_one_look_up(run)

    def test_connected(self):
        run = self.run_client("udp_send", "connected", "192.0.2.1", "db.shop.test", 1)
        self.assert_one_look_up(run)

    def test_connected_with_control_data(self):
        run = self.run_client("udp_send", "cmsg", "192.0.2.1", "db.shop.test", 1)
        self.assert_one_look_up(run)

    def test_ipv6(self):
        for how in "unconnected", "connected":
            with self.subTest(how):
                self.setUp()
                run = self.run_client("udp_send", how, "2001:db8::1", "db.shop.test", 1)
                self.assert_one_look_up(run, "[2001:db8::1]:53")

    def test_ipv4_through_an_ipv6_socket(self):
        for how in "unconnected", "connected":
            with self.subTest(how):
                self.setUp()
                run = self.run_client("udp_send", how, "::ffff:192.0.2.1", "db.shop.test", 1)
                flow = self.assert_one_look_up(run)
                self.assertTrue(flow["connect"]["mapped"])

    def test_a_forked_childs_query_is_the_childs(self):
        run = self.run_client("udp_fork", "192.0.2.1", "db.shop.test")
        child = int(run.output)
        self.assertNotEqual(child, run.pid)
        self.assert_one_look_up(run, pid=child)

    def assert_three(self, run):
        names = ["db.shop.test", "v4.shop.test", "v6.shop.test"]
        self.assert_pairs([(name, "A") for name in names])
        self.assertCountEqual([e["dns"]["id"] for e in self.dns()], [1, 1, 2, 2, 3, 3])
        self.assert_all_identity(run)
        self.assert_one_flow("192.0.2.1:53")

    def test_three_queries_in_one_segmented_buffer(self):
        run = self.run_client("udp_train", "segment", "192.0.2.1",
                              "db.shop.test", "v4.shop.test", "v6.shop.test")
        self.assert_three(run)

    def test_three_queries_with_one_sendmmsg(self):
        run = self.run_client("udp_train", "sendmmsg", "192.0.2.1",
                              "db.shop.test", "v4.shop.test", "v6.shop.test")
        self.assert_three(run)

    def test_a_connect_that_sends_nothing_is_not_reported(self):
        self.run_in_box([sys.executable, "-S", "-c", CONNECT_ONLY])
        self.assertEqual(self.connects(), [])
        self.assertEqual(self.dns(), [])


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("udp_send", "udp_fork", "udp_train")])
