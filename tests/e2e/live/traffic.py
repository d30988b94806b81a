# SPDX-License-Identifier: Apache-2.0
"""A little of everything that a recording has to hold.

Looked up and then connected, over TCP, in IP fragments, the three detections,
more questions than its quota, and a cgroup that comes and goes, each in a
container of its own.
"""
import sys

from harness import dns_servers

RESOLVER, STRANGER = 1, 66
SITE = f"http://192.0.2.{STRANGER}:8080/"
# For the sensor that watches, so that the flood needs to be no flood.
QUOTA = ["--set", "limits.dns_per_second=1", "--set", "limits.dns_burst=20"]
FLOOD = f"""
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    for number in range(60):
        question = number.to_bytes(2, 'big') + bytes.fromhex('01000001000000000000')
        udp.sendto(question + b'\\2db\\4shop\\4test\\0\\0\\1\\0\\1', ('192.0.2.{RESOLVER}', 53))
"""
# name: the command; what nobody answers ends at once (REFUSED).
STEPS = {
    "bound": ["curl", "-s", "-4", "http://db.shop.test:8080/"],
    "tcp": ["dig", "+short", "+tcp", "web.shop.test"],
    "fragments": ["dig", "+short", "+ignore", "+bufsize=4096", "big.shop.test", "TXT"],
    "unexpected": ["dig", "+short", "+tries=1", "paste.example.net"],
    "port": ["dig", "+short", "-p", "5300", f"@192.0.2.{RESOLVER}", "db.shop.test"],
    "unresolved": ["curl", "-s", SITE, SITE],
    "flood": [sys.executable, "-S", "-c", FLOOD],
    "gone": ["curl", "-s", "-4", "http://v4.shop.test:8080/"],
}


def serve(lab):
    """The DNS and web servers; returns their host."""
    host = lab.host(RESOLVER, also=[11, 12, 13, 14, STRANGER])
    for port in (53, 5300):
        dns_servers.dnsmasq(lab, host, port=port)
    dns_servers.web(lab, host, 8080)
    return host


def play(lab, watch, server):
    """Runs every step to its end; {name: its cgroup}."""
    client, boxes = lab.host(2), {}
    for name, command in STEPS.items():
        boxes[name] = box = lab.cgroups.container()
        lab.run(client, box, command, resolver=server.v4)
        watch.barrier(client, box)
    boxes["gone"].directory.rmdir()
    watch.barrier(client, lab.cgroups.container())
    return boxes
