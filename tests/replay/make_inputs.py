#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs of the golden replays beside this file.

Run it only to add a case: golden/v1.nwrec stands for every recording that
format version 1 ever wrote and must never change.
"""

import pathlib
import struct

import nwrec as nw
from nwrec import SECOND

HERE = pathlib.Path(__file__).parent
RESOLVER = "10.96.0.10:53"


def golden_v1():
    """One of everything: a shop that does as it should, and a miner that does not."""
    recording = nw.Recording(salt=0x0706050403020100)
    second = 1000 * SECOND
    context = [
        "node worker-7",
        "boot 5b1c0000-0000-4000-8000-00000000000a",
        "source live",
        f"attached {900 * SECOND}",
        f"resolver {RESOLVER}",
        "internal 10.244.0.0/16",
        "service 10.96.0.0/12",
        "address 192.168.1.7",
        "warmup_ms 600000",
        "a-key-of-a-later-version 1",
    ]
    recording.add(nw.CLOCK, struct.pack("<q", 1_767_322_800 * SECOND))
    recording.add(nw.CONTEXT, ("\n".join(context) + "\n").encode())
    recording.kernel(nw.cgroup(4242, second, "/system.slice/shop.service"))
    recording.kernel(nw.cgroup(4343, second, "/system.slice/miner.service"))
    shop = nw.Process(4242, 321, "shop")
    miner = nw.Process(4343, 666, "xmrig")

    def resolve(who, time, cookie, local, server, message, reply):
        udp_flow = who.connect(nw.UDP_FLOW, time, cookie, local, server, 17)
        recording.kernel(udp_flow)
        recording.kernel(who.datagram(time, cookie, local, server, cookie, message))
        flags = nw.INGRESS | nw.STORED_TASK
        recording.kernel(who.datagram(time + 10**6, cookie, local, server, cookie + 1, reply, flags))

    resolve(shop, second + 10, 100, "10.244.1.5:40000", RESOLVER,
            nw.query(7, "api.shop.test"), nw.answer(7, "api.shop.test", ["192.0.2.10"]))  # fmt: skip
    recording.kernel(shop.connect(nw.CONNECT, second + 2 * 10**6, 102, None, "192.0.2.10:443", 6))
    recording.add(nw.TIMER, struct.pack("<Q", second + SECOND))
    recording.kernel(miner.connect(nw.CONNECT, second + SECOND, 103, None, "203.0.113.66:3333", 6))
    resolve(miner, second + SECOND + 10, 104, "10.244.1.6:40001", "198.51.100.9:5300",
            nw.query(8, "pool.miner.test"), nw.answer(8, "pool.miner.test", ["203.0.113.67"]))  # fmt: skip
    loss = struct.pack("<QQQQII", second + 2 * SECOND, second, 3, 4343, 1, 3)
    recording.add(nw.LOSS, loss)
    recording.add(999, b"a record type of a later version")
    recording.add(nw.TIMER, struct.pack("<Q", second + 2 * SECOND))
    return recording.data


def capture():
    """Two clients of one resolver: one asks and connects, the other only connects."""
    pcap = nw.Pcap()
    t = 1_767_322_800 * SECOND
    good, server = "10.1.0.2:40000", "10.1.0.53:53"
    pcap.add(t, nw.udp(good, server, nw.query(1, "api.shop.test")))
    pcap.add(t + 10**6, nw.udp(server, good, nw.answer(1, "api.shop.test", ["192.0.2.10"])))
    pcap.add(t + 2 * 10**6, nw.tcp("10.1.0.2:50000", "192.0.2.10:443", nw.SYN, 100))
    pcap.add(t + 3 * 10**6, nw.tcp("10.1.0.2:50000", "192.0.2.10:443", nw.SYN, 100))
    pcap.add(t + SECOND, nw.tcp("10.1.0.3:50000", "203.0.113.66:3333", nw.SYN, 500))
    six, server6 = "[2001:db8::3]:40001", "[2001:db8::9]:8053"
    pcap.add(t + 2 * SECOND, nw.udp(six, server6, nw.query(2, "c2.evil.test", 28)))
    pcap.add(t + 2 * SECOND + 10**6, nw.udp(server6, six, nw.answer(2, "c2.evil.test", ["2001:db8:f::1"])))
    # The same over TCP, the query in two segments, on port 53 as it should be.
    message = nw.query(3, "tcp.shop.test")
    stream = struct.pack(">H", len(message)) + message
    reply = nw.answer(3, "tcp.shop.test", ["192.0.2.11"])
    client, tcp53 = "10.1.0.2:50001", server
    t += 3 * SECOND
    pcap.add(t, nw.tcp(client, tcp53, nw.SYN, 1000))
    pcap.add(t + 1, nw.tcp(tcp53, client, nw.SYN | nw.ACK, 7000, 1001))
    pcap.add(t + 2, nw.tcp(client, tcp53, nw.ACK, 1001, 7001, stream[:5]))
    pcap.add(t + 3, nw.tcp(client, tcp53, nw.ACK, 1006, 7001, stream[5:]))
    pcap.add(t + 4, nw.tcp(tcp53, client, nw.ACK, 7001, 1001 + len(stream), struct.pack(">H", len(reply)) + reply))
    pcap.add(t + 5, nw.tcp("10.1.0.2:50002", "192.0.2.11:443", nw.SYN, 42))
    return pcap.data


def main():
    for path, data in {
        "golden/v1.nwrec": golden_v1(),
        "capture/input.pcap": capture(),
    }.items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
