#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The harness keeps its promises, without the sensor."""
import os
import subprocess
import sys
import unittest

from harness import runner
from harness.dns_servers import BIG_TEXTS, dnsmasq, unbound, web
from harness.netlab import NetLab


def dig(lab, host, cgroup, *arguments):
    command = ["dig", "+short", "+tries=1", "+timeout=5", *arguments]
    return lab.run(host, cgroup, command).output.split()


class Harness(unittest.TestCase):
    def setUp(self):
        self.lab = NetLab().__enter__()
        self.addCleanup(self.lab.close)
        self.server = self.lab.host(1, also=[11, 12])
        self.client = self.lab.host(2)
        self.box = self.lab.cgroups.container()

    def test_dnsmasq_answers_over_udp_tcp_and_ipv6(self):
        dnsmasq(self.lab, self.server)
        for how in (["@192.0.2.1"], ["+tcp", "@192.0.2.1"], ["@2001:db8::1"]):
            with self.subTest(how):
                self.assertEqual(dig(self.lab, self.client, self.box, *how, "db.shop.test"),
                                 ["192.0.2.11"])
        chain = dig(self.lab, self.client, self.box, "@192.0.2.1", "c1.shop.test")
        self.assertEqual((len(chain), chain[-1]), (9, "192.0.2.12"))

    def test_unbound_answers_on_another_port_and_with_edns(self):
        unbound(self.lab, self.server, port=5300)
        at = ["-p", "5300", "@192.0.2.1"]
        self.assertEqual(dig(self.lab, self.client, self.box, *at, "v6.shop.test", "AAAA"),
                         ["2001:db8::14"])
        texts = dig(self.lab, self.client, self.box, *at, "+bufsize=4096", "+notcp",
                    "+ignore", "big.shop.test", "TXT")
        self.assertEqual(len(texts), len(BIG_TEXTS))

    def test_a_client_runs_in_its_cgroup_with_its_own_resolver(self):
        dnsmasq(self.lab, self.server)
        web(self.lab, self.server, 8080)
        code = ("import os, urllib.request as u\n"
                "print(u.urlopen('http://db.shop.test:8080/', timeout=5).status)\n"
                "print(os.getpid(), os.readlink('/proc/self/ns/mnt'))\n"
                "print(open('/proc/self/cgroup').read())")
        run = self.lab.run(self.client, self.box, [sys.executable, "-c", code],
                           resolver=self.server.v4)
        status, pid, mntns, *cgroup = run.output.split()
        self.assertEqual((status, int(pid)), ("200", run.pid))
        self.assertNotEqual(mntns, os.readlink("/proc/self/ns/mnt"))
        self.assertIn("0::" + self.box.path, cgroup)

    def test_nothing_is_left_behind_by_a_failed_test(self):
        with self.assertRaises(ZeroDivisionError), NetLab() as lab:
            host, box = lab.host(9), lab.cgroups.container()
            process = lab.start(host, box, ["sleep", "1000"])
            raise ZeroDivisionError
        self.assertIsNotNone(process.poll())
        self.assertFalse(box.directory.exists())
        self.assertFalse(lab.folder.exists())
        namespaces = subprocess.run(["ip", "netns"], capture_output=True, text=True).stdout
        self.assertNotIn(lab.name, namespaces)


if __name__ == "__main__":
    runner.main()
