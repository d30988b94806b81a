#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A changed policy comes into force while the sensor runs, whoever writes it and however."""
import json
import os
import signal
import subprocess
import sys
import threading
import unittest

from harness import runner, sensor
from harness.netlab import NetLab
from harness.process import wait_until

BURST = 20_000
STRANGER = "192.0.2.66"  # an address without a name
CONNECT = ("import socket, sys\n"
           "for port in range(1, int(sys.argv[2]) + 1):\n"
           " s = socket.socket()\n"
           " s.connect_ex((sys.argv[1], port))\n"
           " s.close()\n")
RULES = """apiVersion: egress.rules/v1
rules:
  - id: {}
    title: A connect to a stranger
    event: connect
    match: {{dst.ip: 192.0.2.66}}
    dedup: {{key: [dst.port], window: 15m}}
"""
BROKEN = RULES.replace("event: connect", "event: conect")


def write(path, text):
    """As editors do: a new file is renamed to the old one's name."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.rename(path)


def swap_link(link, target):
    """As kubelet and git-sync do."""
    new = link.with_name(link.name + "_tmp")
    new.symlink_to(target)
    new.rename(link)


class Reload(unittest.TestCase):
    def setUp(self):
        self.lab = NetLab().__enter__()
        self.addCleanup(self.lab.close)
        self.lab.host(1, also=[66])
        self.client = self.lab.host(2)
        self.box = self.lab.cgroups.container()
        self.folder = self.lab.folder / "policy"
        self.folder.mkdir()

    def start(self, path=None, flags=()):
        self.watch = self.enterContext(sensor.Sensor(
            self.lab, policy=path or self.folder, resolvers=["192.0.2.1:53"], flags=flags))
        # The thread that watches reads once itself.
        self.wait_for_reload("unchanged")

    def reloads(self, outcome):
        return self.watch.ledger()["rules_reload"][outcome]

    def wait_for_reload(self, outcome, before=0):
        wait_until(lambda: self.reloads(outcome) > before,
                   lambda: f"no reload is {outcome}: {self.watch.errors()}", 20)

    def change(self, outcome, how):
        before = self.reloads(outcome)
        how()
        self.wait_for_reload(outcome, before)

    def offend(self, count=1):
        self.lab.run(self.client, self.box, [sys.executable, "-S", "-c", CONNECT,
                                             STRANGER, str(count)])
        self.watch.barrier(self.client, self.box)

    def caught_by(self):
        """The rules of the alerts so far."""
        return [rule for alert in self.watch.alerts(self.box)
                for rule in ("rule-one", "rule-two", "rule-three") if rule in json.dumps(alert)]

    def metric(self, name):
        lines = self.watch.get("/metrics").splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))

    def test_good_broken_good(self):
        file = self.folder / "rules.yaml"
        write(file, RULES.format("rule-one"))
        self.start()
        self.offend()
        self.change("applied", lambda: write(file, RULES.format("rule-two")))
        self.offend()
        self.assertEqual(self.caught_by(), ["rule-one", "rule-two"])

        self.change("invalid", lambda: write(file, BROKEN.format("rule-three")))
        self.assertRegex(self.watch.get("/readyz"), r"^ok\npolicy: .*/rules\.yaml:5:\d+: ")
        self.assertRegex(self.watch.errors(), r"error nameward: policy: .*/rules\.yaml:5:\d+: ")
        self.assertEqual(self.metric("nameward_rules_refused"), 1)
        self.offend(2)  # the second port is a new window
        self.assertEqual(self.caught_by(), ["rule-one", "rule-two", "rule-two"])

        self.change("applied", lambda: write(file, RULES.format("rule-three")))
        self.assertEqual(self.watch.get("/readyz"), "ok\n")
        self.assertEqual(self.metric("nameward_rules_refused"), 0)
        self.offend()
        self.assertEqual(self.caught_by()[-1], "rule-three")
        self.assertEqual(self.watch.stop(), 0, self.watch.errors())
        self.assertIn("; closes", self.watch.errors())

    def test_a_window_survives(self):
        file = self.folder / "rules.yaml"
        write(file, RULES.format("rule-one"))
        self.start()
        self.offend()
        self.change("applied", lambda: write(file, RULES.format("rule-one") + "# more\n"))
        self.offend()
        self.assertEqual(self.caught_by(), ["rule-one"])

    def test_a_config_map(self):
        for version, rule in (("..v1", "rule-one"), ("..v2", "rule-two")):
            (self.folder / version).mkdir()
            (self.folder / version / "rules.yaml").write_text(RULES.format(rule))
        swap_link(self.folder / "..data", "..v1")
        (self.folder / "rules.yaml").symlink_to("..data/rules.yaml")
        self.start()
        self.change("applied", lambda: swap_link(self.folder / "..data", "..v2"))
        self.offend()
        self.assertEqual(self.caught_by(), ["rule-two"])

    def test_git_sync(self):
        for commit, rule in (("4f2a", "rule-one"), ("9c1d", "rule-two")):
            (self.folder / "trees" / commit / "rules").mkdir(parents=True)
            (self.folder / "trees" / commit / "rules" / "a.yaml").write_text(RULES.format(rule))
        link = self.folder / "current"
        swap_link(link, "trees/4f2a")
        self.start(link / "rules")
        self.change("applied", lambda: swap_link(link, "trees/9c1d"))
        self.offend()
        self.assertEqual(self.caught_by(), ["rule-two"])

    def test_files_that_vanish_and_come_back(self):
        file = self.folder / "rules.yaml"
        write(file, RULES.format("rule-one"))
        self.start()
        self.change("unreadable", file.unlink)
        self.assertIn("holds no *.yaml file", self.watch.get("/readyz"))
        self.offend()
        self.assertEqual(self.caught_by(), ["rule-one"])
        self.change("applied", lambda: write(file, RULES.format("rule-two")))

    def test_a_signal(self):
        write(self.folder / "rules.yaml", RULES.format("rule-one"))
        self.start()
        self.change("unchanged", lambda: self.watch.process.send_signal(signal.SIGHUP))

    def test_a_burst_meanwhile_loses_nothing(self):
        file = self.folder / "rules.yaml"
        write(file, RULES.format("rule-one"))
        recording = self.lab.folder / "run.nwrec"
        self.start(flags=["--record", recording, "--set", "limits.ring_bytes=16777216"])
        burst = threading.Thread(target=self.offend, args=(BURST,))
        burst.start()
        swaps = 0
        while burst.is_alive():
            swaps += 1
            rule = ("rule-one", "rule-two")[swaps % 2]
            self.change("applied", lambda rule=rule: write(file, RULES.format(rule)))
        burst.join()
        self.watch.barrier(self.client, self.box)
        ports = [int(e["connect"]["dst"].rsplit(":", 1)[1])
                 for e in self.watch.events("connect", self.box)
                 if e["connect"]["dst"].startswith(STRANGER)]
        self.assertEqual(ports, list(range(1, BURST + 1)))
        self.assertEqual(self.watch.stop(), 0, self.watch.errors())
        self.assertIn("; closes", self.watch.errors())
        run = subprocess.run([sensor.BINARY, "replay", recording, "--policy", self.folder],
                             capture_output=True, text=True, env={**os.environ, "TZ": "UTC"})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(f"its policy changed {swaps} times", run.stderr)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
