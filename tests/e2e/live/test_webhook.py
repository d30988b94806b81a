#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live detections to a file and to a web server at once, one of them dead."""
import json
import re
import sys
import unittest

from harness import runner, schema, sensor
from harness.netlab import NetLab
from harness.process import wait_until
from harness.receiver import Receiver, certificate

POLICY = """
apiVersion: egress.rules/v1
rules:
  - id: each-connect
    title: A connect
    severity: medium
    dedup: {window: 0s}
    event: connect
    scope: {cgroups: ["/%s/**"]}
    match: {dst.proto: [tcp]}
"""
CONNECTS = """
import socket
for port in range(20000, 20010):
    with socket.socket() as s:
        s.connect_ex(('192.0.2.1', port))
"""


def metric(watch, name, sink):
    found = re.search(rf'^nameward_{name}{{sink="{sink}"}} (\S+)$', watch.get("/metrics"),
                      re.MULTILINE)
    return float(found[1]) if found else 0


class Webhook(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(NetLab())
        self.lab.host(1)
        self.client = self.lab.host(2)
        self.box = self.lab.cgroups.plain("app")
        self.identity = certificate(self.lab.folder, "receiver")
        self.token = self.lab.folder / "token"
        self.token.write_text("first-token\n")
        (self.lab.folder / "out").mkdir()
        self.file = self.lab.folder / "out/alerts.jsonl"

    def start(self, url, inside=None, **webhook):
        policy = self.lab.folder / "policy.yaml"
        policy.write_text(POLICY % self.lab.cgroups.top.name)
        settings = {"alerts.sinks": "[file, webhook]", "alerts.file": self.file,
                    "alerts.spool": self.lab.folder / "spool", "webhook.url": url,
                    "webhook.timeout": "2s",
                    **{f"webhook.{key}": value for key, value in webhook.items()}}
        config = self.lab.folder / "nameward.yaml"
        config.write_text("".join(f"{key}: {value}\n" for key, value in nested(settings)))
        return sensor.Sensor(self.lab, policy=policy, flags=["--config", config],
                             inside=inside)

    def connect(self):
        self.lab.run(self.client, self.box, [sys.executable, "-S", "-c", CONNECTS])

    def await_lines(self, count):
        wait_until(lambda: self.file.exists() and len(self.file.read_bytes().splitlines()) >= count,
                   f"the file has not {count} alerts")
        return [json.loads(line) for line in self.file.read_bytes().splitlines()]

    def taken(self, receiver):
        return [(headers, json.loads(body)) for status, headers, body in receiver.requests
                if status == 200]

    def test_both_get_every_alert_and_a_new_token_is_used(self):
        with Receiver(self.identity) as receiver:
            receiver.token = "first-token"
            with self.start(receiver.url(), ca_file=self.identity[0],
                            token_file=self.token) as watch:
                self.connect()
                lines = self.await_lines(10)
                wait_until(lambda: len(self.taken(receiver)) == 10, watch.errors)
                self.check(lines, self.taken(receiver))
                receiver.token = "second-token"
                self.connect()
                wait_until(lambda: "answers 401" in watch.get("/readyz"), watch.errors)
                self.token.write_text("second-token\n")
                wait_until(lambda: len(self.taken(receiver)) == 20, watch.errors)
                self.assertEqual(metric(watch, "alerts_refused_total", "webhook"), 0)
                self.assertNotIn("token", watch.get("/metrics") + watch.errors())

    def check(self, lines, taken):
        self.assertEqual([alert for _, alert in taken], lines)
        self.assertEqual(schema.faults([alert for _, alert in taken]), [])
        for headers, alert in taken:
            self.assertEqual(headers["ce-id"], alert["metadata"]["uid"])
            self.assertEqual(headers["ce-sequence"], str(alert["metadata"]["sequence"]))
            self.assertEqual((headers["ce-type"], headers["ce-subject"], headers["severity"],
                              headers["Content-Type"]),
                             ("egress.finding.v1", "each-connect", "medium", "application/json"))

    def test_a_dead_server_holds_back_no_line_and_gets_all_when_it_is_back(self):
        with Receiver(self.identity) as gone:
            port = gone.port
        url = f"https://127.0.0.1:{port}/alerts"
        with self.start(url, ca_file=self.identity[0]) as watch:
            self.connect()
            self.await_lines(10)
            wait_until(lambda: "alerts wait for webhook" in watch.get("/readyz"), watch.errors)
            self.assertEqual(metric(watch, "alerts_pending", "webhook"), 10)
            with Receiver(self.identity, port=port) as back:
                wait_until(lambda: len(self.taken(back)) == 10, watch.errors, 60)
                wait_until(lambda: metric(watch, "alerts_pending", "webhook") == 0, watch.errors)
            wait_until(lambda: watch.ledger()["closes"], watch.ledger, 30)

    def test_a_dead_file_holds_back_no_request(self):
        def on_a_full_disk(command):
            mount = 'mount -t tmpfs -o size=4k none "$0" && exec "$@"'
            return ["unshare", "-m", "sh", "-c", mount, self.file.parent, *command]

        with Receiver(self.identity) as receiver, \
                self.start(receiver.url(), on_a_full_disk, ca_file=self.identity[0]) as watch:
            self.connect()
            wait_until(lambda: len(self.taken(receiver)) == 10, watch.errors)
            wait_until(lambda: metric(watch, "alerts_acked_total", "webhook") == 10,
                       watch.errors)
            self.assertGreater(metric(watch, "alerts_pending", "file"), 0)
            self.assertIn("alerts wait for file", watch.get("/readyz"))

    def test_a_stranger_gets_nothing(self):
        stranger = certificate(self.lab.folder, "stranger")
        other_name = certificate(self.lab.folder, "other", "DNS:elsewhere.example")
        for identity, ca in ((stranger, self.identity[0]), (other_name, other_name[0])):
            with Receiver(identity) as receiver, self.start(receiver.url(), ca_file=ca) as watch:
                self.connect()
                wait_until(lambda w=watch: "alerts wait for webhook" in w.get("/readyz"),
                           watch.errors)
                self.assertEqual(receiver.requests, [])

    def test_the_server_sees_our_certificate(self):
        ours = certificate(self.lab.folder, "ours")
        with Receiver(self.identity, client_ca=ours[0]) as receiver, \
                self.start(receiver.url(), ca_file=self.identity[0], cert_file=ours[0],
                           key_file=ours[1]) as watch:
            self.connect()
            wait_until(lambda: len(self.taken(receiver)) == 10, watch.errors)


def nested(settings):
    """Lines of YAML: one flow mapping for each group."""
    groups = {}
    for key, value in settings.items():
        group, _, name = key.partition(".")
        groups.setdefault(group, []).append(f"{name}: {value}")
    return [(group, "{" + ", ".join(items) + "}") for group, items in groups.items()]


if __name__ == "__main__":
    runner.main([sensor.missing])
