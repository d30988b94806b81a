#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each file of docs/soc, run as it is by Flink's SQL client over a real Kafka broker,
finds in a fleet's records what is in them and nothing else: with resends, with records
that waited an hour in a spool, out of order and over six partitions."""
import datetime
import itertools
import json
import pathlib
import sys
import tempfile
import unittest

import flink
import records

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "kafka"))
import watched  # noqa: E402  found by the line above

from harness import runner  # noqa: E402  found by watched's path

SOURCES = {"alerts": "nameward.alerts", "dns_activity": "nameward.dns", "network_activity": "nameward.connects"}
RESULTS = {"correlations": "nameward.correlations", "alerts_unique": "nameward.alerts.unique"}
# What somebody with the right to write, or a bug, may put into a topic.
RUBBISH = [b"", b"\xff\x00", b"{", b"[]", b"{}", None,
           b'{"metadata": 1, "time": "then", "evidences": {}, "device": []}']
# The records' times are fixed ones, which retention and the clock's check must not mind.
ANY_TIME = {"retention.ms": "-1", "message.timestamp.after.max.ms": str(2**62)}


def make_topics(address):
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(topic, num_partitions=6, replication_factor=1, topic_configs=ANY_TIME)
                         for topic in (SOURCES | RESULTS).values()])
    admin.close()


def send(address, fleet):
    from kafka import KafkaProducer
    producer = KafkaProducer(bootstrap_servers=address)
    for topic, rubbish in itertools.product(SOURCES.values(), RUBBISH):
        producer.send(topic, rubbish, key=b"rubbish", timestamp_ms=records.START)
    for arrived, table, key, headers, value in fleet.as_sent():
        producer.send(SOURCES[table], json.dumps(value).encode(), key=key.encode(), timestamp_ms=arrived,
                      headers=[(name, text.encode()) for name, text in headers.items()])
    producer.close()


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def row(value):
    return (value["kind"], value["subject"], value["pods"], value["nodes"], value["hits"],
            milliseconds(value["first_seen"]), milliseconds(value["last_seen"]), value["explanation"])


class Correlations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from broker import Broker
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="nameward-flink-")))
        broker = cls.enterClassContext(Broker(folder / "broker"))
        cls.fleet = records.Fleet()
        cls.expected = records.all_scenes(cls.fleet)
        make_topics(broker.address())
        send(broker.address(), cls.fleet)
        to_the_end = {"properties.bootstrap.servers": broker.address(), "scan.bounded.mode": "latest-offset"}
        flink.run(folder, {**dict.fromkeys(SOURCES, to_the_end),
                           **{table: {"properties.bootstrap.servers": broker.address()} for table in RESULTS}},
                  flink.FILES)
        cls.results = {table: broker.read_all(topic) for table, topic in RESULTS.items()}
        cls.found = [json.loads(r.value) for r in cls.results["correlations"]]

    def assert_found(self, kind):
        """Exactly the expected rows, each once."""
        self.assertEqual(sorted(row(f) for f in self.found if f["kind"] == kind),
                         sorted(e for e in self.expected if e[0] == kind))

    def test_one_destination_of_many_pods(self):
        self.assert_found("one_destination_many_pods")

    def test_a_tunnel_over_pods(self):
        self.assert_found("tunnel_over_pods")

    def test_gaps_by_sequence(self):
        self.assert_found("sequence_gap")

    def test_a_name_is_news_once_in_thirty_days(self):
        rows = [row(f) for f in self.found if f["kind"] == "first_seen_in_fleet"]
        self.assertEqual(sorted(r for r in rows if r[1] == "rare.test"),
                         sorted(e for e in self.expected if e[0] == "first_seen_in_fleet"))
        names = self.fleet.names()
        self.assertEqual(sorted(r[1] for r in rows), sorted([*names, "rare.test"]))

    def test_nothing_else_is_found_and_each_has_an_id(self):
        kinds = {e[0] for e in self.expected}
        self.assertEqual({f["kind"] for f in self.found}, kinds)
        self.assertEqual(len({f["uid"] for f in self.found}), len(self.found))
        for record, value in zip(self.results["correlations"], self.found, strict=True):
            self.assertEqual(record.key.decode(), value["subject"])

    def test_each_emission_is_there_once_after_dedup(self):
        unique = [json.loads(r.value) for r in self.results["alerts_unique"]]
        sent = {v["metadata"]["uid"]: v for _, table, *_, v in self.fleet.records if table == "alerts"}
        self.assertEqual(sorted(u["uid"] for u in unique), sorted(sent))
        for one in unique:
            alert = sent[one["uid"]]
            cluster = alert["metadata"].get("tenant_uid")
            node = f"{cluster}/" * bool(cluster) + alert["device"]["hostname"]
            self.assertEqual((one["message"], one["node"], one["rule_id"], milliseconds(one["happened"])),
                             (alert["message"], node, "rule", alert["time"]))


if __name__ == "__main__":
    runner.main(needs=[watched.missing, flink.missing])
