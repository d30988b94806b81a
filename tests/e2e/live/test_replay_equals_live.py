#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A recording holds every input: its replay gives what the live run gave."""
import os
import subprocess
import unittest

import traffic
from harness import runner, sensor
from harness.netlab import NetLab

POLICY = sensor.ROOT / "tests/replay/policy.yaml"
WORLDS = (
    {"TZ": "UTC", "LC_ALL": "C", "NAMEWARD_HASH_SEED": "1"},
    {"TZ": "Pacific/Apia", "LC_ALL": "tr_TR.UTF-8", "NAMEWARD_HASH_SEED": "2"},
)


def replay(recording, world, *flags):
    command = [sensor.BINARY, "replay", "--policy", POLICY, "--format", "json", *flags, recording]
    return subprocess.run(command, env={**os.environ, **world}, capture_output=True, check=True)


class ReplayEqualsLive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = NetLab().__enter__()
        cls.addClassCleanup(cls.lab.close)
        server = traffic.serve(cls.lab)
        cls.recording = cls.lab.folder / "run.nwrec"
        with sensor.Sensor(cls.lab, POLICY, [f"{server.v4}:53"], flags=[
                               *traffic.QUOTA, "--flows", "--record", cls.recording]) as cls.watch:
            cls.boxes = traffic.play(cls.lab, cls.watch, server)
            status = cls.watch.stop()
        assert status == 0, cls.watch.errors()

    def replay(self, world, *flags):
        run = replay(self.recording, world, *flags)
        self.assertEqual(run.stderr, b"")
        return run.stdout

    def assert_same(self, replayed, live):
        """The first line that differs says more than two long texts."""
        self.assertTrue(live)
        for ours, theirs in zip(replayed.splitlines(keepends=True), live, strict=False):
            self.assertEqual(ours, theirs)
        self.assertEqual(replayed, b"".join(live))

    def test_alerts_are_the_same_bytes(self):
        for world in WORLDS:
            self.assert_same(self.replay(world, "--alert-format", "ocsf"),
                             [line for line in self.watch.raw if b'"class_uid"' in line])

    def test_events_are_the_same_bytes(self):
        for world in WORLDS:
            self.assert_same(self.replay(world, "--events"),
                             [line for line in self.watch.raw if b'"kind"' in line[:20]])

    def test_the_run_held_what_a_run_can_hold(self):
        def rules(name):
            return {a["finding_info"]["analytic"]["uid"]
                    for a in self.watch.alerts(self.boxes[name])}
        self.assertEqual(rules("unexpected"), {"unlisted-domain"})
        self.assertEqual(rules("port"), {"dns-not-on-53", "connect-without-dns"})
        self.assertEqual(rules("unresolved"), {"connect-without-dns"})
        told = self.watch.alerts(self.boxes["unresolved"])
        self.assertEqual([(a["activity_name"], a["count"]) for a in told],
                         [("Create", 1), ("Update", 2)])
        lost = self.watch.events("loss", self.boxes["flood"])
        self.assertGreater(sum(e["loss"]["count"] for e in lost), 0)
        for name in ("bound", "tcp", "fragments", "gone"):
            self.assertEqual(rules(name), set(), name)

    def test_a_container_born_under_its_eyes_is_known_from_its_first_event(self):
        for name, box in self.boxes.items():
            events = self.watch.events(cgroup=box)
            self.assertTrue(events, name)
            for event in events:
                self.assertEqual(event["cgroup"]["path"], box.path)
                self.assertEqual(event["container"]["id"], box.container_id)
                if event["kind"] in ("dns", "connect"):  # what a task does itself
                    self.assertTrue(event["process"]["exe"], event)
                self.assertNotEqual(event.get("connect", {}).get("dns", {}).get("state"),
                                    "warmup")

    def test_fragments_and_streams_are_put_together(self):
        [answer] = [e["dns"] for e in self.watch.events("dns", self.boxes["fragments"])
                    if e["dns"]["response"]]
        self.assertEqual((answer["transport"], len(answer["answers"])), ("udp", 1))
        self.assertFalse(answer["truncated"])
        tcp = [e["dns"]["transport"] for e in self.watch.events("dns", self.boxes["tcp"])]
        self.assertEqual(tcp, ["tcp", "tcp"])


class Crash(unittest.TestCase):
    def test_what_was_said_before_a_kill_is_in_the_recording(self):
        with NetLab() as lab:
            client, box, recording = lab.host(2), lab.cgroups.container(), lab.folder / "run.nwrec"
            with sensor.Sensor(lab, POLICY, flags=["--record", recording]) as watch:
                lab.run(client, box, ["dig", "+tries=1", "+time=1", "@192.0.2.2", "a.example"],
                        check=False)
                watch.barrier(client, box)
                watch.process.kill()
                watch.process.wait()
            run = replay(recording, {}, "--events")
        live = [line for line in watch.raw if line.startswith(b'{"v":1,"kind"')]
        self.assertTrue(live)
        self.assertEqual(run.stdout.splitlines(keepends=True)[:len(live)], live)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
