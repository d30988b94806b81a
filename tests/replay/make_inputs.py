#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs of the golden replays beside this file.

Run it only to add a case: golden/v1.nwrec stands for every recording that
format version 1 ever wrote and must never change.
"""

import json
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


SHOP_UID = "2c48913c-b29f-11e7-9350-020968147796"
LOST_UID = "63b3ebfc-2890-11e9-8154-16bf8ef8d9dc"


def pod_list(container_id):
    """A kubelet's answer, as far as it has heard of the container."""
    status = {"name": "main", "image": "registry.test/shop:1"}
    if container_id:
        status["containerID"] = f"containerd://{container_id}"
    pod = {
        "metadata": {
            "namespace": "payments",
            "name": "shop-7d9c-x2x",
            "uid": SHOP_UID,
            "labels": {"app": "shop", "pod-template-hash": "7d9c"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "shop-7d9c", "controller": True}],
        },
        "spec": {"containers": [{"name": "main", "image": "registry.test/shop:1"}, {"name": "proxy"}]},
        "status": {"phase": "Running", "podIPs": [{"ip": "10.1.0.2"}], "containerStatuses": [status]},
    }
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [pod]}).encode()


def golden_pods():
    """Names that come late, names that never come, and a process that moved itself out."""
    recording = nw.Recording(salt=0x1716151413121110)
    t = 1000 * SECOND
    ms = 10**6
    context = ["node worker-7", "boot 5b1c0000-0000-4000-8000-00000000000b", "source live",
               f"attached {100 * SECOND}", f"resolver {RESOLVER}", "internal 10.244.0.0/16",
               "service 10.96.0.0/12", "zone cluster.local", "warmup_ms 600000", "pods expected"]  # fmt: skip
    recording.add(nw.CLOCK, struct.pack("<q", 1_767_322_800 * SECOND))
    recording.add(nw.CONTEXT, ("\n".join(context) + "\n").encode())
    shop, lost = f"/kubepods/burstable/pod{SHOP_UID}", f"/kubepods/besteffort/pod{LOST_UID}"
    container = "a1" * 32
    recording.kernel(nw.cgroup(7, t, "/system.slice/sshd.service"))
    recording.kernel(nw.cgroup(90, t, shop))
    recording.kernel(nw.cgroup(91, t, f"{shop}/{'5a' * 32}"))
    recording.kernel(nw.cgroup(92, t, f"{shop}/{container}"))
    recording.kernel(nw.cgroup(81, t, f"{lost}/{'10' * 32}"))
    main = nw.Process(92, 321, "shop", mntns=4026532315)
    moved = nw.Process(1, 322, "sneak", mntns=4026532315)
    unknown = nw.Process(81, 400, "lost", mntns=4026532400)
    host = nw.Process(7, 22, "sshd", mntns=4026531841)

    def look_up(who, time, cookie, number, qname, address):
        ends = ("10.244.1.5:40000", RESOLVER)
        recording.kernel(who.connect(nw.UDP_FLOW, time, cookie, *ends, 17))
        recording.kernel(who.datagram(time, cookie, *ends, cookie, nw.query(number, qname)))
        flags = nw.INGRESS | nw.STORED_TASK
        reply = nw.answer(number, qname, [address])
        recording.kernel(who.datagram(time + ms, cookie, *ends, cookie + 1, reply, flags))

    def connect(who, time, cookie, dst):
        recording.kernel(who.connect(nw.CONNECT, time, cookie, None, dst, 6))

    # Its first acts, before anybody has told of the pod; sshd need not wait.
    look_up(main, t + 10 * ms, 100, 7, "api.shop.test", "192.0.2.10")
    connect(main, t + 12 * ms, 102, "192.0.2.10:443")
    connect(unknown, t + 13 * ms, 103, "203.0.113.66:3333")
    connect(host, t + 14 * ms, 104, "203.0.113.22:22")
    recording.add(nw.PODS, pod_list(None))
    recording.add(nw.TIMER, struct.pack("<Q", t + SECOND))
    connect(main, t + SECOND, 105, "192.0.2.10:443")
    recording.add(nw.PODS, pod_list(container))
    connect(main, t + 2 * SECOND, 106, "198.51.100.7:443")
    connect(moved, t + 2 * SECOND + ms, 107, "198.51.100.8:443")
    # Three seconds, and nobody knows the other pod; later ones go out at once.
    recording.add(nw.TIMER, struct.pack("<Q", t + 4 * SECOND))
    connect(unknown, t + 5 * SECOND, 108, "203.0.113.67:3333")
    recording.add(nw.PODS, b"")
    recording.add(nw.TIMER, struct.pack("<Q", t + 6 * SECOND))
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
        "golden/pods.nwrec": golden_pods(),
        "capture/input.pcap": capture(),
        "capture/named.pcap": capture(),
        "capture/named.pcap.pods.json": pod_list("a1" * 32),
    }.items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
