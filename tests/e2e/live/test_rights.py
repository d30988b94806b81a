#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the running sensor holds, and what is left when a part of it dies.

That each forbidden thing fails inside it is tried in sensor/app/rights_test.cc.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

from harness import runner, sensor
from harness.netlab import NetLab
from harness.process import wait_until

sys.path.insert(0, str(sensor.ROOT / "tests/replay"))
import nwrec  # noqa: E402  found by the line above

# bpf, perfmon, net_admin, dac_read_search: linux/capability.h
KEEPER_CAPABILITIES = 1 << 39 | 1 << 38 | 1 << 12 | 1 << 2


def status_of(pid, task):
    with open(f"/proc/{pid}/task/{task}/status") as file:
        return dict(re.findall(r"^(\w+):\s+(.*)$", file.read(), re.MULTILINE))


def descriptors(pid):
    """What the open descriptors are, as the kernel names them."""
    folder = f"/proc/{pid}/fd"
    return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]


def held_by(pid):
    """(kind, id) of the links, programs and maps that the process keeps open."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        with open(f"/proc/{pid}/fdinfo/{fd}") as file:
            found |= {(kind, int(number)) for kind, number in
                      re.findall(r"^(link|prog|map)_id:\s+(\d+)$", file.read(), re.MULTILINE)}
    return found


def in_kernel():
    """(kind, id) of every link, program and map."""
    found = set()
    for kind in ("link", "prog", "map"):
        run = subprocess.run(["bpftool", "--json", kind, "list"], capture_output=True,
                             check=True)
        found |= {(kind, one["id"]) for one in json.loads(run.stdout or "[]")}
    return found


def keeper_of(watch):
    pid = watch.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        [keeper] = map(int, file.read().split())
    return keeper


def alive(pid):
    """Not counting a zombie, whose descriptors are closed."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Rights(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(NetLab())
        self.watch = self.enterContext(sensor.Sensor(self.lab))
        self.pid = self.watch.process.pid
        self.keeper = keeper_of(self.watch)
        self.held = held_by(self.keeper)
        self.assertEqual({kind for kind, _ in self.held}, {"link", "prog", "map"})
        self.assertLessEqual(self.held, in_kernel())

    def assert_nothing_is_left(self, held):
        wait_until(lambda: not held & in_kernel(),
                   lambda: f"left behind: {held & in_kernel()}")

    def test_every_thread_that_decodes_holds_none(self):
        tasks = os.listdir(f"/proc/{self.pid}/task")
        self.assertGreater(len(tasks), 2)  # reader, worker, metrics
        for task in tasks:
            status = status_of(self.pid, task)
            for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"):
                self.assertEqual(int(status[kind], 16), 0, kind)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))

    def test_the_decoding_process_holds_no_program_and_no_link(self):
        kinds = descriptors(self.pid)
        self.assertEqual([kind for kind in kinds if "bpf-prog" in kind or "bpf_link" in kind], [])
        self.assertEqual(kinds.count("anon_inode:bpf-map"), 1)  # the ring

    def test_the_keeper_holds_four_capabilities_and_no_file(self):
        status = status_of(self.keeper, self.keeper)
        self.assertEqual(int(status["CapEff"], 16), KEEPER_CAPABILITIES)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        files = {kind for kind in descriptors(self.keeper) if kind.startswith("/")}
        self.assertLessEqual({os.path.basename(file) for file in files - {"/dev/null"}},
                             {"unified", "cgroup", "pids", "/", ""})

    def test_a_killed_sensor_takes_everything_with_it(self):
        os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not alive(self.keeper), "the keeper is still there")
        self.assert_nothing_is_left(self.held)

    def test_a_killed_keeper_ends_the_sensor_which_can_start_again(self):
        os.kill(self.keeper, signal.SIGKILL)
        self.assertEqual(self.watch.process.wait(20), 3)
        self.assertIn("keeper: it ended", self.watch.errors())
        self.assert_nothing_is_left(self.held)
        with sensor.Sensor(self.lab) as again:
            self.assertEqual(again.stop(), 0, again.errors())

    def test_a_stopped_sensor_leaves_nothing_and_its_ledger_closes(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name), sensor.Sensor(self.lab) as watch:
                keeper = keeper_of(watch)
                held = held_by(keeper)
                watch.process.send_signal(number)
                self.assertEqual(watch.process.wait(20), 0, watch.errors())
                self.assertRegex(watch.errors(), r"ledger: offered \d+ .*; closes\n$")
                self.assertFalse(alive(keeper))
                self.assert_nothing_is_left(held)

    def test_its_health_is_answered_while_it_runs(self):
        self.assertEqual(self.watch.get("/healthz"), "ok\n")
        self.assertEqual(self.watch.get("/readyz"), "ok\n")
        self.assertIs(self.watch.ledger()["closes"], True)
        metrics = self.watch.get("/metrics")
        self.assertRegex(metrics, r'(?m)^nameward_records_offered_total{class="query"} \d+$')
        self.assertRegex(metrics, r'(?m)^nameward_program_tier{program=".*",tier=".*"} 1$')


class Start(unittest.TestCase):
    """What needs rights is done before they go."""

    def test_what_it_must_know_of_the_node_is_known(self):
        with NetLab() as lab:
            recording = lab.folder / "run.nwrec"
            with sensor.Sensor(lab, flags=["--record", recording]) as watch:
                self.assertEqual(watch.stop(), 0, watch.errors())
            [context] = [payload.decode() for kind, payload in
                         nwrec.records(recording.read_bytes()) if kind == nwrec.CONTEXT]
        lines = context.splitlines()
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        self.assertIn(f"boot {boot}", lines)
        self.assertIn(f"node {socket.gethostname()}", lines)
        self.assertIn("address 127.0.0.1", lines)
        servers = re.findall(r"(?m)^nameserver (\d+\.\d+\.\d+\.\d+)$",
                             pathlib.Path("/etc/resolv.conf").read_text())
        for server in servers:
            self.assertIn(f"resolver {server}:53", lines)

    def test_recording_alone_closes_its_ledger_too(self):
        with NetLab() as lab:
            run = subprocess.Popen([sensor.BINARY, "record", "--metrics-listen", "", "-o",
                                    lab.folder / "run.nwrec"], stderr=subprocess.PIPE, text=True)
            next(line for line in run.stderr if "ready" in line)
            lab.run(lab.host(2), lab.cgroups.container(), ["true"])
            run.send_signal(signal.SIGTERM)
            _, said = run.communicate(timeout=20)
        self.assertEqual(run.returncode, 0, said)
        self.assertRegex(said, r"in flight 0 \+ consumed [1-9]\d*;.*; closes\n$")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
