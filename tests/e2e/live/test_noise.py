#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What looks like a connect to a hook, and is none; and odd sockets that are one."""
import subprocess
import sys

from harness import runner, sensor
from harness.dns_servers import Server
from harness.process import wait_until
from harness.watched import Watched, needs_clients

PYTHON = [sys.executable, "-S", "-c"]
ECHO = """
import socket, sys
address = sys.argv[1]
s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((address, 7))
while True:
    data, peer = s.recvfrom(4096)
    s.sendto(data, peer)
    s.sendmsg([data], [], 0, peer)
"""
ASK_ECHO = """
import socket
for family, address in (socket.AF_INET, '192.0.2.1'), (socket.AF_INET6, '2001:db8::1'):
    for connected in True, False:
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.settimeout(10)
        if connected:
            s.connect((address, 7))
        for _ in range(2):
            s.send(b'hello') if connected else s.sendto(b'hello', (address, 7))
            assert s.recv(100) == s.recv(100) == b'hello'
"""
REFUSED = """
import socket
for family, address in (socket.AF_INET, '192.0.2.1'), (socket.AF_INET6, '2001:db8::1'):
    assert socket.socket(family, socket.SOCK_STREAM).connect_ex((address, 9)) == 111
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect((address, 9))
    s.send(b'hello')
    try:
        s.recv(1)  # returns with the port-unreachable
    except ConnectionRefusedError:
        pass
"""
# A v6 socket connected to IPv4: connect6, then the sendmsg4 hook with each send.
MAPPED = """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.connect(('::ffff:192.0.2.1', 7))
for _ in range(3):
    s.send(b'hello')
    s.recv(100)
"""
PING_SOCKET = """
import socket, struct
message = struct.pack('!BBHHH', 8, 0, 0, 0, 1) + b'hello'
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
for _ in range(3):
    s.sendto(message, ('192.0.2.14', 0))
    s.recv(100)
"""
UNSPECIFIED = """
import socket
for family, address in (socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::'):
    listener = socket.create_server(('', 0), family=family)
    socket.create_connection((address, listener.getsockname()[1])).close()
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(('', 0))
    socket.socket(family, socket.SOCK_DGRAM).sendto(b'x', (address, s.getsockname()[1]))
    s.recv(1)
"""
SNIFFER = """
import socket
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
raw6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_UDP)
udp = socket.create_server(('127.0.0.1', 9999))  # says that the others are there
while True:
    raw.recv(65536)
"""
LOCAL_DISCOVERY = """
import socket
index = socket.if_nametoindex('eth0')
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
query = bytes([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4]) + b'host' + bytes(1) + b'\\0\\1\\0\\1'
for address, port in (('224.0.0.251', 5353), ('224.0.0.252', 5355), ('255.255.255.255', 137),
                      ('239.255.255.250', 1900)):
    s.sendto(query, (address, port))
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for address, port in (('ff02::fb', 5353), ('ff02::1:3', 5355)):
    s.sendto(query, (address, port, 0, index))
"""


class Noise(Watched):
    @classmethod
    def more_servers(cls):
        for host in cls.server, cls.client:
            subprocess.run(["ip", "netns", "exec", host.netns, "sysctl", "-wq",
                            "net.ipv4.ping_group_range=0 2147483647"], check=True)
        cls.echoes = [Server(cls.lab, cls.server, [*PYTHON, ECHO, address], {("udp", 7)})
                      for address in (cls.server.v4, cls.server.v6)]

    def destinations(self, proto=None):
        return [e["connect"]["dst"] for e in self.connects(proto)]

    def assert_the_kernel_says_nothing(self):
        """Its replies leave on sockets of its own, which are of the root cgroup."""
        self.assertEqual([e for e in self.sensor.events("connect")
                          if e["cgroup"]["path"] == "/" and
                          (e["connect"]["src"] or "").startswith(("192.0.2.", "[2001:db8:"))],
                         [])

    def test_a_datagram_servers_replies_are_none(self):
        self.run_in_box([*PYTHON, ASK_ECHO])
        self.assertCountEqual(self.destinations("udp"),
                              ["192.0.2.1:7", "[2001:db8::1]:7"] * 2)
        for echo in self.echoes:
            self.assertEqual(self.sensor.events(cgroup=echo.cgroup), [])

    def test_resets_and_unreachables_are_none(self):
        self.run_in_box([*PYTHON, REFUSED])
        self.assertCountEqual(self.destinations(), ["192.0.2.1:9", "[2001:db8::1]:9"] * 2)
        self.assert_the_kernel_says_nothing()

    def test_a_mapped_socket_that_sends_often_is_one(self):
        run = self.run_in_box([*PYTHON, MAPPED])
        self.assertEqual(self.destinations(), ["192.0.2.1:7"])
        self.assertTrue(self.connects()[0]["connect"]["mapped"])
        self.assertNotIn("wire", self.connects()[0]["connect"])
        self.assert_all_identity(run)

    def test_a_ping_socket_is_one_and_its_echoes_are_none(self):
        run = self.run_in_box([*PYTHON, PING_SOCKET])
        [event] = self.connects()
        self.assertEqual((event["connect"]["proto"], event["connect"]["dst"]),
                         ("icmp", "192.0.2.14:0"))
        self.assert_all_identity(run)
        self.assertEqual([e for e in self.sensor.events("connect")
                          if e["connect"]["proto"] == "icmp"], [event])

    def test_the_unspecified_address_is_this_host(self):
        self.run_in_box([*PYTHON, UNSPECIFIED])
        own = [e["connect"] for e in self.connects()]
        self.assertEqual([(c["proto"], c["dst"].rpartition(":")[0], c["dns"]["state"])
                          for c in own],
                         [("tcp", "0.0.0.0", "internal"), ("udp", "0.0.0.0", "internal"),
                          ("tcp", "[::]", "internal"), ("udp", "[::]", "internal")])

    def test_a_raw_sockets_copies_are_nobodys(self):
        sniffer = self.lab.cgroups.container()
        self.lab.start(self.client, sniffer, [*PYTHON, SNIFFER])
        wait_until(lambda: subprocess.run(
            ["ip", "netns", "exec", self.client.netns, "ss", "-Hltn", "sport = 9999"],
            capture_output=True, check=True).stdout, "the sniffer is there")
        run = self.run_client("udp_send", "unconnected", "192.0.2.1", "db.shop.test", 1)
        self.assert_pairs([("db.shop.test", "A")])
        self.assert_all_identity(run)
        self.assertEqual(self.sensor.events(cgroup=sniffer), [])
        sniffer.kill()

    def test_discovery_of_the_local_link_is_internal(self):
        self.run_in_box([*PYTHON, LOCAL_DISCOVERY])
        self.assertEqual({e["connect"]["dns"]["state"] for e in self.connects()},
                         {"internal"})
        self.assertEqual(len(self.connects()), 6)
        self.assertEqual(self.sensor.events("transport", self.box), [])


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("udp_send")])
