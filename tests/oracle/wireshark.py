# SPDX-License-Identifier: Apache-2.0
"""What tshark reads in messages, from a pcap file written here."""

import struct
import subprocess
import tempfile

import dns.rdatatype

SEPARATOR = "\x1f"
LISTS = {"A": "dns.a", "AAAA": "dns.aaaa", "CNAME": "dns.cname", "NS": "dns.ns",
         "PTR": "dns.ptr.domain_name"}
FIELDS = ["dns.id", "dns.flags.response", "dns.flags.opcode", "dns.flags.authoritative",
          "dns.flags.truncated", "dns.flags.recdesired", "dns.flags.recavail",
          "dns.flags.z", "dns.flags.authenticated", "dns.flags.checkdisable",
          "dns.qry.name", "dns.qry.type", "dns.qry.class", "dns.resp.name",
          "dns.resp.type", "dns.resp.ttl", *LISTS.values(), "dns.srv.port",
          "dns.mx.preference", "dns.soa.serial_number", "_ws.malformed"]

# Here tshark shows the types of the bitmap as if they were records' types.
BITMAPS = {"NSEC", "NSEC3", "CSYNC"}
BITMAP_FIELDS = {"dns.resp.type", "dns.resp.name"}


def write_pcap(path, wires):
    """Raw IPv4 (link type 101), UDP from port 53 to port 53."""
    with open(path, "wb") as pcap:
        pcap.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number, wire in enumerate(wires):
            udp = struct.pack("!HHHH", 53, 53, 8 + len(wire), 0) + wire
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF,
                               0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
            size = len(head) + len(udp)
            pcap.write(struct.pack("<IIII", number, 0, size, size) + head + udp)


def read(wires):
    """One dictionary of lists per message."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as pcap:
        write_pcap(pcap.name, wires)
        command = ["tshark", "-n", "-r", pcap.name, "-T", "fields", "-E",
                   f"aggregator={SEPARATOR}", "-E", "occurrence=a"]
        for field in FIELDS:
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.rstrip("\n").split("\n")
    return [{field: value.split(SEPARATOR) if value else []
             for field, value in zip(FIELDS, line.split("\t"), strict=False)} for line in lines]


def ours(dump):
    """Our line in tshark's fields; the names in lower case, as ours are."""
    flags = dump["flags"]
    records = dump["answers"] + dump["authority"] + dump["additional"]
    number = dns.rdatatype.from_text

    def data(kind):
        return [r["data"] for r in records if r["type"] == kind]

    def word(kind, index):
        return [text.split()[index] for text in data(kind)]

    fields = {
        "dns.id": [f"0x{dump['id']:04x}"],
        "dns.flags.response": ["1" if dump["response"] else "0"],
        "dns.flags.recdesired": ["1" if "rd" in flags else "0"],
        "dns.qry.name": [dump["qname"]],
        "dns.qry.type": [str(int(number(dump["qtype"])))],
        # tshark keeps the owner of an SRV record in fields of its own.
        "dns.resp.name": [r["name"] for r in records if r["type"] != "SRV"],
        "dns.resp.type": [str(int(number(r["type"]))) for r in records],
        "dns.resp.ttl": [str(r["ttl"]) for r in records],
        "dns.srv.port": word("SRV", 2),
        "dns.mx.preference": word("MX", 0),
        "dns.soa.serial_number": word("SOA", 2),
    }
    if dump["response"]:
        for key, flag in (("authoritative", "aa"), ("recavail", "ra"),
                          ("authenticated", "ad")):
            fields[f"dns.flags.{key}"] = ["1" if flag in flags else "0"]
    fields["dns.flags.truncated"] = ["1" if dump["truncated"] else "0"]
    fields["dns.flags.checkdisable"] = ["1" if "cd" in flags else "0"]
    for kind, field in LISTS.items():
        fields[field] = data(kind)
    return fields


def theirs(fields):
    """tshark's fields without the OPT record and in lower case."""
    shown = dict(fields)
    types = shown["dns.resp.type"]
    named = [kind for kind in types if kind != "33"]
    owners = zip(shown["dns.resp.name"], named, strict=False)
    shown["dns.resp.name"] = [name for name, kind in owners if kind != "41"]
    shown["dns.resp.type"] = [kind for kind in types if kind != "41"]
    lower = ["dns.qry.name", "dns.resp.name", *LISTS.values()]
    for field in lower:
        shown[field] = ["." if v == "<Root>" else v.lower() for v in shown[field]]
    return shown
