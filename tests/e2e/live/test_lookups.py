#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Look-ups and connects of ordinary programs, each seen exactly once."""
import sys

from harness import runner, sensor
from harness.watched import Watched

PYTHON = """
import socket, sys
family = getattr(socket, sys.argv[1])
info = socket.getaddrinfo(sys.argv[2], 8080, family, socket.SOCK_STREAM)
with socket.socket(info[0][0], socket.SOCK_STREAM) as s:
    s.connect(info[0][4])
"""


class Lookups(Watched):
    def test_dig_over_udp(self):
        run = self.run_in_box(["dig", "+short", "@192.0.2.1", "db.shop.test"])
        self.assert_pairs([("db.shop.test", "A")])
        self.assert_identity(run, self.dns())
        for event in self.dns():
            self.assertEqual((event["dns"]["transport"], event["dns"]["server"]),
                             ("udp", "192.0.2.1:53"))
        [answer] = [e["dns"] for e in self.dns() if e["dns"]["response"]]
        self.assertEqual([a["data"] for a in answer["answers"]], ["192.0.2.11"])

    def test_dig_over_tcp(self):
        run = self.run_in_box(["dig", "+short", "+tcp", "@192.0.2.1", "db.shop.test"])
        self.assert_pairs([("db.shop.test", "A")])
        self.assert_identity(run, self.dns())
        self.assertEqual({e["dns"]["transport"] for e in self.dns()}, {"tcp"})
        [connect] = [e for e in self.connects() if e["connect"]["proto"] == "tcp"]
        self.assertEqual(connect["connect"]["dns"]["state"], "resolver")

    def test_dig_over_ipv6(self):
        run = self.run_in_box(["dig", "+short", "@2001:db8::1", "db.shop.test", "AAAA"])
        self.assert_pairs([("db.shop.test", "AAAA")])
        self.assert_identity(run, self.dns())
        self.assertEqual({e["dns"]["server"] for e in self.dns()}, {"[2001:db8::1]:53"})

    def test_a_chain_of_eight_aliases_binds_the_first_name(self):
        self.run_in_box(["curl", "-s", "-4", "http://c1.shop.test:8080/"])
        event = self.bound_to("c1.shop.test", "192.0.2.12:8080")
        self.assertEqual(len(event["connect"]["dns"]["names"]), 9)

    def test_glibc(self):
        run = self.run_in_box(["getent", "ahosts", "db.shop.test"])
        self.assert_pairs([("db.shop.test", "A"), ("db.shop.test", "AAAA")])
        self.assert_identity(run, self.dns())

    def test_curl(self):
        run = self.run_in_box(["curl", "-s", "-4", "http://db.shop.test:8080/"])
        self.assertEqual(run.output, "ok\n")
        event = self.bound_to("db.shop.test", "192.0.2.11:8080")
        self.assertEqual(event["process"]["pid"], run.pid)
        self.assertTrue(event["process"]["exe"].endswith("/curl"))

    def test_python_over_ipv4(self):
        run = self.run_in_box([sys.executable, "-S", "-c", PYTHON, "AF_INET", "web.shop.test"])
        event = self.bound_to("web.shop.test", "192.0.2.12:8080")
        self.assert_identity(run, [event])
        self.assertEqual(event["connect"]["dns"]["resolver"], "192.0.2.1:53")

    def test_python_over_ipv6(self):
        self.run_in_box([sys.executable, "-S", "-c", PYTHON, "AF_INET6", "v6.shop.test"],
                        resolver=self.server.v6)
        self.bound_to("v6.shop.test", "[2001:db8::14]:8080")

    def test_a_connect_that_nobody_looked_up(self):
        self.run_in_box(["curl", "-s", "http://192.0.2.13:8080/"])
        [event] = self.connects()
        self.assertEqual(event["connect"]["dns"]["state"], "none")
        self.assertEqual(self.dns(), [])

    def test_another_cgroups_lookup_is_no_excuse(self):
        self.run_in_box(["dig", "+short", "@192.0.2.1", "v4.shop.test"])
        self.box = self.lab.cgroups.container()
        self.run_in_box(["curl", "-s", "http://192.0.2.13:8080/"])
        [event] = self.connects()
        self.assertEqual(event["connect"]["dns"]["state"], "none")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
