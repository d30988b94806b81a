#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DNS messages and connects of this kernel to topics of their own, beside alerts."""
import json
import pathlib
import re
import sys
import tempfile
import unittest

import watched
from watched import await_delivered, connects, headers, start

from harness import dns_servers, runner, schema, sensor
from harness.netlab import NetLab
from harness.process import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
DNS, CONNECTS, ALERTS = "test.dns", "test.connects", "test.alerts"


def telemetry(watch, name, stream):
    found = re.search(rf'^nameward_telemetry_{name}{{stream="{stream}"}} (\S+)$',
                      watch.get("/metrics"), re.MULTILINE)
    return float(found[1]) if found else 0


class Telemetry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from broker import Broker
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="nameward-kafka-"))
        cls.broker = cls.enterClassContext(Broker(folder))
        for topic in (DNS, CONNECTS, ALERTS):
            cls.broker.create_topic(topic)

    def setUp(self):
        self.lab = self.enterContext(NetLab())
        self.server = self.lab.host(1, also=[11])
        self.client = self.lab.host(2)
        dns_servers.dnsmasq(self.lab, self.server)
        self.box = self.lab.cgroups.plain("app")

    def settings(self, **more):
        return {"kafka.brokers": self.broker.address(), "kafka.topic": ALERTS,
                "alerts.sinks": "kafka", "correlate.resolvers": f"{self.server.v4}:53",
                "telemetry.dns_topic": DNS, "telemetry.connect_topic": CONNECTS,
                "cluster.name": "eu1", "node.name": "worker-7", **more}

    def ask(self, name):
        self.lab.run(self.client, self.box, ["dig", "+short", f"@{self.server.v4}", name])

    def await_mine(self, watch, topic, count):
        """Until the box's own records are there: the rest of the machine goes on."""
        wait_until(lambda: len(self.mine(topic)) >= count, lambda: watch.get("/readyz"), 60)
        return self.mine(topic)

    def mine(self, topic):
        """The records of the test's own cgroup, and what each says."""
        found = [(record, json.loads(record.value)) for record in self.broker.records(topic)]
        return [(record, about) for record, about in found
                if about["unmapped"]["cgroup"]["path"] == self.box.path]

    def test_each_message_and_each_connect_comes_in_its_class(self):
        with start(self.lab, self.settings()) as watch:
            self.ask("db.shop.test")
            for process in connects(self.lab, self.client, [self.box], 3, 100):
                self.assertEqual(process.wait(60), 0)
            messages = self.await_mine(watch, DNS, 2)
            made = self.await_mine(watch, CONNECTS, 4)
            await_delivered(watch, 3)
            wait_until(lambda: watch.ledger()["closes"], watch.ledger, 30)
            self.assertEqual(telemetry(watch, "dropped_total", "dns"), 0)
        self.check_dns(messages)
        self.check_connects(made)

    def check_dns(self, found):
        records = [about for _, about in found]
        self.assertEqual(schema.faults(records, "dns-activity"), [])
        self.assertEqual([(r["activity_name"], r["query"]["hostname"], r["query"]["type"])
                          for r in records],
                         [("Query", "db.shop.test", "A"), ("Response", "db.shop.test", "A")])
        self.assertEqual([a["rdata"] for a in records[1]["answers"]], ["192.0.2.11"])
        self.assertEqual(records[1]["rcode"], "NOERROR")
        self.assertTrue(records[1]["unmapped"]["dns"]["matched"])
        self.check_envelopes(found, "egress.dns.v1")

    def check_connects(self, found):
        records = [about for _, about in found]
        self.assertEqual(schema.faults(records, "network-activity"), [])
        tcp = [r for r in records if r["connection_info"]["protocol_name"] == "tcp"]
        self.assertEqual([r["dst_endpoint"]["port"] for r in tcp], [10000, 10001, 10002])
        self.assertEqual({r["dst_endpoint"]["ip"] for r in tcp}, {"192.0.2.1"})
        [dig] = [r for r in records if r["actor"]["process"]["name"] == "dig"]
        self.assertEqual(dig["unmapped"]["connect"]["dns"]["state"], "resolver")
        self.check_envelopes(found, "egress.connect.v1")

    def check_envelopes(self, found, kind):
        uids = set()
        for record, about in found:
            self.assertEqual(headers(record)["ce_type"], kind)
            self.assertEqual(headers(record)["ce_id"], about["metadata"]["uid"])
            self.assertEqual(record.timestamp, about["time"])
            self.assertEqual(record.key.decode(), f"eu1/worker-7/{about['unmapped']['workload']}")
            self.assertEqual(headers(record)["ce_source"], "/eu1/worker-7/nameward")
            self.assertEqual(about["metadata"]["tenant_uid"], "eu1")
            uids.add(about["metadata"]["uid"])
        self.assertEqual(len(uids), len(found))

    def test_without_its_topic_there_is_none(self):
        with start(self.lab, self.settings(**{"telemetry.dns_topic": ""})) as watch:
            self.ask("db.shop.test")
            self.await_mine(watch, CONNECTS, 1)
            self.assertNotIn("telemetry_offered_total{stream=\"dns\"}", watch.get("/metrics"))
        self.assertEqual(self.mine(DNS), [])

    def test_a_topic_that_is_not_there_drops_telemetry_but_no_alert(self):
        settings = self.settings(**{"telemetry.connect_topic": "nowhere"})
        with start(self.lab, settings) as watch:
            for process in connects(self.lab, self.client, [self.box], 50, 100):
                self.assertEqual(process.wait(60), 0)
            await_delivered(watch, 50)
            wait_until(lambda: telemetry(watch, "dropped_total", "connect") > 0,
                       lambda: watch.get("/readyz"), 60)
            self.assertIn("telemetry is dropped:", watch.get("/readyz"))
            wait_until(lambda: watch.ledger()["closes"], watch.ledger, 30)
            self.assertEqual(watch.ledger()["alerts_evicted"]["kafka"], 0)

    def test_an_outage_beside_telemetry_loses_no_alert(self):
        with start(self.lab, self.settings()) as watch:
            self.await_mine_after(watch, 10)
            self.broker.kill()
            for process in connects(self.lab, self.client, [self.box], 50, 100):
                self.assertEqual(process.wait(60), 0)
            wait_until(lambda: telemetry(watch, "pending", "connect") > 0, "nothing waits")
            self.broker.start()
            await_delivered(watch, 60)
            wait_until(lambda: watch.ledger()["closes"], watch.ledger, 30)
            self.assertEqual(watch.ledger()["alerts_evicted"]["kafka"], 0)
            self.assertGreater(watch.ledger()["telemetry_sent"]["connect"], 0)

    def await_mine_after(self, watch, count):
        for process in connects(self.lab, self.client, [self.box], count, 100):
            self.assertEqual(process.wait(60), 0)
        self.await_mine(watch, CONNECTS, count)


if __name__ == "__main__":
    runner.main([sensor.missing, watched.missing])
