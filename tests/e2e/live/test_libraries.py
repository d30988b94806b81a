#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each resolver library looks names up in its own way; none escapes or counts twice."""

from harness import runner, sensor
from harness.watched import Watched, needs_clients

BOTH = [("db.shop.test", "A"), ("db.shop.test", "AAAA")]


class Libraries(Watched):
    def assert_resolved(self, run, questions, server="192.0.2.1:53"):
        self.assert_pairs(questions)
        self.assertEqual({e["dns"]["server"] for e in self.dns()}, {server})
        self.assert_all_identity(run)

    def assert_resolves_and_connects(self, client):
        run = self.run_client(client, "db.shop.test", "8080")
        self.assert_resolved(run, BOTH)
        address = run.output.strip()
        [connect] = self.connects("tcp")
        dst = f"[{address}]:8080" if ":" in address else f"{address}:8080"
        self.assertEqual(connect["connect"]["dst"], dst)
        self.bound_to("db.shop.test", dst)
        self.assert_one_flow("192.0.2.1:53")

    def test_glibc(self):
        self.assert_resolves_and_connects("resolve_glibc")

    def test_musl(self):
        self.assert_resolves_and_connects("resolve_musl")

    def test_musl_over_ipv6(self):
        run = self.run_client("resolve_musl", "web.shop.test", "8080",
                              resolver=self.server.v6)
        self.assert_resolved(run, [("web.shop.test", "A"), ("web.shop.test", "AAAA")],
                             "[2001:db8::1]:53")

    def test_c_ares(self):
        run = self.run_client("cares_resolve", "db.shop.test")
        self.assertCountEqual(run.output.split(), ["192.0.2.11", "2001:db8::11"])
        self.assert_resolved(run, BOTH)
        self.assertEqual(self.connects("tcp"), [])

    def test_an_address_hint_of_an_https_record_binds(self):
        run = self.run_in_box(["dig", "+short", "@192.0.2.1", "https.shop.test", "HTTPS"])
        self.assert_resolved(run, [("https.shop.test", "HTTPS")])
        [data] = self.answers("https.shop.test")
        self.assertIn('ipv4hint="192.0.2.12"', data)
        self.run_in_box(["curl", "-s", "http://192.0.2.12:8080/"])
        self.bound_to("https.shop.test", "192.0.2.12:8080")


class HappyEyeballs(Watched):
    def test_both_families_are_tried_and_both_are_bound(self):
        run = self.run_in_box(["curl", "-s", "http://half.shop.test:8080/"])
        self.assertEqual(run.output, "ok\n")
        self.assert_pairs([("half.shop.test", "A"), ("half.shop.test", "AAAA")])
        self.assertEqual(len(self.connects("tcp")), 2)
        self.bound_to("half.shop.test", "[2001:db8::99]:8080")
        event = self.bound_to("half.shop.test", "192.0.2.11:8080")
        self.assert_identity(run, [event])
        self.assert_all_identity(run)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("resolve_glibc", "resolve_musl",
                                                     "cares_resolve")])
