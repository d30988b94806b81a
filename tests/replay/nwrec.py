# SPDX-License-Identifier: Apache-2.0
"""Recordings and captures, written from docs/recording-format.md and
bpf/event.h alone, so that the C++ reader is tested against a second hand."""

import ipaddress
import struct

KERNEL, CLOCK, CONTEXT, TIMER, LOSS, PODS = 1, 2, 3, 4, 5, 6
CONNECT, UDP_FLOW, DATAGRAM, SEGMENT, FLOW, CGROUP, EXE = 1, 2, 4, 5, 6, 16, 17
INGRESS, NO_TASK, STORED_TASK, BORN = 1, 4, 8, 128
SECOND = 10**9


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Recording:
    def __init__(self, salt):
        salt_bytes = struct.pack("<Q", salt)
        self.seed = crc32c(salt_bytes)
        head = b"NWRE\r\n\x1a\n" + struct.pack("<HHI", 1, 32, 1) + salt_bytes + bytes(4)
        self.data = head + struct.pack("<I", crc32c(head))
        self.sequence = 0

    def add(self, kind, payload):
        rest = struct.pack("<IHHI", len(payload), kind, 0, self.sequence)
        crc = crc32c(rest + payload, self.seed)
        self.data += struct.pack("<I", crc) + rest + payload
        self.data += bytes(-len(self.data) % 8)
        self.sequence += 1

    def kernel(self, payload):
        # nw_header.length stands at byte 4.
        self.add(KERNEL, payload[:4] + struct.pack("<I", len(payload)) + payload[8:])


def address(text):
    ip = ipaddress.ip_address(text)
    return ip.packed if ip.version == 6 else bytes(10) + b"\xff\xff" + ip.packed


def endpoint(text=None):
    if text is None:
        return bytes(24)
    host, port = text.rsplit(":", 1)
    return address(host.strip("[]")) + struct.pack("<HHI", int(port), 0, 0)


def records(data):
    """(type, payload) of each record of a whole recording; checks no checksum."""
    [at] = struct.unpack_from("<H", data, 10)
    while at < len(data):
        length, kind = struct.unpack_from("<IH", data, at + 4)
        yield kind, data[at + 16 : at + 16 + length]
        at += (16 + length + 7) & ~7


HEADER = 120  # struct nw_header


class Process:
    """Who acts: the fields of nw_identity."""

    def __init__(self, cgroup, tgid, comm, exe=0, mntns=4026531840):
        self.cgroup, self.tgid, self.comm, self.exe, self.mntns = cgroup, tgid, comm, exe, mntns

    def header(self, kind, time, cookie=0, flags=0):
        return struct.pack(
            "<HHIQQIIQQQQQQIIIIII16s",
            kind, flags, 0, time, cookie, 0, 0,
            self.cgroup, self.cgroup, 1, 5 * SECOND, self.exe, 0,
            self.mntns, 4026531841, self.tgid, self.tgid, 1000, 1000,
            self.comm.encode(),
        )  # fmt: skip

    def connect(self, kind, time, cookie, src, dst, proto):
        ends = endpoint(src) + endpoint(dst) + endpoint()
        return self.header(kind, time, cookie) + ends + struct.pack("<II", proto, 1)

    def datagram(self, time, cookie, local, remote, number, payload, flags=0):
        return (
            self.header(DATAGRAM, time, cookie, flags)
            + endpoint(local)
            + endpoint(remote)
            + endpoint()
            + struct.pack("<QIIII", number, 0, len(payload), 0, len(payload))
            + payload
        )


def cgroup(number, time, path, flags=BORN):
    header = Process(0, 0, "", mntns=0).header(CGROUP, time, flags=flags)
    return header + struct.pack("<QQII256s", number, 1, path.count("/"), len(path), path.encode())


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def query(number, qname, qtype=1):
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + name(qname) + struct.pack(">HH", qtype, 1)


def answer(number, qname, addresses, ttl=60, rcode=0):
    message = struct.pack(">HHHHHH", number, 0x8180 | rcode, 1, len(addresses), 0, 0) + name(qname)
    packed = [ipaddress.ip_address(text) for text in addresses]
    version = packed[0].version if packed else 4
    message += struct.pack(">HH", 1 if version == 4 else 28, 1)
    for ip in packed:
        kind = 1 if ip.version == 4 else 28
        message += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(ip.packed)) + ip.packed
    return message


class Pcap:
    """Ethernet, nanoseconds."""

    def __init__(self):
        self.data = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)

    def add(self, time, packet):
        kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
        frame = bytes(12) + struct.pack(">H", kind) + packet
        self.data += struct.pack("<IIII", time // SECOND, time % SECOND, len(frame), len(frame)) + frame


def ip_packet(src, dst, protocol, payload):
    source, destination = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if source.version == 6:
        head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64)
    else:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    return head + source.packed + destination.packed + payload


def split(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def udp(src, dst, payload):
    (source, sport), (destination, dport) = split(src), split(dst)
    return ip_packet(source, destination, 17, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload)


SYN, ACK = 2, 16


def tcp(src, dst, flags, sequence, acknowledged=0, payload=b""):
    (source, sport), (destination, dport) = split(src), split(dst)
    head = struct.pack(">HHIIHHHH", sport, dport, sequence, acknowledged, 0x5000 | flags, 65535, 0, 0)
    return ip_packet(source, destination, 6, head + payload)
