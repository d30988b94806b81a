#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the JUnit files of a test run: time per suite, skips with reasons.

usage: test_summary.py FOLDER.  Exit status 1 if a test failed, a suite was
marked failed (NAME.failed), or nothing ran at all.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def skip_reason(output):
    """What the test printed about it: GoogleTest's or our runner's last words."""
    found = re.search(r"Skipped\n(.+?)\n", output)
    if found:
        return found.group(1)
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


class Suite:
    def __init__(self, path):
        root = ET.parse(path).getroot()
        self.name = path.stem
        self.seconds = float(root.get("time", 0))
        self.passed, self.failed, self.skipped = 0, [], []
        for case in root.iter("testcase"):
            self._add(case)

    def _add(self, case):
        name, status = case.get("name"), case.get("status")
        output = case.findtext("system-out") or ""
        if status == "run":
            self.passed += 1
        elif status == "notrun" and case.find("skipped") is not None:
            self.skipped.append((name, skip_reason(output)))
        elif status == "disabled":
            self.skipped.append((name, "disabled"))
        else:
            self.failed.append(name)


def main():
    folder = pathlib.Path(sys.argv[1])
    suites = [Suite(path) for path in sorted(folder.glob("*.xml"))]
    broken = sorted(path.stem for path in folder.glob("*.failed"))
    for suite in suites:
        for name, reason in suite.skipped:
            print(f"skipped  {suite.name}/{name}: {reason}")
    for suite in suites:
        for name in suite.failed:
            print(f"FAILED   {suite.name}/{name}")
    for suite in suites:
        print(f"{suite.name:<12} {suite.passed:5} passed {len(suite.failed):4} failed "
              f"{len(suite.skipped):4} skipped  {suite.seconds:7.1f} s")
    silent = [name for name in broken
              if not any(s.failed for s in suites if s.name == name)]
    for name in silent:
        print(f"FAILED   {name}: {(folder / (name + '.failed')).read_text().strip()}")
    passed = sum(suite.passed for suite in suites)
    failed = sum(len(suite.failed) for suite in suites) + len(silent)
    skipped = sum(len(suite.skipped) for suite in suites)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
