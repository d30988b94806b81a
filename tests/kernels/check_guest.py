#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_guest.py LOG: judges what guest.sh printed under another kernel.

Each look-up and each connect has to be there exactly once, of the right cgroup,
process and mount namespace, in the right state; the tiers have to be those that
docs/kernels.md states for the series.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOAL = {"A": "192.0.2.11:8080", "AAAA": "[2001:db8::11]:8080"}
SERVER = {"A": "192.0.2.1:53", "AAAA": "[2001:db8::1]:53"}
# step: transport, type
LOOKUPS = {"udp4": ("udp", "A"), "tcp4": ("tcp", "A"),
           "udp6": ("udp", "AAAA"), "tcp6": ("tcp", "AAAA")}
STRANGERS = {"none4": "192.0.2.13:8080", "none6": "[2001:db8::13]:8080"}


class Guest:
    """The log, taken apart: sections, and cgroup, pid and mntns of each step."""

    def __init__(self, text):
        self.failures = re.findall(r"^(?:FAILED|@@failed).*", text, re.M)
        self.sections = dict(re.findall(r"^@@begin (\w+)\n(.*?)^@@end \1$", text, re.M | re.S))
        self.status = re.findall(r"^@@exit (\d+)", text, re.M)
        self.steps = {step: {"cgroup": cgroup, **json.loads(who)} for step, cgroup, who in
                      re.findall(r"^@@step (\w+) (\d+)\n(\{.*\})$", text, re.M)}
        self.facts = {fact["name"]: fact for fact in self._json("doctor")}
        lines = self._json("events")
        self.events = [line for line in lines if "kind" in line]
        self.alerts = [line for line in lines if "class_uid" in line]

    def _json(self, section):
        lines = self.sections.get(section, "").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def of(self, step, kind):
        cgroup = self.steps.get(step, {}).get("cgroup")
        return [e for e in self.events if e["kind"] == kind and e["cgroup"]["id"] == cgroup]

    @property
    def locked(self):
        return self.facts.get("lockdown", {}).get("text") == "confidentiality"

    @property
    def plain(self):
        return self.facts.get("on_connect4", {}).get("text") == "plain"


class Check:
    def __init__(self, guest):
        self.guest, self.wrong = guest, list(guest.failures)

    def equal(self, what, found, wanted):
        if found != wanted:
            self.wrong.append(f"{what}: {found}, not {wanted}")

    def identity(self, step):
        """Where names lie behind plain pointers, a locked down kernel has none; and
        the plain tier reads no task.  The cgroup's path is looked up there, which a
        client of a few milliseconds may outrun."""
        who = self.guest.steps.get(step, {})
        exe = None if self.guest.locked else "/t/client"
        paths = ["/test/" + step] + [None] * self.guest.locked
        for kind in ("dns", "connect", "flow"):
            for e in self.guest.of(step, kind):
                process = e["process"] or {}
                self.equal(f"{step}: who did {kind} {e['seq']}",
                           (process.get("pid"), process.get("name"), process.get("exe"),
                            e["mntns"]),
                           (who.get("pid"), "client", exe,
                            0 if self.guest.plain else who.get("mntns")))
                self.equal(f"{step}: path", e["cgroup"]["path"] in paths, True)

    def dns(self, step, transport, qtype):
        found = [(d["transport"], d["qname"], d["qtype"], d["response"], d["matched"])
                 for d in (e["dns"] for e in self.guest.of(step, "dns"))]
        self.equal(f"{step}: messages", found,
                   [(transport, "web.test", qtype, False, False),
                    (transport, "web.test", qtype, True, True)])

    def connects(self, step, *wanted):
        found = [(c["proto"], c["dst"], c["dns"]["state"], c["dns"]["names"], c["count"])
                 for c in (e["connect"] for e in self.guest.of(step, "connect"))]
        self.equal(f"{step}: connects", found, [(*one, 1) for one in wanted])

    def flows(self, step, goal):
        flows = [e["flow"] for e in self.guest.of(step, "flow") if e["flow"]["dst"] == goal]
        self.equal(f"{step}: ends", [flow["what"] for flow in flows], ["connect", "close"])
        self.equal(f"{step}: its port", len({flow["src"] for flow in flows}), 1)

    def traffic(self):
        for step, (transport, qtype) in LOOKUPS.items():
            self.identity(step)
            self.dns(step, transport, qtype)
            self.connects(step, (transport, SERVER[qtype], "internal", []),
                          ("tcp", GOAL[qtype], "bound", ["web.test"]))
            self.flows(step, GOAL[qtype])
        for step, goal in STRANGERS.items():
            self.identity(step)
            self.connects(step, ("tcp", goal, "none", []))
            self.flows(step, goal)
        self.equal("cgroups with messages",
                   {e["cgroup"]["id"] for e in self.guest.events if e["kind"] == "dns"},
                   {self.guest.steps.get(step, {}).get("cgroup") for step in LOOKUPS})
        self.equal("alerts", len(self.guest.alerts), len(STRANGERS))

    def tiers(self):
        release = self.guest.facts.get("kernel", {"text": "?"})["text"]
        found = {name: fact["text"] for name, fact in self.guest.facts.items()
                 if name.startswith(("on_", "iter_"))}
        self.equal(f"tiers under {release}, by docs/kernels.md", found,
                   stated_tiers(release, self.guest.plain))

    def ledger(self):
        self.equal("exit status of the sensor", self.guest.status, ["0"])
        text = self.guest.sections.get("sensor", "")
        counts = re.search(r"offered (\d+) \+ made (\d+) = dropped (\d+) \+ in flight (\d+) "
                           r"\+ consumed (\d+);.*; closes$", text, re.M)
        offered, made, dropped, waiting, consumed = map(int, counts.groups() if counts else [-1] * 5)
        self.equal("the ledger", (dropped, waiting, consumed), (0, 0, offered + made))


def stated_tiers(release, plain):
    """The column of the series, or the last one for a newer kernel; of those of one
    series the second is for a kernel that leaves only the plain tier."""
    lines = (ROOT / "docs/kernels.md").read_text().splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")]
            for line in lines if re.match(r"\| (program|`(on|iter)_\w+`) \|", line)]
    columns = [i for i, head in enumerate(rows[0])
               if i and re.search(rf" {re.escape(head.split()[0])}\.", release)
               and plain == head.endswith("locked")]
    column = columns[0] if columns else -1
    return {row[0]: row[column] for row in rows[1:]}


def main():
    guest = Guest(pathlib.Path(sys.argv[1]).read_text(errors="replace").replace("\r", ""))
    check = Check(guest)
    check.traffic()
    check.tiers()
    check.ledger()
    for line in check.wrong:
        print(f"FAILED  {line}")
    if check.wrong:
        print("\n".join(f"@@ {name}\n{text}" for name, text in guest.sections.items()
                        if name in ("doctor", "sensor")))
        return 1
    ready = [guest.sections[name].split()[0] for name in ("start", "ready")]
    print(f"ok      {len(guest.events)} events; the sensor began {ready[0]} s after boot and was "
          f"ready at {ready[1]} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
