#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Dashboard and alerts ask for metrics that the code names, with their labels.
That a running sensor answers with them is tests/e2e/cluster/test_install.py's."""
import json
import re
import unittest

from metrics import exposed_in_code, metrics_of
from render import SOURCE, main, render, the


def dashboard():
    return json.loads(the(render("overlays/grafana"), "ConfigMap", "nameward-dashboard")["data"]["nameward.json"])


def alerts():
    [group] = the(render("overlays/podmonitor"), "PrometheusRule")["spec"]["groups"]
    return group["rules"]


class Dashboard(unittest.TestCase):
    def test_every_metric_of_the_dashboard_is_in_the_code(self):
        for panel in dashboard()["panels"]:
            for target in panel["targets"]:
                self.assertLessEqual(metrics_of(target["expr"]), exposed_in_code(), panel["title"])

    def test_every_metric_of_an_alert_is_in_the_code(self):
        for rule in alerts():
            self.assertLessEqual(metrics_of(rule["expr"]), exposed_in_code(), rule["alert"])

    def test_the_check_would_find_a_wrong_name(self):
        self.assertFalse(metrics_of("rate(nameward_records_lost_total[5m])") <= exposed_in_code())

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in dashboard()["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells

    def test_the_sidecar_finds_it(self):
        labels = the(render("overlays/grafana"), "ConfigMap", "nameward-dashboard")["metadata"]["labels"]
        self.assertEqual(labels["grafana_dashboard"], "1")

    def test_the_manual_says_what_to_do_for_each_alert(self):
        manual = (SOURCE / "docs/operations.md").read_text()
        for rule in alerts():
            self.assertTrue(f"| `{rule['alert']}` |" in manual, rule["alert"])

    def test_every_alert_has_a_severity_and_a_sentence(self):
        for rule in alerts():
            self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
            self.assertTrue(re.search("[a-z]", rule["annotations"]["summary"]))


if __name__ == "__main__":
    main()
