#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand look-ups: none is missed, and none comes after its connect.

The ledger closes whenever it is looked at meanwhile.
"""
import subprocess
import time
import unittest

from harness import dns_servers, runner, sensor
from harness.netlab import NetLab, ip
from harness.process import end
from harness.watched import CLIENTS, needs_clients

NAMES = 10_000
PROCESSES = 8
PARALLEL = 50
PATIENCE_SECONDS = 120
# A busy machine may keep the sensor from its CPU for as long as all this takes:
# 50,000 records of some 300 bytes.
ROOM = ["--set", f"limits.ring_bytes={16 << 20}"]


def name_of(number):
    return f"n{number}.load.test"


def address_of(number):
    return f"198.18.{number >> 8}.{number & 255}"


def serve(lab):
    """A server for all names, and a host that has all addresses and no port open."""
    server = lab.host(1)
    ip("route", "add", "local", "198.18.0.0/16", "dev", "lo", netns=server.netns)
    hosts = lab.folder / "load.hosts"
    hosts.write_text("".join(f"{address_of(n)} {name_of(n)}\n" for n in range(NAMES)))
    dns_servers.dnsmasq(lab, server, extra=[f"--addn-hosts={hosts}"])
    return server


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = NetLab().__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.server = serve(cls.lab)
        cls.client = cls.lab.host(2)
        ip("route", "add", "198.18.0.0/16", "via", cls.server.v4, netns=cls.client.netns)

    def watch(self, *flags):
        watch = sensor.Sensor(self.lab, resolvers=[f"{self.server.v4}:53"], flags=[*ROOM, *flags])
        return self.enterContext(watch)

    def run_all(self, watch, boxes, *arguments):
        """The same client in each cgroup at once, each with its share of the names."""
        share = NAMES // len(boxes)
        clients = [self.lab.start(self.client, box,
                                  [CLIENTS / "lookups", self.server.v4, arguments[0],
                                   i * share, share, *arguments[1:]],
                                  stderr=subprocess.PIPE, text=True)
                   for i, box in enumerate(boxes)]
        until = time.monotonic() + PATIENCE_SECONDS
        while any(client.poll() is None for client in clients) and time.monotonic() < until:
            self.assertTrue((ledger := watch.ledger())["closes"], ledger)
        for client in clients:
            status = client.wait(PATIENCE_SECONDS)
            self.assertEqual(status, 0, client.stderr.read())
            end(client)
        for box in boxes:
            watch.barrier(self.client, box, PATIENCE_SECONDS)

    def of(self, watch, boxes, kind):
        ids = {str(box.id) for box in boxes}
        return [e for e in watch.events(kind) if e["cgroup"]["id"] in ids]

    def assert_every_pair(self, watch, boxes):
        """Each name was asked once, and one answer met the query."""
        events = [e["dns"] for e in self.of(watch, boxes, "dns")]
        names = [name_of(n) for n in range(NAMES)]
        self.assertCountEqual([d["qname"] for d in events if not d["response"]], names)
        self.assertCountEqual([d["qname"] for d in events if d["response"] and d["matched"]],
                              names)
        self.assertEqual(len(events), 2 * NAMES)

    def assert_no_loss(self, watch, boxes):
        ids = {str(box.id) for box in boxes}
        self.assertEqual([e for e in watch.events("loss") if e["loss"]["cgroup"] in ids], [])
        self.assertEqual(watch.stop(), 0, watch.errors())
        self.assertIn("; closes", watch.errors())

    def test_10000_connects_at_once_after_the_answer_are_bound(self):
        watch = self.watch()
        boxes = [self.lab.cgroups.container() for _ in range(PROCESSES)]
        self.run_all(watch, boxes, 1, "connect")
        self.assert_every_pair(watch, boxes)
        found = {(e["connect"]["dst"], e["connect"]["dns"]["state"],
                  *e["connect"]["dns"].get("names", []))
                 for e in self.of(watch, boxes, "connect")
                 if e["connect"]["dst"].startswith("198.18.")}
        expected = {(f"{address_of(n)}:8080", "bound", name_of(n)) for n in range(NAMES)}
        self.assertEqual(found ^ expected, set())
        self.assertEqual(len([e for e in self.of(watch, boxes, "connect")
                              if e["connect"]["proto"] == "tcp"
                              and e["connect"]["dst"].startswith("198.18.")]), NAMES)
        self.assert_no_loss(watch, boxes)

    def test_50_parallel_look_ups_200_times_all_match(self):
        # One cgroup: what its bucket holds by default is less than this at once.
        watch = self.watch("--set", "limits.dns_burst=30000")
        boxes = [self.lab.cgroups.container()]
        self.run_all(watch, boxes, PARALLEL)
        self.assert_every_pair(watch, boxes)
        self.assert_no_loss(watch, boxes)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("lookups")])
