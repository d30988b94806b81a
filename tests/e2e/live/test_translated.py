#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Addresses translated in the program's own network namespace, as kube-proxy does for
hostNetwork pods and a service mesh for all: what the program addressed, and where the
packet went, are both said."""
import subprocess
import sys
import types

from harness import dns_servers, runner, sensor
from harness.watched import Watched, needs_clients

# A service's address, which nobody has, and what is behind it.
SERVICE, BEHIND = "192.0.2.100", "192.0.2.1"
SERVICE6, BEHIND6 = "2001:db8::100", "2001:db8::1"
THREE_DATAGRAMS = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3):
    s.sendto(b'hello', ('{SERVICE}', 9))
"""
CURL = ["curl", "-s", "-o", "/dev/null"]


def translate(host, *rules):
    for rule in rules:
        tool = "ip6tables" if "2001:" in rule else "iptables"
        subprocess.run(["ip", "netns", "exec", host.netns, tool, "-w", "-t", "nat", "-A",
                        *rule.split()], check=True)


class Translated(Watched):
    def assert_connects(self, proto, dst, wires):
        """Those to `dst`, in order, and where each packet went (None: not told)."""
        told = [e["connect"] for e in self.connects(proto) if e["connect"]["dst"] == dst]
        self.assertEqual([connect.get("wire") for connect in told], wires)

    def assert_dns(self, server, wire):
        """One look-up, over what the packet of the query showed."""
        self.assert_pairs([("db.shop.test", "A")])
        query, answer = (e["dns"] for e in self.dns())
        self.assertEqual((query["server"], query.get("wire"), query["port53"]),
                         (server, wire, True))
        self.assertEqual((answer["server"], answer["port53"]), (server, True))
        self.assertEqual(self.sensor.events("transport", self.box), [])


class Services(Translated):
    """DNAT and masquerade at the sender, as for a hostNetwork pod."""

    @classmethod
    def more_servers(cls):
        cls.node = cls.lab.host(3)
        translate(cls.node,
                  f"OUTPUT -d {SERVICE} -p udp --dport 53 -j DNAT --to {BEHIND}:53",
                  f"OUTPUT -d {SERVICE} -p tcp --dport 53 -j DNAT --to {BEHIND}:53",
                  f"OUTPUT -d {SERVICE} -p udp --dport 5300 -j DNAT --to {BEHIND}:53",
                  f"OUTPUT -d {SERVICE} -p udp --dport 9 -j DNAT --to 192.0.2.14:9",
                  f"OUTPUT -d {SERVICE} -p tcp --dport 80 -j DNAT --to 192.0.2.11:8080",
                  f"OUTPUT -d {SERVICE6} -p tcp --dport 80 -j DNAT --to [{BEHIND6}]:8080",
                  f"OUTPUT -d {SERVICE6} -p udp --dport 53 -j DNAT --to [{BEHIND6}]:53",
                  "POSTROUTING -j MASQUERADE --random")
        return [types.SimpleNamespace(v4=SERVICE, v6=SERVICE6)]

    def setUp(self):
        super().setUp()
        self.client = self.node

    def look_up(self, how, server):
        run = self.run_client("udp_send", how, server, "db.shop.test", 1)
        self.assert_all_identity(run)

    def test_a_query_shows_the_service_and_the_server(self):
        for how in "connected", "unconnected", "cmsg":
            with self.subTest(how):
                self.box = self.lab.cgroups.container()
                self.look_up(how, SERVICE)
                self.assert_dns(f"{SERVICE}:53", f"{BEHIND}:53")
                self.assert_connects("udp", f"{SERVICE}:53", [f"{BEHIND}:53"])

    def test_so_does_one_through_an_ipv6_socket(self):
        for how in "connected", "unconnected":
            with self.subTest(how):
                self.box = self.lab.cgroups.container()
                self.look_up(how, f"::ffff:{SERVICE}")
                self.assert_dns(f"{SERVICE}:53", f"{BEHIND}:53")
                self.assert_connects("udp", f"{SERVICE}:53", [f"{BEHIND}:53"])

    def test_and_over_ipv6(self):
        for how in "connected", "unconnected":
            with self.subTest(how):
                self.box = self.lab.cgroups.container()
                self.look_up(how, SERVICE6)
                self.assert_dns(f"[{SERVICE6}]:53", f"[{BEHIND6}]:53")

    def test_and_over_tcp(self):
        self.run_in_box(["dig", "+short", "+tcp", f"@{SERVICE}", "db.shop.test"])
        self.assert_dns(f"{SERVICE}:53", f"{BEHIND}:53")
        self.assert_connects("tcp", f"{SERVICE}:53", [None, f"{BEHIND}:53"])

    def test_a_port_that_becomes_53_is_not_port_53(self):
        self.run_in_box(["dig", "+short", "-p", "5300", f"@{SERVICE}", "db.shop.test"])
        self.assertEqual({(e["dns"]["server"], e["dns"]["port53"]) for e in self.dns()},
                         {(f"{SERVICE}:5300", False)})
        [said] = self.sensor.events("transport", self.box)
        self.assertEqual(said["transport"]["server"], f"{SERVICE}:5300")

    def test_a_connect_shows_both(self):
        for service, behind in (SERVICE, "192.0.2.11"), (f"[{SERVICE6}]", f"[{BEHIND6}]"):
            with self.subTest(service):
                self.box = self.lab.cgroups.container()
                run = self.run_in_box([*CURL, f"http://{service}/"])
                self.assert_all_identity(run)
                self.assert_connects("tcp", f"{service}:80", [None, f"{behind}:8080"])

    def test_a_datagram_shows_both_once(self):
        self.run_in_box([sys.executable, "-S", "-c", THREE_DATAGRAMS])
        self.assert_connects("udp", f"{SERVICE}:9", ["192.0.2.14:9"])


class Mesh(Translated):
    """All TCP to 15001 and DNS to 15053 of the pod's own proxy, which is uid 1337."""

    @classmethod
    def more_servers(cls):
        cls.pod = cls.lab.host(3)
        translate(cls.pod, "OUTPUT -m owner --uid-owner 1337 -j RETURN",
                  "OUTPUT -p udp --dport 53 -j REDIRECT --to-ports 15053",
                  "OUTPUT -p tcp --dport 53 -j REDIRECT --to-ports 15053",
                  "OUTPUT -p tcp ! -d 127.0.0.0/8 -j REDIRECT --to-ports 15001")
        local = types.SimpleNamespace(netns=cls.pod.netns, path=cls.pod.path, v4="127.0.0.1",
                                      v6="::1")
        cls.agent = dns_servers.dnsmasq(cls.lab, local, port=15053)
        cls.proxy = dns_servers.web(cls.lab, local, 15001)

    def setUp(self):
        super().setUp()
        self.client = self.pod

    def test_a_look_up_is_of_the_server_that_was_asked(self):
        for how in "connected", "unconnected":
            with self.subTest(how):
                self.box = self.lab.cgroups.container()
                self.run_client("udp_send", how, BEHIND, "db.shop.test", 1)
                self.assert_dns(f"{BEHIND}:53", "127.0.0.1:15053")

    def test_over_tcp_too(self):
        self.run_in_box(["dig", "+short", "+tcp", f"@{BEHIND}", "db.shop.test"])
        self.assert_dns(f"{BEHIND}:53", "127.0.0.1:15053")

    def test_a_connect_is_to_where_it_was_asked(self):
        self.assert_all_identity(self.run_in_box([*CURL, "http://192.0.2.12:8080/"]))
        self.assert_connects("tcp", "192.0.2.12:8080", [None])
        self.assertEqual(len(self.connects()), 1)

    def test_the_agent_says_nothing(self):
        self.run_in_box(["dig", "+short", f"@{BEHIND}", "db.shop.test"])
        for cgroup in self.agent.cgroup, self.proxy.cgroup:
            self.assertEqual(self.sensor.events(cgroup=cgroup), [])


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("udp_send")])
