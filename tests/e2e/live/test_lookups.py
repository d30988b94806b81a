#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Look-ups and connects of ordinary programs, each seen exactly once."""
import os
import re
import sys
import unittest

from harness import dns_servers, runner, sensor
from harness.netlab import NetLab

# Prints the mount namespace first, so that a test can compare it.
PYTHON = """
import os, socket, sys
print(os.stat('/proc/self/ns/mnt').st_ino)
family = getattr(socket, sys.argv[1])
info = socket.getaddrinfo(sys.argv[2], 8080, family, socket.SOCK_STREAM)
with socket.socket(info[0][0], socket.SOCK_STREAM) as s:
    s.connect(info[0][4])
"""


class Lookups(unittest.TestCase):
    """One world and one sensor for the class; a cgroup for each test."""

    @classmethod
    def setUpClass(cls):
        cls.lab = NetLab().__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.server = cls.lab.host(1, also=[11, 12, 13, 14])
        cls.client = cls.lab.host(2)
        dns_servers.dnsmasq(cls.lab, cls.server)
        dns_servers.unbound(cls.lab, cls.server, port=5300)
        dns_servers.web(cls.lab, cls.server, 8080)
        resolvers = [f"{cls.server.v4}:53", f"[{cls.server.v6}]:53"]
        cls.sensor = cls.enterClassContext(sensor.Sensor(cls.lab, resolvers=resolvers))

    def setUp(self):
        self.box = self.lab.cgroups.container()

    def run_in_box(self, command, resolver=None):
        run = self.lab.run(self.client, self.box, command,
                           resolver=resolver or self.server.v4)
        self.sensor.barrier(self.client, self.box)
        return run

    def dns(self):
        return self.sensor.events("dns", self.box)

    def connects(self):
        """Without the barrier's, which goes to loopback."""
        return [e for e in self.sensor.events("connect", self.box)
                if not e["connect"]["dst"].startswith("127.")]

    def assert_pairs(self, questions):
        """Each question once, and one answer that met it; nothing else."""
        asked = [(e["dns"]["qname"], e["dns"]["qtype"]) for e in self.dns()
                 if not e["dns"]["response"]]
        answered = [(e["dns"]["qname"], e["dns"]["qtype"]) for e in self.dns()
                    if e["dns"]["response"] and e["dns"]["matched"]]
        self.assertCountEqual(asked, questions)
        self.assertCountEqual(answered, questions)
        self.assertEqual(len(self.dns()), 2 * len(questions))

    def assert_identity(self, run, events):
        for event in events:
            self.assertEqual(event["cgroup"]["path"], self.box.path)
            self.assertEqual(event["process"]["pid"], run.pid)
            self.assertEqual(event["container"]["id"], self.box.container_id)

    def bound_to(self, name, dst):
        """The one TCP connect to `dst`, which has to be bound to `name`."""
        [event] = [e for e in self.connects()
                   if e["connect"]["proto"] == "tcp" and e["connect"]["dst"] == dst]
        self.assertEqual(event["connect"]["dns"]["state"], "bound", event)
        self.assertIn(name, event["connect"]["dns"]["names"])
        return event

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

    def test_dns_on_another_port_is_seen_and_said_to_be(self):
        self.run_in_box(["dig", "+short", "-p", "5300", "@192.0.2.1", "db.shop.test"])
        self.assert_pairs([("db.shop.test", "A")])
        self.assertEqual({e["dns"]["port53"] for e in self.dns()}, {False})
        transports = self.sensor.events("transport", self.box)
        self.assertEqual({e["transport"]["kind"] for e in transports}, {"dns_other_port"})

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
        self.assertEqual(str(event["mntns"]), run.output.strip())
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


class Rights(unittest.TestCase):
    def test_the_decoding_process_holds_none(self):
        with NetLab() as lab, sensor.Sensor(lab) as watch:
            with open(f"/proc/{watch.process.pid}/status") as file:
                status = dict(re.findall(r"^(\w+):\s+(.*)$", file.read(), re.MULTILINE))
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))

    def test_its_end_leaves_nothing_and_its_ledger_closes(self):
        with NetLab() as lab:
            with sensor.Sensor(lab) as watch:
                pid = watch.process.pid
                self.assertIsInstance(watch.ledger(), dict)
                self.assertEqual(watch.stop(), 0, watch.errors())
            self.assertIn("offered", watch.errors())
        self.assertFalse(os.path.exists(f"/proc/{pid}"))


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
