# SPDX-License-Identifier: Apache-2.0
"""The sensor with a real broker behind it, and pods' processes that raise alerts."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "live"))

from harness import schema, sensor  # noqa: E402  found by the line above
from harness.process import wait_until  # noqa: E402

TOPIC = "nameward.alerts"
# Each connect of the test's own cgroups, %s, is an alert of its own.
POLICY = """
apiVersion: egress.rules/v1
rules:
  - id: each-connect
    title: A connect
    severity: medium
    dedup: {window: 0s}
    rate_limit: {per: rule, burst: 1000000, every: 1s}
    event: connect
    scope: {cgroups: ["/%s/**"]}
    match: {dst.proto: [tcp]}
"""
# $1 how many, $2 how many a second; to 50,000 ports in turn.
CONNECTS = """
import socket, sys, time
count, rate, began = int(sys.argv[1]), float(sys.argv[2]), time.monotonic()
for i in range(count):
    with socket.socket() as s:
        s.connect_ex(('192.0.2.1', 10000 + i % 50000))
    ahead = began + i / rate - time.monotonic()
    if ahead > 0:
        time.sleep(ahead)
"""


def missing():
    """Why there is no broker to test with, or None."""
    try:
        import kafka  # noqa: F401
    except ImportError:
        return "the Python client kafka-python is not installed"
    from broker import jars
    if not jars().exists():
        return f"{jars()} is not there (tests/e2e/kafka/get_kafka.sh)"
    return None


class Sensor(sensor.Sensor):
    """Keeps nothing of what it prints: an hour of it is gigabytes."""

    def _read(self):
        for _ in self.process.stdout:
            pass


def start(lab, settings, spool="spool", inside=None):
    """A sensor; `settings` are keys of its configuration."""
    policy = lab.folder / "policy.yaml"
    policy.write_text(POLICY % lab.cgroups.top.name)
    assigned = {"alerts.spool": lab.folder / spool, **settings}
    flags = [word for key, value in assigned.items() for word in ("--set", f"{key}={value}")]
    return Sensor(lab, policy=policy, flags=flags, inside=inside)


def connects(lab, host, boxes, count, rate):
    """Starts a client in each cgroup, each making `count` connects."""
    command = [sys.executable, "-S", "-c", CONNECTS, count, rate]
    return [lab.start(host, box, command, stdin=subprocess.DEVNULL) for box in boxes]


def metric(watch, name, sink="kafka"):
    found = re.search(rf'^nameward_{name}{{sink="{sink}"}} (\S+)$', watch.get("/metrics"),
                      re.MULTILINE)
    return float(found[1]) if found else 0


def await_delivered(watch, at_least, seconds=120):
    """Until so many alerts are acknowledged and none waits."""
    wait_until(lambda: metric(watch, "alerts_acked_total") >= at_least
               and metric(watch, "alerts_pending") == 0,
               lambda: f"{metric(watch, 'alerts_acked_total')} of {at_least} acknowledged, "
                       f"{metric(watch, 'alerts_pending')} wait; {watch.get('/readyz')}", seconds)


def headers(record):
    return {name: value.decode() for name, value in record.headers}


class Seen:
    """What a consumer sees: ids, duplicates, and whether each key kept its order.

    Of each record only what tells it from another is kept.  A key has one
    partition, whose records come in their order.  One of SAMPLE is held against
    the schema: all would take longer than their outage.

    The sensor sees the whole machine, and a rule fires where its scope can't be
    known: such alerts are `strangers`.  `odd` says what is no expected alert.
    """
    SAMPLE = 97

    def __init__(self, records):
        self.first, self.duplicates, self.disorder = {}, 0, []
        self.strangers, self.odd = 0, []
        last = collections.defaultdict(lambda: -1)
        for number, record in enumerate(records):
            if number % self.SAMPLE == 0:
                assert schema.faults([json.loads(record.value)]) == []
            about = headers(record)
            sequence = int(about["ce_sequence"])
            what = (sequence, hash((record.key, record.value)))
            known = self.first.setdefault(about["ce_id"], what)
            if known is not what:
                self.duplicates += 1
                assert known == what
                continue
            stranger = b'"scope_unknown":true' in record.value
            self.strangers += stranger
            if stranger or about["ce_subject"] != "each-connect":
                self.odd.append((about["ce_subject"], record.key, record.value[:1000]))
            if sequence <= last[about["ce_spool"], record.key]:
                self.disorder.append((record.key, sequence))
            last[about["ce_spool"], record.key] = sequence

    def sequences(self):
        return sorted(sequence for sequence, _ in self.first.values())


def spooled(folder):
    """The ids in a spool, by the sensor's own reader."""
    run = subprocess.run([sensor.BINARY, "spool", "cat", folder], capture_output=True, check=True)
    return [json.loads(line)["metadata"]["uid"] for line in run.stdout.splitlines()]


def outage_seconds():
    return float(os.environ.get("NW_OUTAGE_SECONDS", "60"))
