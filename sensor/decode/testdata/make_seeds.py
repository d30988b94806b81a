# SPDX-License-Identifier: Apache-2.0
"""Writes the fuzzers' first inputs beside this file, always the same bytes.

Run it with the Python that has dnspython (tests/oracle/run.sh makes one).
"""

import pathlib
import random
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "tests" / "oracle"))

import messages  # noqa: E402


def write(target, name, content):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)


def header(kind, flags, size):
    """struct nw_header of bpf/event.h."""
    identity = struct.pack("<QQQQQQIIIIII16s", 7, 7, 1, 5, 9, 0, 1, 2, 42, 42, 0, 0, b"curl")
    return struct.pack("<HHIQQII", kind, flags, size, 1000, 77, 0, 0) + identity


def endpoint(last, port):
    return b"\0" * 10 + b"\xff\xff" + bytes([10, 0, 0, last]) + struct.pack("<HHI", port, 0, 0)


def payload(kind, flags, wire, **numbers):
    ends = endpoint(2, 40000) + endpoint(1, numbers.get("port", 53)) + b"\0" * 24
    tail = struct.pack("<QIIII", numbers.get("id", 0), numbers.get("seq", 0),
                       numbers.get("total", len(wire)), numbers.get("offset", 0), len(wire))
    return header(kind, flags, 120 + len(ends) + len(tail) + len(wire)) + ends + tail + wire


def framed(record):
    return struct.pack(">H", len(record)) + record


def main():
    random.seed(7)  # dnspython shuffles record sets with it
    wires = {}
    for label, wire in messages.Writer(random.Random(7)).messages():
        wires.setdefault(label, wire)
    for label, wire in wires.items():
        write("dns_message", label.lower(), b"\0" + wire)
    query, answer = wires["query"], wires["chain"]
    stream = b"".join(struct.pack(">H", len(wire)) + wire for wire in (query, answer))
    write("tcp_stream", "two_messages", b"\x04" + bytes(range(0, 160, 20)) + stream)
    connect = endpoint(2, 40000) + endpoint(1, 853) + b"\0" * 24 + struct.pack("<II", 6, 1)
    records = [payload(4, 0, query), payload(4, 1, answer), payload(4, 0, query, port=5300),
               payload(4, 1, answer[:20], id=1, total=len(answer)),
               payload(4, 1, answer[20:], id=1, total=len(answer), offset=20),
               payload(5, 1 << 9, b"", seq=9), payload(5, 0, stream, seq=10),
               header(1, 0, 120 + len(connect)) + connect]
    write("record", "each_kind", b"".join(map(framed, records)))


if __name__ == "__main__":
    main()
