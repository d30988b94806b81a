#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DNS on other ports than 53 is seen for what it is, over UDP and TCP."""

from harness import dns_servers, runner, sensor
from harness.watched import Watched


class Ports(Watched):
    @classmethod
    def more_servers(cls):
        dns_servers.unbound(cls.lab, cls.server, port=5300)
        for port in 8053, 443:
            dns_servers.dnsmasq(cls.lab, cls.server, port=port)

    def dig(self, port, *how):
        run = self.run_in_box(["dig", "+short", *how, "-p", port, "@192.0.2.1",
                               "db.shop.test"])
        self.assertEqual(run.output, "192.0.2.11\n")
        return run

    def assert_seen(self, port, proto, *how):
        run = self.dig(port, *how)
        self.assert_pairs([("db.shop.test", "A")])
        for event in self.dns():
            dns = event["dns"]
            self.assertEqual((dns["transport"], dns["server"], dns["port53"]),
                             (proto, f"192.0.2.1:{port}", False))
        [said] = self.sensor.events("transport", self.box)
        self.assertEqual((said["transport"]["kind"], said["transport"]["proto"],
                          said["transport"]["server"]),
                         ("dns_other_port", proto, f"192.0.2.1:{port}"))
        self.assert_all_identity(run)
        self.assert_identity(run, [said])
        [connect] = self.connects()
        self.assertEqual((connect["connect"]["proto"], connect["connect"]["dst"],
                          connect["connect"]["dns"]["state"]),
                         (proto, f"192.0.2.1:{port}", "none"))

    def test_udp_5300(self):
        self.assert_seen(5300, "udp")

    def test_udp_8053(self):
        self.assert_seen(8053, "udp")

    def test_udp_443(self):
        self.assert_seen(443, "udp")

    def test_tcp_5300(self):
        self.assert_seen(5300, "tcp", "+tcp")

    def test_tcp_8053(self):
        self.assert_seen(8053, "tcp", "+tcp")

    def test_tcp_443(self):
        self.assert_seen(443, "tcp", "+tcp")

    def test_an_answer_from_there_binds_as_one_of_a_stranger(self):
        self.dig(5300)
        self.run_in_box(["curl", "-s", "http://192.0.2.11:8080/"])
        self.connect_to("192.0.2.11:8080", "untrusted_resolver", "db.shop.test")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
