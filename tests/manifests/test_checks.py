#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checkers find what exceptions.yaml lists, with its reason, and nothing else."""
import pathlib
import unittest

import yaml
from checks import CHECKS
from render import main, render, renderings, the

EXCEPTIONS = yaml.safe_load(pathlib.Path(__file__).with_name("exceptions.yaml").read_text())
KUBE_LINTER = "ignore-check.kube-linter.io/"
# Off in kube-linter unless asked for, so no annotation is due.
OFF_BY_DEFAULT = {"writable-host-mount"}


def excepted(folder):
    return {**EXCEPTIONS["base"], **EXCEPTIONS.get(folder, {})}


class Checks(unittest.TestCase):
    def test_each_finding_is_listed_and_each_listed_one_is_found(self):
        for folder in renderings():
            with self.subTest(folder):
                objects = render(folder)
                found = {name: findings for name, function in CHECKS.items()
                         if (findings := function(objects))}
                self.assertEqual(sorted(found), sorted(excepted(folder)), found)

    def test_kube_linter_is_told_why(self):
        annotations = the(render("base"), "DaemonSet")["metadata"]["annotations"]
        told = {key.removeprefix(KUBE_LINTER): reason for key, reason in annotations.items()
                if key.startswith(KUBE_LINTER)}
        due = {name: reason for name, reason in EXCEPTIONS["base"].items()
               if "-" in name and not name.startswith("C-") and name not in OFF_BY_DEFAULT}
        self.assertEqual({name: reason.split() for name, reason in told.items()},
                         {name: reason.split() for name, reason in due.items()})

    def test_every_exception_belongs_to_a_rendering(self):
        self.assertLessEqual(set(EXCEPTIONS), set(renderings()))


if __name__ == "__main__":
    main()
