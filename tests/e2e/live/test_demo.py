#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What README promises first."""
import os
import signal
import subprocess
import sys
import unittest

import demo
from harness import runner, sensor

DEMO = [sys.executable, demo.__file__]


class Demo(unittest.TestCase):
    def test_three_detections_fire_and_a_resolved_connect_does_not(self):
        run = subprocess.run(DEMO, capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        for rule in demo.RULES:
            self.assertIn(f" {rule}", run.stdout)
        self.assertIn("as it should be\n  no alert\n", run.stdout)

    def test_ctrl_c_ends_it_cleanly(self):
        with subprocess.Popen([*DEMO, "1000"], text=True, stdout=subprocess.PIPE,
                              start_new_session=True) as run:
            for line in run.stdout:
                if "ALERT" in line:
                    break
            os.killpg(run.pid, signal.SIGINT)  # as a terminal does
            rest = run.stdout.read()
            self.assertEqual(run.wait(30), 0, rest)
        self.assertIn("closes", rest)
        self.assertIn("everything was removed", rest)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
