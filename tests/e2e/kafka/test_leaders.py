#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three brokers, killed one after the other while alerts flow: each partition's
leader moves, and nothing is lost, doubled without its id or overtaken."""
import pathlib
import sys
import tempfile
import unittest

import watched
from watched import TOPIC, Seen, await_delivered, connects, metric, start

from harness import runner, sensor
from harness.netlab import NetLab
from harness.process import wait_until

RATE = 70  # of each of three clients
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


class Leaders(unittest.TestCase):
    def setUp(self):
        from broker import Cluster
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="nameward-kafka-"))
        self.cluster = self.enterContext(Cluster(folder))
        self.cluster.brokers[0].create_topic(TOPIC, replicas=3, **{"min.insync.replicas": "2"})
        self.lab = self.enterContext(NetLab())
        self.lab.host(1)
        self.client = self.lab.host(2)

    def led(self, broker, ask):
        """How many partitions the broker leads."""
        return sum(leader == broker.node for leader, _ in self.cluster.partitions(TOPIC, ask))

    def test_leaders_that_die_one_after_the_other_lose_no_alert(self):
        boxes = [self.lab.cgroups.plain(f"app{i}") for i in range(3)]
        count, moves, alerts = 8 * RATE, 0, 0
        with start(self.lab, {"kafka.brokers": self.cluster.address(),
                              "alerts.sinks": "kafka"}) as watch:
            for i, broker in enumerate(self.cluster.brokers):
                ask = self.cluster.brokers[i - 1]
                clients = connects(self.lab, self.client, boxes, count, RATE)
                wait_until(lambda n=alerts: metric(watch, "alerts_acked_total") > n + 100,
                           "nothing arrives")
                moves += self.led(broker, ask)
                broker.kill()
                wait_until(lambda b=broker, a=ask: self.led(b, a) == 0, "no leader moved", 60)
                for process in clients:
                    self.assertEqual(process.wait(300), 0)
                alerts += 3 * count
                await_delivered(watch, alerts)
                broker.start()
                wait_until(lambda a=ask: all(len(replicas) == 3 for _, replicas
                                             in self.cluster.partitions(TOPIC, a)),
                           "a replica stays behind", 60)
            self.assertGreaterEqual(moves, 6)
            wait_until(lambda: watch.ledger()["closes"], watch.ledger, 30)
        seen = Seen(self.cluster.brokers[0].read_all(TOPIC))
        print(f"{moves} leaders moved, {seen.duplicates} duplicates")
        self.assertEqual(len(seen.first), alerts + seen.strangers, seen.odd)
        self.assertEqual(seen.disorder, [])
        self.assertEqual(seen.sequences(), list(range(alerts + seen.strangers)))


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, watched.missing])
