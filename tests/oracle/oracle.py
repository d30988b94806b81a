# SPDX-License-Identifier: Apache-2.0
"""oracle.py DNS_DUMP [seed]: our decoder against dnspython and tshark.

Fails on any difference in any field; prints what was compared.  Exceptions, and
why they are made: exceptions.md.
"""

import collections
import json
import random
import struct
import subprocess
import sys

import dns.exception

import expected
import messages
import wireshark
from real import real_messages

MUTATIONS = 20


def dump(program, wires):
    stream = b"".join(struct.pack("!I", len(wire)) + wire for wire in wires)
    done = subprocess.run([program], input=stream, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def report(label, wire, field, ours, theirs):
    print(f"DIFFERENT {label} {field}\n  ours   {ours}\n  theirs {theirs}\n  {wire.hex()}")


def against_dnspython(cases, lines):
    different = 0
    for (label, wire), line in zip(cases, lines, strict=False):
        if "malformed" in line:
            report(label, wire, "malformed", line["malformed"], "well formed")
            different += 1
            continue
        for field, value in expected.expected(wire).items():
            if line[field] != value:
                report(label, wire, field, line[field], value)
                different += 1
    return different


def is_plain(line):
    """No escapes in any name: tshark shows odd bytes in its own way."""
    names = [line["qname"], *(r["name"] for s in ("answers", "authority", "additional")
                              for r in line[s])]
    return not any("\\" in name for name in names)


def against_tshark(cases, lines):
    plain = [(case, line) for case, line in zip(cases, lines, strict=False) if is_plain(line)]
    seen = wireshark.read([wire for (_, wire), _ in plain])
    assert len(seen) == len(plain), f"tshark read {len(seen)} of {len(plain)}"
    different = 0
    for ((label, wire), line), fields in zip(plain, seen, strict=False):
        shown = wireshark.theirs(fields)
        for field, value in wireshark.ours(line).items():
            if label in wireshark.BITMAPS and field in wireshark.BITMAP_FIELDS:
                continue
            if shown[field] != value:
                report(label, wire, f"tshark {field}", value, shown[field])
                different += 1
    return len(plain), different


def mutate(rand, wire):
    broken = bytearray(wire)
    for _ in range(rand.randint(1, 3)):
        broken[rand.randrange(len(broken))] = rand.randrange(256)
    return bytes(broken[:rand.randint(1, len(broken))] if rand.random() < 0.2 else broken)


def accepted_by_dnspython(wire):
    try:
        message = expected.parsed(wire)
    except (dns.exception.DNSException, IndexError, ValueError, struct.error):
        return None
    return expected.header(message) if message.question else {}


def on_mutations(rand, program, cases):
    """Who accepts what: a report.  What both accept must look the same."""
    broken = [(label, mutate(rand, wire)) for label, wire in cases for _ in range(MUTATIONS)]
    lines = dump(program, [wire for _, wire in broken])
    table, stricter, different = collections.Counter(), collections.Counter(), 0
    for (label, wire), line in zip(broken, lines, strict=False):
        theirs = accepted_by_dnspython(wire)
        ours = "malformed" not in line
        table[(ours, theirs is not None)] += 1
        if theirs is not None and not ours:
            stricter[line["malformed"]] += 1
        if not ours or theirs is None:
            continue
        for field, value in theirs.items():
            newer = str(value).startswith(("TYPE", "OPCODE"))  # than this dnspython
            if line[field] != value and not newer:
                report(label, wire, field, line[field], value)
                different += 1
    print(f"mutated: {len(broken)}; both accept {table[(True, True)]}, both reject "
          f"{table[(False, False)]}, only we accept {table[(True, False)]}, only dnspython "
          f"accepts {table[(False, True)]} {dict(stricter)}")
    return different


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rand = random.Random(seed)
    random.seed(seed)  # dnspython shuffles record sets with it
    cases = list(messages.Writer(rand).messages()) + list(real_messages())
    lines = dump(program, [wire for _, wire in cases])
    assert len(lines) == len(cases)
    different = against_dnspython(cases, lines)
    kinds = collections.Counter(label for label, _ in cases)
    print(f"dnspython: {len(cases)} messages (seed {seed}) of {len(kinds)} kinds, at least "
          f"{min(kinds.values())} each, in 14 fields; {different} differences")
    count, more = against_tshark(cases, lines)
    print(f"tshark: {count} messages in {len(wireshark.FIELDS)} fields; {more} differences")
    different += more + on_mutations(rand, program, cases)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
