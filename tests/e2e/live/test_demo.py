#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What README promises first."""
import pathlib
import subprocess
import sys
import unittest

from harness import runner, sensor


class Demo(unittest.TestCase):
    def test_three_detections_fire_and_a_resolved_connect_does_not(self):
        run = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("demo.py")],
                             capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(run.stdout.count("  ALERT "), 3, run.stdout)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
