#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`./dev run --demo [ROUNDS]`: three detections fire, a proper connect does not.

The sensor runs in the foreground and its alerts are shown as they come, while
the traffic that causes them is made, in network namespaces, cgroups and a policy
of the demo's own.  It ends after its rounds, or on Ctrl-C.  Exit status 0 if the
alerts were those that the demo announced.
"""
import argparse
import sys
import time

from harness import dns_servers, runner, sensor
from harness.netlab import NetLab

POLICY = sensor.ROOT / "rules/demo"
# The stranger has no name.
RESOLVER, SITE, STRANGER = 1, 10, 66
CONNECT = "import socket; socket.create_connection(({!r}, {}), 5).recv(0)"


RULES = {"demo-unexpected-domain", "demo-dns-not-on-53", "demo-connect-without-dns"}
# To an address that no answer gave, as the third detection says of it too.
DNS_ELSEWHERE = {"demo-dns-not-on-53", "demo-connect-without-dns"}


def steps():
    """(what, the command, the rules that fire)"""
    python = [sys.executable, "-S", "-c"]
    return [
        ("looks up api.demo.test and connects to it: as it should be",
         [*python, CONNECT.format("api.demo.test", 8080)], set()),
        ("asks for a domain that its policy does not allow",
         ["dig", "+short", "+tries=1", "paste.example.net", "A"],
         {"demo-unexpected-domain"}),
        ("speaks DNS on port 5300, with a server that nobody named",
         ["dig", "+short", "+tries=1", "-p", "5300", f"@192.0.2.{RESOLVER}",
          "api.demo.test", "A"], DNS_ELSEWHERE),
        ("connects to an address that no DNS answer gave",
         [*python, CONNECT.format(f"192.0.2.{STRANGER}", 8080)],
         {"demo-connect-without-dns"}),
    ]


def serve(lab):
    host = lab.host(RESOLVER, also=[SITE, STRANGER])
    names = [f"--host-record=api.demo.test,192.0.2.{SITE}",
             "--host-record=paste.example.net,203.0.113.5"]
    for port in (53, 5300):
        dns_servers.dnsmasq(lab, host, port=port, extra=names)
    dns_servers.web(lab, host, 8080)
    return host


def show(lab, client, server, watch):
    """Runs the steps; what was not as announced."""
    wrong = []
    for what, command, rules in steps():
        app, before = lab.cgroups.plain("app"), len(watch.texts)
        print(f"\n- a program in {app.path}\n  {what}", flush=True)
        program = lab.run(client, app, command, resolver=server.v4)
        watch.barrier(client, app)
        fired = watch.texts[before:]  # the policy's scope is the demo's cgroups
        for line in fired:
            print(f"  ALERT {line}", flush=True)
        if not fired:
            print("  no alert", flush=True)
        named = {rule for rule in RULES if any(rule in line for line in fired)}
        told = all(f"{app.path} " in line and f"pid {program.pid}" in line for line in fired)
        if named != rules or not told:
            wrong.append(f"{what}: {sorted(named)}, not {sorted(rules)}")
    return wrong


def play(rounds):
    """All rounds under one sensor; what was not as announced."""
    with NetLab(cgroup_prefix="nameward-demo") as lab:
        server, client = serve(lab), lab.host(2)
        with sensor.Sensor(lab, POLICY, [f"{server.v4}:53"], "human") as watch:
            wrong = []
            try:
                for _ in range(rounds):
                    wrong += show(lab, client, server, watch)
            except KeyboardInterrupt:
                print("\nstopped", flush=True)
            if watch.stop() != 0:
                wrong.append("the sensor's end")
            print("\n" + watch.errors().strip())
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int, nargs="?", default=1)
    rounds = parser.parse_args().rounds
    for reason in filter(None, (runner.missing(), sensor.missing())):
        print(f"the demo cannot run here: {reason}", file=sys.stderr)
        return 3
    started = time.monotonic()
    wrong = play(rounds)
    print(f"\n{time.monotonic() - started:.0f} seconds; everything was removed")
    for what in wrong:
        print(f"NOT AS ANNOUNCED: {what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while the lab was built or removed
        sys.exit(130)
