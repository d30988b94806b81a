#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One real Kubernetes node on this machine, in namespaces of its own.

    cluster.py build                 only the program (minutes, once per machine)
    cluster.py up | down | status    [NAME]
    cluster.py kubectl ARGUMENTS
    cluster.py shell [COMMAND]       a shell, or a command, on the node
    cluster.py load ARCHIVE...       images for its pods

NAME, or $NW_CLUSTER, or dev.  Exit status 77: this machine can't, and why.
"""
import os
import sys
import time

from harness import cluster, components, node, program
from harness.place import Place
from harness.runner import SKIPPED


def refuse():
    reason = cluster.missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)


def up(place):
    refuse()
    start = time.monotonic()
    cluster.up(place)
    print(f"{place.name}: ready after {time.monotonic() - start:.0f} s")


def down(place):
    start = time.monotonic()
    cluster.down(place)
    print(f"{place.name}: gone after {time.monotonic() - start:.1f} s")


def status(place):
    if place.holder() is None:
        print(f"{place.name}: not up")
        sys.exit(1)
    print(f"{place.name}: {'ready' if place.ready else 'not ready'}, logs in {place.file('log')}")
    for name in components.commands(place):
        print(f"  {name:<12} {place.pid(name) or 'ended'}")


def kubectl(place, arguments):
    cluster.join(place)
    command = [*cluster.kubectl(place), *arguments]
    os.execv(command[0], list(map(str, command)))


def shell(place, arguments):
    cluster.join(place)
    command = arguments or [os.environ.get("SHELL", "/bin/sh")]
    os.execvp(command[0], command)


def load(place, arguments):
    cluster.join(place)
    cluster.Cluster(place).load(*arguments)


def main():
    verb, *arguments = sys.argv[1:] or ["help"]
    if verb in ("up", "down", "status", "node") and len(arguments) <= 1:
        {"up": up, "down": down, "status": status, "node": node.run}[verb](Place(*arguments))
    elif verb in ("kubectl", "shell", "load"):
        {"kubectl": kubectl, "shell": shell, "load": load}[verb](Place(), arguments)
    elif verb == "build" and not arguments:
        refuse()
        program.build()
    else:
        print(__doc__)
        sys.exit(2)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, AssertionError) as error:
        sys.exit(f"cluster: {error}")
