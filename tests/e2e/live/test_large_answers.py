#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Answers larger than a packet: EDNS, IP fragments, and TCP after a TC."""
import subprocess

from harness import runner, sensor
from harness.dns_servers import BIG_TEXTS, odd, unbound
from harness.odd_server import LONG_ANSWER
from harness.watched import Watched


class LargeAnswers(Watched):
    @classmethod
    def more_servers(cls):
        cls.other = cls.lab.host(3)
        unbound(cls.lab, cls.other)
        long = cls.lab.host(4)
        odd(cls.lab, long, "long")
        return [cls.other, long]

    def reassembled(self):
        """Datagrams that the client's kernel put together from fragments."""
        counters = subprocess.run(["ip", "netns", "exec", self.client.netns, "cat",
                                   "/proc/net/snmp", "/proc/net/snmp6"],
                                  capture_output=True, text=True, check=True).stdout
        names, values = [line.split() for line in counters.splitlines()
                         if line.startswith("Ip:")]
        v6 = dict(line.split() for line in counters.splitlines() if line.startswith("Ip6"))
        return int(values[names.index("ReasmOKs")]) + int(v6["Ip6ReasmOKs"])

    def dig(self, server, *how):
        return self.run_in_box(["dig", "+short", "+tries=1", *how, f"@{server}",
                                "big.shop.test", "TXT"])

    def assert_whole(self, questions=1):
        """The answer that met its query holds every text."""
        texts = " ".join(self.answers("big.shop.test"))
        for text in BIG_TEXTS:
            self.assertEqual(texts.count(f'"{text}"'), 1)
        self.assert_pairs([("big.shop.test", "TXT")] * questions)
        self.assertEqual({e["dns"]["truncated"] for e in self.dns()}, {False})

    def assert_in_fragments(self, server):
        before = self.reassembled()
        run = self.dig(server, "+bufsize=4096", "+notcp", "+ignore")
        self.assertEqual(self.reassembled(), before + 1)
        self.assert_whole()
        self.assert_all_identity(run)
        self.assertEqual({e["dns"]["transport"] for e in self.dns()}, {"udp"})

    def test_dnsmasqs_in_fragments(self):
        self.assert_in_fragments("192.0.2.1")

    def test_unbounds_in_fragments(self):
        self.assert_in_fragments("192.0.2.3")

    def test_in_fragments_of_ipv6(self):
        self.assert_in_fragments("2001:db8::3")

    def assert_long(self, proto, *how):
        """16 KiB; more addresses than a name may hold, which every `none` says."""
        run = self.run_in_box(["dig", "+short", "+tries=1", *how, "@192.0.2.4",
                               "long.shop.test", "A"])
        self.assertEqual(len(run.output.splitlines()), LONG_ANSWER)
        self.assert_pairs([("long.shop.test", "A")])
        self.assertEqual(len(set(self.answers("long.shop.test"))), LONG_ANSWER)
        self.assertEqual({e["dns"]["transport"] for e in self.dns()}, {proto})
        self.assert_all_identity(run)
        for address in "192.0.2.12", "192.0.2.13":
            self.run_in_box(["curl", "-s", f"http://{address}:8080/"])
        self.bound_to("long.shop.test", "192.0.2.12:8080")
        last = self.connect_to("192.0.2.13:8080", "none")
        self.assertFalse(last["connect"]["dns"]["history_complete"])

    def test_16_kib_in_fragments(self):
        self.assert_long("udp", "+bufsize=65535", "+notcp", "+ignore")

    def test_16_kib_over_tcp(self):
        self.assert_long("tcp", "+tcp")

    def test_over_tcp(self):
        run = self.dig("192.0.2.3", "+tcp")
        self.assert_whole()
        self.assert_all_identity(run)

    def test_first_cut_then_over_tcp(self):
        run = self.dig("192.0.2.1", "+bufsize=512")
        self.assert_whole(questions=2)
        self.assert_all_identity(run)
        self.assertEqual([(e["dns"]["transport"], "tc" in e["dns"]["flags"])
                          for e in self.dns() if e["dns"]["response"]],
                         [("udp", True), ("tcp", False)])


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
