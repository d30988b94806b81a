#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a connect on this kernel to a consumer that is not librdkafka.

The broker is stopped, killed and frozen, the sensor killed: nothing that was
appended is lost, each key keeps its order, a duplicate carries the same id.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import watched
from watched import CONNECTS, TOPIC, Seen, await_delivered, connects, headers, metric, start

from harness import runner, schema, sensor
from harness.netlab import NetLab
from harness.process import wait_until

RATE = 70  # of each of three clients: 210 alerts a second in all
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


class Delivery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from broker import Broker
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="nameward-kafka-"))
        cls.broker = cls.enterClassContext(Broker(folder))

    def setUp(self):
        self.topic = f"{TOPIC}.{self._testMethodName[:40]}"
        self.broker.create_topic(self.topic)
        self.lab = self.enterContext(NetLab())
        self.lab.host(1)
        self.client = self.lab.host(2)
        self.boxes = [self.lab.cgroups.plain(f"app{i}") for i in range(3)]
        self.settings = {"kafka.brokers": self.broker.address(), "kafka.topic": self.topic,
                         "alerts.sinks": "kafka"}

    def run_connects(self, count, rate=RATE):
        for process in connects(self.lab, self.client, self.boxes, count, rate):
            self.assertEqual(process.wait(300), 0)

    def read(self):
        return Seen(self.broker.records(self.topic))

    def assert_all(self, seen, alerts):
        """Each alert came, in its key's order, and the numbers have no gap."""
        self.assertEqual(len(seen.first), alerts + seen.strangers, seen.odd)
        self.assertEqual(seen.disorder, [])
        self.assertEqual(seen.sequences(), list(range(alerts + seen.strangers)))

    def assert_closes(self, watch, alerts):
        # The kernel's own counters are read each second.
        wait_until(lambda: watch.ledger()["closes"], watch.ledger, 30)
        ledger = watch.ledger()
        self.assertEqual(ledger["alerts_spooled"]["kafka"], alerts)
        self.assertEqual(ledger["alerts_evicted"]["kafka"], 0)

    def test_a_live_detection_reaches_a_consumer(self):
        from kafka.partitioner.default import murmur2
        with start(self.lab, self.settings) as watch:
            self.run_connects(2)
            await_delivered(watch, 6)
            self.assert_closes(watch, 6)
        records = self.broker.read_all(self.topic)
        self.assert_all(Seen(records), 6)
        for record in records:
            about, alert = headers(record), json.loads(record.value)
            self.assertEqual(schema.faults([alert]), [])
            self.assertEqual(about["ce_id"], alert["metadata"]["uid"])
            self.assertEqual(about["ce_sequence"], str(alert["metadata"]["sequence"]))
            self.assertEqual(alert["metadata"]["log_name"], self.topic)
            self.assertEqual(about["dedup_id"], alert["finding_info"]["uid"])
            self.assertEqual((about["ce_specversion"], about["ce_type"], about["ce_subject"],
                              about["content-type"], about["severity"]),
                             ("1.0", "egress.finding.v1", "each-connect", "application/json",
                              "medium"))
            self.assertEqual(about["ce_time"], alert["time_dt"])
            self.assertEqual(record.timestamp, alert["time"])
            # As a Java client draws it, so that streams can be joined.
            self.assertEqual(record.partition, (murmur2(record.key) & 0x7fffffff) % 6)
        self.assertEqual({r.key.decode().rpartition("/")[2].partition("-")[0] for r in records},
                         {"app0", "app1", "app2"})

    def test_another_consumer_reads_the_same(self):
        """kcat, which is librdkafka; all else here is read by kafka-python."""
        with start(self.lab, self.settings) as watch:
            self.run_connects(2)
            await_delivered(watch, 6)
        run = subprocess.run(["kcat", "-C", "-q", "-e", "-b", self.broker.address(), "-t", self.topic,
                              "-o", "beginning", "-f", r"%k\t%h\t%s\n"],
                             capture_output=True, text=True, check=True, timeout=60)
        read = [line.split("\t") for line in run.stdout.splitlines()]
        seen = {(key, re.search("ce_id=([^,]+)", about)[1]): json.loads(value)
                for key, about, value in read}
        ours = {(record.key.decode(), headers(record)["ce_id"]): json.loads(record.value)
                for record in self.broker.read_all(self.topic)}
        self.assertEqual(len(ours), 6)
        self.assertEqual(seen, ours)

    def test_an_outage_at_two_hundred_alerts_a_second_loses_none(self):
        seconds = watched.outage_seconds()
        count = int((seconds + 4) * RATE)
        with start(self.lab, self.settings) as watch:
            clients = connects(self.lab, self.client, self.boxes, count, RATE)
            wait_until(lambda: metric(watch, "alerts_acked_total") > 100, "nothing arrives")
            memory = resident(watch.process.pid)
            self.broker.kill()
            for process in clients:
                self.assertEqual(process.wait(seconds + 600), 0)
            self.assertGreater(metric(watch, "alerts_pending"), count)
            self.assertIn("alerts wait for kafka:", watch.get("/readyz"))
            grown = resident(watch.process.pid) - memory
            stored = counted(watch, "spool_bytes")
            self.broker.start()
            began, waiting = time.monotonic(), metric(watch, "alerts_pending")
            await_delivered(watch, 3 * count, 120 + seconds)
            took = time.monotonic() - began
            self.assert_closes(watch, 3 * count)
        seen = self.read()
        print(f"{3 * count} alerts; the spool grew to {stored >> 20} MiB, memory by "
              f"{grown >> 10} KiB; the last {waiting:.0f} went in {took:.1f} s; "
              f"{seen.duplicates} came twice", flush=True)
        self.assert_all(seen, 3 * count)
        self.assertLess(grown, 16 << 20)

    def test_a_broker_that_comes_and_goes_loses_none(self):
        """Killed, stopped in peace and frozen in turn, three seconds apart."""
        count = 24 * RATE
        with start(self.lab, self.settings) as watch:
            clients = connects(self.lab, self.client, self.boxes, count, RATE)
            for leave in (self.broker.kill, self.broker.stop, self.freeze, self.broker.kill):
                time.sleep(3)  # of alerts that arrive
                leave()
                time.sleep(3)
                if self.broker.process is None:
                    self.broker.start()
                else:
                    self.broker.process.send_signal(signal.SIGCONT)
            for process in clients:
                self.assertEqual(process.wait(300), 0)
            await_delivered(watch, 3 * count)
            self.assert_closes(watch, 3 * count)
        self.assert_all(self.read(), 3 * count)

    def freeze(self):
        self.broker.process.send_signal(signal.SIGSTOP)

    def test_a_killed_sensor_goes_on_where_it_was(self):
        expected = set()
        for _ in range(3):
            with start(self.lab, self.settings) as watch:
                clients = connects(self.lab, self.client, self.boxes, 4 * RATE, RATE)
                wait_until(lambda w=watch: metric(w, "alerts_acked_total") > 50, "nothing arrives")
                os.kill(watch.process.pid, signal.SIGKILL)
                watch.process.wait()
                expected |= set(watched.spooled(self.lab.folder / "spool"))
                for process in clients:
                    process.wait(60)
        with start(self.lab, self.settings) as watch:
            await_delivered(watch, 0)
        seen = self.read()
        self.assertLessEqual(expected, set(seen.first))
        self.assertEqual(seen.disorder, [])

    def test_an_unknown_topic_is_said_and_nothing_is_lost(self):
        late = self.topic + ".late"
        with start(self.lab, {**self.settings, "kafka.topic": late}) as watch:
            self.run_connects(1)
            wait_until(lambda: "Unknown topic" in watch.get("/readyz"),
                       lambda: watch.get("/readyz"), 60)
            self.broker.create_topic(late)
            await_delivered(watch, 3)
        self.assert_all(Seen(self.broker.read_all(late)), 3)

    def test_what_the_broker_finds_too_large_is_counted_and_holds_nothing_up(self):
        small = self.topic + ".small"
        self.broker.create_topic(small, **{"max.message.bytes": "600"})
        with start(self.lab, {**self.settings, "kafka.topic": small}) as watch:
            self.run_connects(3)
            wait_until(lambda: metric(watch, "alerts_refused_total") == 9,
                       lambda: watch.get("/readyz"), 60)
            self.assertEqual(metric(watch, "alerts_pending"), 0)
            self.assert_closes(watch, 9)
        self.assertEqual(self.broker.read_all(small), [])

    def test_hostile_names_arrive_as_text_that_a_consumer_can_read(self):
        hostile = 'a"b\\c\x01\x7f{<\u2028\udcff\r\t'  # and a byte that is no UTF-8
        self.boxes = [self.lab.cgroups.plain(hostile)]
        program = os.fsencode(self.lab.folder) + b"/" + os.fsencode(hostile)
        os.symlink(sys.executable, program)
        with start(self.lab, self.settings) as watch:
            process = self.lab.start(
                self.client, self.boxes[0],
                [os.fsdecode(program), "-S", "-c", CONNECTS, "1", "1"])
            self.assertEqual(process.wait(60), 0)
            await_delivered(watch, 1)
        [record] = self.broker.read_all(self.topic)
        alert = json.loads(record.value.decode())
        self.assertEqual(schema.faults([alert]), [])
        self.assertNotIn(b"\x01", record.value)
        self.assertIn('a"b\\c', json.loads(f'"{record.key.decode()}"'))
        self.assertIn('a"b\\c', alert["evidences"][0]["process"]["name"])

    def test_a_path_too_long_for_a_record_leaves_no_scope(self):
        """Of the cgroup only the end is known, six bytes for each character."""
        self.boxes = [self.lab.cgroups.plain("\x01" * 240)]
        with start(self.lab, self.settings) as watch:
            [client] = connects(self.lab, self.client, self.boxes, 1, 1)
            self.assertEqual(client.wait(60), 0)
            await_delivered(watch, 1)
        [record] = self.broker.read_all(self.topic)
        alert = json.loads(record.value)
        self.assertEqual(schema.faults([alert]), [])
        self.assertTrue(alert["unmapped"]["sensor"]["scope_unknown"])
        self.assertTrue(4 << 10 < len(record.value) <= 8 << 10, len(record.value))

    def test_it_answers_with_the_metrics_of_dashboard_and_alerts(self):
        components = sensor.ROOT / "k8s-manifests/components"
        asked = (components / "grafana/nameward.json").read_text() + \
            (components / "podmonitor/prometheusrule.yaml").read_text()
        names = set(re.findall(r"\bnameward_(?:spool|sink_oldest|sink_trouble|alert_latency"
                               r"|alerts_[a-z]+)_[a-z_]+", asked))
        with start(self.lab, self.settings) as watch:
            shown = set(re.findall(r"^(nameward_\w+)", watch.get("/metrics"), re.MULTILINE))
        self.assertGreater(len(names), 8)
        # It takes a minute to know a rate.
        self.assertEqual(names - shown, {"nameward_spool_minutes_left"})

    def test_a_full_disk_is_told_as_an_alert_and_nothing_is_lost(self):
        count = 6 * RATE
        with small_disk(self.lab.folder / "spool"), start(self.lab, self.settings) as watch:
            self.broker.kill()
            self.run_connects(count)
            self.assertGreater(counted(watch, "spool_kept_in_memory_total"), 0)
            self.broker.start()
            await_delivered(watch, 3 * count + 1)
            self.assert_closes(watch, 3 * count + 1)
        records = self.broker.read_all(self.topic)
        self.assert_all(Seen(records), 3 * count + 1)
        [told] = [r for r in records if headers(r)["ce_subject"] == "nameward-spool-trouble"]
        self.assertIn("No space left", json.loads(told.value)["message"])

    def test_two_sensors_can_not_share_a_spool(self):
        with start(self.lab, self.settings):
            with self.assertRaisesRegex(AssertionError, "another sensor uses this spool"):
                start(self.lab, self.settings).__enter__()


@contextlib.contextmanager
def small_disk(folder):
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def counted(watch, name):
    return int(re.search(rf"^nameward_{name} (\d+)$", watch.get("/metrics"), re.MULTILINE)[1])


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, watched.missing])
