#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`./dev run --demo`: three detections fire, and a proper connect does not.

Everything happens in network namespaces, cgroups and a policy of the demo's own.
Exit status 0 if the alerts were just those that the demo announced.
"""
import os
import sys
import time

from harness import dns_servers, runner, sensor
from harness.netlab import NetLab

POLICY = sensor.ROOT / "rules/demo"
# The stranger has no name.
RESOLVER, SITE, STRANGER = 1, 10, 66
CONNECT = "import socket; socket.create_connection(({!r}, {}), 5).recv(0)"


def steps():
    """(what, the command, the rule that fires or None)"""
    python = [sys.executable, "-S", "-c"]
    return [
        ("looks up api.demo.test and connects to it: as it should be",
         [*python, CONNECT.format("api.demo.test", 8080)], None),
        ("asks for a domain that its policy does not allow",
         ["dig", "+short", "+tries=1", "paste.example.net", "A"], "demo-unexpected-domain"),
        ("speaks DNS on port 5300",
         ["dig", "+short", "+tries=1", "-p", "5300", f"@192.0.2.{RESOLVER}",
          "api.demo.test", "A"], "demo-dns-not-on-53"),
        ("connects to an address that no DNS answer gave",
         [*python, CONNECT.format(f"192.0.2.{STRANGER}", 8080)],
         "demo-connect-without-dns"),
    ]


def serve(lab):
    host = lab.host(RESOLVER, also=[SITE, STRANGER])
    names = [f"--host-record=api.demo.test,192.0.2.{SITE}",
             "--host-record=paste.example.net,203.0.113.5"]
    for port in (53, 5300):
        dns_servers.dnsmasq(lab, host, port=port, extra=names)
    dns_servers.web(lab, host, 8080)
    return host


def show(lab, server, watch):
    """Runs the steps; the rules that fired unasked, or did not fire."""
    client, wrong = lab.host(2), []
    for what, command, rule in steps():
        app, before = lab.cgroups.plain("app"), len(watch.texts)
        print(f"\n- a program in {app.path}\n  {what}", flush=True)
        lab.run(client, app, command, resolver=server.v4)
        watch.barrier(client, app)
        fired = watch.texts[before:]  # the policy's scope is the demo's cgroups
        for line in fired:
            print(f"  ALERT {line}", flush=True)
        if rule is None:
            print("  no alert" if not fired else "  an alert nobody expected")
        names_it = [line for line in fired if rule and rule in line]
        if bool(fired) != bool(rule) or (rule and not names_it):
            wrong.append(rule or what)
    return wrong


def main():
    for reason in filter(None, (runner.missing(), sensor.missing())):
        print(f"the demo cannot run here: {reason}", file=sys.stderr)
        return 3
    started = time.monotonic()
    with NetLab(cgroup_prefix="nameward-demo") as lab:
        server = serve(lab)
        with sensor.Sensor(lab, POLICY, [f"{server.v4}:53"], "human") as watch:
            wrong = show(lab, server, watch)
            status = watch.stop()
        print("\n" + watch.errors().strip())
    print(f"\n{time.monotonic() - started:.0f} seconds; everything was removed")
    for rule in wrong:
        print(f"NOT AS ANNOUNCED: {rule}", file=sys.stderr)
    return 1 if wrong or status else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
