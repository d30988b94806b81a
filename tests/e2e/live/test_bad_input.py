#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is wrong is said in one line that tells what to do, and by the status."""
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import runner, sensor
from harness.netlab import NetLab

REPLAY = sensor.ROOT / "tests/replay"
RECORDING, CAPTURE = REPLAY / "golden/v1.nwrec", REPLAY / "capture/input.pcap"
USAGE, NODE = 2, 3
ROTATED_AT = 64 << 20  # deliver/file_sink.h
BAD_POLICY = """apiVersion: egress.rules/v1
rules:
  - id: first-rule
    title: an unknown key
    event: dns.query
    mtach: {qname: {in: [a.test]}}
  - id: second-rule
    title: an unknown event
    event: dns.querry
    match: {qname: {in: [a.test]}}
"""
UNMOUNT_ALL = "awk '/ - cgroup2 /{print $5}' /proc/self/mountinfo | xargs -n1 umount --lazy"
RUN = [sensor.BINARY, "run", "--metrics-listen", ""]


def nameward(*arguments, before=()):
    command = [*before, sensor.BINARY, *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def assert_refused(self, run, status, *parts):
        """One line with `parts`, no output, the status."""
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        [line] = run.stderr.splitlines()
        self.assertTrue(line.startswith("nameward: "), line)
        for part in parts:
            self.assertIn(part, line)

    def write(self, name, content):
        file = self.folder / name
        file.write_bytes(content)
        return file

    # replay

    def test_what_is_no_recording_is_refused(self):
        for content in (b"", b"junk", RECORDING.read_bytes()[:20], CAPTURE.read_bytes()[:10]):
            file = self.write("input", content)
            self.assert_refused(nameward("replay", file), USAGE, str(file), "(")
        self.assert_refused(nameward("replay", self.folder / "none"), USAGE,
                            "No such file", "check the path")
        self.assert_refused(nameward("replay", self.folder), USAGE, "directory")

    def test_a_torn_recording_is_read_as_far_as_it_is_whole(self):
        whole = nameward("replay", "--events", RECORDING).stdout
        file = self.write("torn.nwrec", RECORDING.read_bytes()[:-100])
        run = nameward("replay", "--events", file)
        self.assertEqual(run.returncode, 0)
        self.assertTrue(run.stdout and whole.startswith(run.stdout))
        self.assertRegex(run.stderr, r"torn\.nwrec: \d+ bytes are in no whole record")

    def test_a_torn_capture_is_read_as_far_as_it_is_whole(self):
        file = self.write("torn.pcap", CAPTURE.read_bytes()[:-10])
        run = nameward("replay", "--events", file)
        self.assertEqual(run.returncode, 0)
        self.assertTrue(run.stdout)
        self.assertRegex(run.stderr, r"torn\.pcap: truncated .*all packets before it were read")

    # run

    def test_a_policy_that_does_not_load_shows_every_error_at_its_place(self):
        file = self.write("bad.yaml", BAD_POLICY.encode())
        for verb in (["replay", RECORDING], ["run"], ["rules", "check", file]):
            policy = [] if verb[0] == "rules" else ["--policy", file]
            run = nameward(*verb, *policy)
            self.assertIn(run.returncode, (1, USAGE) if verb[0] == "rules" else (USAGE,))
            said = run.stderr + run.stdout
            self.assertRegex(said, r"bad\.yaml:6:5: .*mtach")
            self.assertRegex(said, r"bad\.yaml:9:12: .*dns\.querry")

    def test_bad_flags_are_wrong_use(self):
        for arguments in (["run", "--bogus"], [], ["record"], ["walk"],
                          ["run", "--format", "xml"],
                          ["run", "--set", "limits.ring_bytes=5"],
                          ["run", "--set", "no.such.key=1"],
                          ["run", "--resolver", "nowhere"],
                          ["run", "--metrics-listen", "nowhere"]):
            self.assert_refused(nameward(*arguments), USAGE, "(")

    def test_what_can_not_be_written_is_said_before_anything_starts(self):
        nowhere = self.folder / "none/file"
        self.assert_refused(nameward("run", "--record", nowhere), USAGE, str(nowhere), "(")
        self.assert_refused(nameward("record", "-o", nowhere), USAGE, str(nowhere), "(")
        self.assert_refused(nameward("run", "--metrics-listen", "", "--set",
                                     f"alerts.file={nowhere}"), USAGE, str(nowhere), "(")

    def test_a_taken_metrics_port_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assert_refused(nameward("run", "--metrics-listen", address), USAGE,
                                address, "--metrics-listen")

    def test_without_the_right_to_load_it_says_which_rights(self):
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                  "--inh-caps=-all", "--bounding-set=-all"]
        copy = self.write("nameward", sensor.BINARY.read_bytes())
        copy.chmod(0o755)
        self.folder.chmod(0o755)
        run = subprocess.run([*nobody, copy, *RUN[1:]], capture_output=True, text=True)
        self.assert_refused(run, NODE, "run as root", "CAP_BPF")

    def without(self, change, *before):
        """A run in a mount namespace where `change` was made."""
        return nameward(*RUN[1:], before=["unshare", "--mount", "sh", "-c",
                                          f'{change} && exec "$@"', "sh", *before])

    def test_without_btf_it_says_what_kernel_it_needs(self):
        run = self.without(f"mount --bind {self.folder} /sys/kernel/btf")
        self.assert_refused(run, NODE, "BTF")

    def test_without_cgroup2_it_says_how_to_mount_it(self):
        run = self.without(UNMOUNT_ALL, "setpriv", "--bounding-set=-sys_admin",
                           "--inh-caps=-sys_admin")
        self.assert_refused(run, NODE, "cgroup", "mount -t cgroup2")


class Alerts(unittest.TestCase):
    def test_go_to_a_file_that_the_dropped_rights_still_let_rotate(self):
        with NetLab() as lab:
            file = lab.folder / "alerts/alerts.jsonl"
            file.parent.mkdir()
            file.touch()
            os.truncate(file, ROTATED_AT)
            box = lab.cgroups.container()
            with sensor.Sensor(lab, REPLAY / "policy.yaml",
                               flags=["--set", f"alerts.file={file}"]) as watch:
                client = lab.host(2)
                lab.run(client, box, ["dig", "+tries=1", "+time=1", "@192.0.2.2", "a.example"],
                        check=False)
                watch.barrier(client, box)
                self.assertEqual(watch.alerts(), [])
                watch.process.send_signal(signal.SIGINT)
                self.assertEqual(watch.process.wait(20), 0, watch.errors())
            self.assertIn('"unlisted-domain"', file.read_text())
            self.assertGreaterEqual(file.with_name("alerts.jsonl.1").stat().st_size, ROTATED_AT)

    def test_a_reader_that_has_seen_enough_ends_the_run(self):
        with NetLab() as lab:
            client, box = lab.host(2), lab.cgroups.container()
            command = [*RUN, "--events", "--format", "json"]
            with subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as run:
                next(line for line in run.stderr if "ready" in line)
                run.stdout.close()
                lab.run(client, box, ["dig", "+tries=1", "+time=1", "@192.0.2.2", "a.example"],
                        check=False)
                said = run.stderr.read()
                self.assertEqual(run.wait(20), 0, said)
        self.assertRegex(said, r"closes\n$")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
