#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A ring of 64 KiB, a flood from one cgroup, and a sensor that is stopped meanwhile.

Each step ends before the next begins, so nothing depends on who is faster: the
sensor is stopped before the flood, and goes on after it and what follows it.
"""
import collections
import os
import pathlib
import signal
import sys
import unittest

from harness import dns_servers, runner, sensor
from harness.netlab import NetLab
from harness.process import wait_until
from harness.watched import CLIENTS, needs_clients

FLOOD = 20_000
LOOK_UPS = 50
NOBODY = "192.0.2.50"  # no server listens: no answer follows a query
STRANGER = "192.0.2.66:8080"  # an address without a name
# `./dev soak` keeps the sensor stopped for 30 s.
STOP_SECONDS = os.environ.get("NW_STOP_SECONDS", "0")
CONNECT = ("import socket, sys\n"
           "for to in sys.argv[1:]:\n"
           " host, port = to.split(':')\n"
           " socket.socket().connect_ex((host, int(port)))\n")
ASK = ("import socket, sys\n"
       "print(socket.getaddrinfo(sys.argv[1], 8080, socket.AF_INET,\n"
       "      socket.SOCK_STREAM)[0][4][0])\n")


class Stopped:
    """The sensor stands still in every thread; its keeper goes on."""

    def __init__(self, watch):
        self.pid = watch.process.pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(self._stands, "the sensor stops")

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)

    def _stands(self):
        threads = pathlib.Path(f"/proc/{self.pid}/task").iterdir()
        return all((t / "stat").read_text().rsplit(")", 1)[1].split()[0] == "T" for t in threads)


class Flood(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = NetLab().__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.server = cls.lab.host(1, also=[11, 12, 50, 66])
        cls.client = cls.lab.host(2)
        names = [f"--host-record=n{n}.load.test,192.0.2.12" for n in range(LOOK_UPS)]
        dns_servers.dnsmasq(cls.lab, cls.server, extra=names)
        cls.watch = cls.enterClassContext(sensor.Sensor(
            cls.lab, resolvers=[f"{cls.server.v4}:53"],
            flags=["--set", "limits.ring_bytes=65536", "--set", "limits.dns_per_second=100",
                   "--set", "limits.dns_burst=1000"]))
        cls.play()

    @classmethod
    def play(cls):
        cls.flooding, cls.unlucky, cls.quiet = (cls.box() for _ in range(3))
        with Stopped(cls.watch):
            cls.look_up_and_connect(cls.quiet, "db.shop.test", "192.0.2.11:8080", STRANGER)
            cls.sent = int(cls.run_in(cls.flooding, CLIENTS / "flood", NOBODY, FLOOD,
                                      STOP_SECONDS).output)
            cls.run_in(cls.unlucky, CLIENTS / "lookups", cls.server.v4, 1, 0, LOOK_UPS)
        for box in cls.flooding, cls.unlucky, cls.quiet:
            cls.watch.barrier(cls.client, box, 60)
        connect = [sys.executable, "-S", "-c", CONNECT]
        cls.run_in(cls.unlucky, *connect, "192.0.2.12:8081", STRANGER)
        cls.run_in(cls.flooding, *connect, STRANGER)
        cls.run_in(cls.quiet, *connect, "192.0.2.11:8081", "192.0.2.66:8081")
        for box in cls.flooding, cls.unlucky, cls.quiet:
            cls.watch.barrier(cls.client, box, 60)
        # All of it is in the kernel's counters, which are read ten times a second.
        cls.queries, cls.answers = cls.sent + LOOK_UPS + 1, LOOK_UPS + 1
        cls.offered = wait_until(cls.all_offered, lambda: str(cls.watch.ledger()))
        cls.status = cls.watch.stop()  # drained: every loss was told

    @classmethod
    def all_offered(cls):
        offered = cls.watch.ledger()["records_offered"]
        enough = offered["query"] >= cls.queries and offered["answer"] >= cls.answers
        return offered if enough else None

    @classmethod
    def box(cls):
        """Born under the sensor's eyes, and known to it."""
        box = cls.lab.cgroups.container()
        cls.watch.barrier(cls.client, box)
        return box

    @classmethod
    def run_in(cls, box, *command):
        return cls.lab.run(cls.client, box, command, resolver=cls.server.v4, timeout=90)

    @classmethod
    def look_up_and_connect(cls, box, name, *to):
        cls.run_in(box, sys.executable, "-S", "-c", ASK, name)
        cls.run_in(box, sys.executable, "-S", "-c", CONNECT, *to)

    def states(self, box):
        """Of the TCP connects to the lab's servers: destination, its state."""
        return {e["connect"]["dst"]: e["connect"]["dns"]
                for e in self.watch.events("connect", box)
                if e["connect"]["proto"] == "tcp" and e["connect"]["dst"].startswith("192.")}

    def lost(self, box):
        """Of this cgroup, by fate."""
        lost = collections.Counter()
        for event in self.watch.events("loss"):
            if event["loss"]["cgroup"] == str(box.id):
                lost[event["loss"]["fate"]] += event["loss"]["count"]
        return lost

    def test_every_message_of_the_flood_is_seen_or_counted(self):
        seen, lost = self.watch.events("dns", self.flooding), self.lost(self.flooding)
        self.assertGreaterEqual(self.sent, FLOOD)
        self.assertEqual(len(seen) + lost["full"] + lost["quota"], self.sent)
        self.assertGreater(min(len(seen), lost["full"], lost["quota"]), 0)

    def test_every_message_of_the_unlucky_is_seen_or_counted(self):
        seen, lost = self.watch.events("dns", self.unlucky), self.lost(self.unlucky)
        self.assertEqual(len(seen) + lost["full"], 2 * LOOK_UPS)
        self.assertGreater(lost["full"], 0)
        self.assertEqual(lost["quota"], 0)

    def test_whose_answers_were_lost_is_in_warm_up(self):
        self.assertEqual({to: dns["state"] for to, dns in self.states(self.unlucky).items()},
                         {"192.0.2.12:8081": "warmup", STRANGER: "warmup"})
        self.assertEqual(self.watch.alerts(self.unlucky), [])

    def test_whose_own_bucket_ran_dry_is_not(self):
        [dns] = self.states(self.flooding).values()
        self.assertEqual((dns["state"], dns.get("history_complete")), ("none", False))
        [alert] = [a for a in self.watch.alerts(self.flooding) if "192.0.2.66" in str(a)]
        self.assertIn("connect-without-dns", str(alert))

    def test_who_lost_nothing_is_judged_as_ever(self):
        self.assertEqual(self.lost(self.quiet), {})
        states = {to: (dns["state"], dns.get("history_complete", True))
                  for to, dns in self.states(self.quiet).items()}
        self.assertEqual(states, {"192.0.2.11:8080": ("bound", True), STRANGER: ("none", True),
                                  "192.0.2.11:8081": ("bound", True),
                                  "192.0.2.66:8081": ("none", True)})

    def test_offered_is_what_was_sent(self):
        ours = {str(box.id) for box in (self.flooding, self.unlucky, self.quiet)}
        others = [e for e in self.watch.events("dns") if e["cgroup"]["id"] not in ours]
        others += [e for e in self.watch.events("loss") if e["loss"]["cgroup"] not in ours
                   and e["loss"]["class"] in ("answer", "query")]
        offered = self.offered["query"], self.offered["answer"]
        compare = self.assertGreaterEqual if others else self.assertEqual
        compare(offered, (self.queries, self.answers), f"and {len(others)} events of others")

    def test_the_ledger_closes(self):
        self.assertEqual(self.status, 0, self.watch.errors())
        self.assertIn("; closes", self.watch.errors())


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("flood", "lookups")])
