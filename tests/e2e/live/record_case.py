#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a golden case for tests/replay of real kernel records.

    python3 tests/e2e/live/record_case.py FILE      (the release build)

Only what the lab's own cgroups did is kept, and the machine's name, boot id and
addresses are replaced.  Run it only to add a case; then run_case.py --update.
"""
import pathlib
import struct
import sys

import traffic
from harness import sensor
from harness.netlab import NetLab

sys.path.insert(0, str(sensor.ROOT / "tests/replay"))
import nwrec  # noqa: E402  found by the line above

POLICY = sensor.ROOT / "tests/replay/policy.yaml"
CONTEXT = {b"node": b"lab", b"boot": b"5b1c0000-0000-4000-8000-00000000000b"}


def lab_context(text):
    """The node's names and addresses are not the lab's."""
    words = [line.split(b" ", 1) for line in text.splitlines()]
    return b"".join(b"%s %s\n" % (key, CONTEXT.get(key, value))
                    for key, value in words if key != b"address")


class Lab:
    """Which records are the lab's: those of its cgroups, and what they name."""

    def __init__(self, top, records):
        self.top, self.cgroups, self.executables = top.encode(), set(), set()
        for kind, payload in records:
            if kind != nwrec.KERNEL:
                continue
            if self._is(nwrec.CGROUP, payload) and self._path(payload).startswith(self.top):
                self.cgroups.add(struct.unpack_from("<Q", payload, nwrec.HEADER)[0])
        for kind, payload in records:
            if kind == nwrec.KERNEL and self._owns(payload):
                self.executables.add(struct.unpack_from("<Q", payload, 64)[0])

    def keeps(self, kind, payload):
        if kind == nwrec.LOSS:
            return struct.unpack_from("<Q", payload, 24)[0] in self.cgroups
        if kind != nwrec.KERNEL:
            return True
        if self._is(nwrec.CGROUP, payload):
            return self._path(payload).startswith(self.top)
        if self._is(nwrec.EXE, payload):
            return struct.unpack_from("<Q", payload, nwrec.HEADER)[0] in self.executables
        return self._owns(payload)

    @staticmethod
    def _is(what, payload):
        return struct.unpack_from("<H", payload)[0] == what

    @staticmethod
    def _path(payload):
        [size] = struct.unpack_from("<I", payload, nwrec.HEADER + 20)
        return payload[nwrec.HEADER + 24 : nwrec.HEADER + 24 + size]

    def _owns(self, payload):
        return bool(set(struct.unpack_from("<QQ", payload, 32)) & self.cgroups)


def main():
    with NetLab() as lab:
        server, whole = traffic.serve(lab), lab.folder / "run.nwrec"
        with sensor.Sensor(lab, POLICY, [f"{server.v4}:53"], flags=[
                *traffic.QUOTA, "--flows", "--record", whole]) as watch:
            traffic.play(lab, watch, server)
            if watch.stop() != 0:
                sys.exit(watch.errors())
        records = list(nwrec.records(whole.read_bytes()))
        ours = Lab("/" + lab.cgroups.top.name, records)
    case = nwrec.Recording(salt=0x1716151413121110)
    for kind, payload in records:
        if ours.keeps(kind, payload):
            case.add(kind, lab_context(payload) if kind == nwrec.CONTEXT else payload)
    pathlib.Path(sys.argv[1]).write_bytes(case.data)


if __name__ == "__main__":
    main()
