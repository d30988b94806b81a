#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden replays: the same bytes, each time, everywhere.

    run_case.py NAMEWARD INPUT [--update]

Replays INPUT under tests/replay with the policy there, twice for its alerts and
twice for its events, in other time zones, locales and hash seeds; with INPUT.pods.json
as the node's pods where there is one. Every run must
give the bytes of the expected file beside the input, which --update writes anew
(read its diff before you commit it).
"""

import difflib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
WORLDS = (
    {"TZ": "UTC", "LC_ALL": "C", "NAMEWARD_HASH_SEED": "1"},
    {"TZ": "Pacific/Apia", "LC_ALL": "tr_TR.UTF-8", "NAMEWARD_HASH_SEED": "2"},
)
OUTPUTS = {
    "alerts": ("--policy", "policy.yaml", "--alert-format", "ocsf"),
    "events": ("--events", "--flows"),
}


def replay(binary, source, flags, world):
    pods = f"{source}.pods.json"
    if (HERE / pods).exists():
        flags = (*flags, "--pods", pods)
    command = [binary, "replay", *flags, "--format", "json", source]
    done = subprocess.run(command, cwd=HERE, env={**os.environ, **world}, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{source}: exit status {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def check(source, kind, got):
    expected = HERE / f"{source}.{kind}.jsonl"
    want = expected.read_bytes()
    if got == want and got:
        return True
    texts = (text.decode().splitlines() for text in (want, got))
    lines = difflib.unified_diff(*texts, expected.name, "now", lineterm="", n=0)
    print("\n".join(lines) or f"{expected.name}: is empty")
    return False


def main():
    binary, source = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    right = True
    for kind, flags in OUTPUTS.items():
        if "--update" in sys.argv:
            output = replay(binary, source, flags, WORLDS[0])
            (HERE / f"{source}.{kind}.jsonl").write_bytes(output)
        for world in WORLDS:
            right &= check(source, kind, replay(binary, source, flags, world))
    if not right:
        sys.exit(f"{source}: differs; if it should, run this with --update and review the diff")


if __name__ == "__main__":
    main()
