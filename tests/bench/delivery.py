# SPDX-License-Identifier: Apache-2.0
"""delivery.py BUILD: from a connect to a broker's acknowledgement, and an outage.

A real Apache Kafka broker on this machine; the sensor's spool is on the disk of
the temporary folder.  Each connect of four cgroups is an alert.  Latency is the
sensor's own histogram, from the kernel's time of the connect to the delivery
report; beside it the broker's, from the connect to the append into its log.  The
same is measured twice, so that the rows tell how much chance there is in them.
"""
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import lab

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e/kafka"))
import broker as kafka_broker  # noqa: E402  found by the line above
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition  # noqa: E402
from kafka.admin import NewTopic  # noqa: E402
from watched import POLICY  # noqa: E402

CGROUPS = 4
RATE = 1_000
SECONDS = int(os.environ.get("NW_BENCH_SECONDS", "15"))
OUTAGE_ALERTS = 20_000 * SECONDS
CONTROL_WITHIN = 25  # per cent of the median
TOPIC = "nameward.bench"
NETNS = f"nwbench{os.getpid()}"


class Sensor:
    def __init__(self, build, top, folder, address):
        policy = folder / "policy.yaml"
        policy.write_text(POLICY % top.name)
        self.build, self.top = build, top
        self.url = f"http://127.0.0.1:{kafka_broker.free_ports(1)[0]}/"
        settings = {"alerts.spool": folder / "spool", "alerts.sinks": "kafka",
                    "kafka.brokers": address, "kafka.topic": TOPIC}
        flags = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        with open(folder / "sensor.stderr", "w") as errors:
            self.process = subprocess.Popen(
                list(map(str, [f"{build}/nameward", "run", "--metrics-listen", self.url[7:-1],
                               "--policy", policy, *flags])),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        if not lab.wait_for(lambda: self.get("readyz")):
            raise SystemExit(f"the sensor did not start: {(folder / 'sensor.stderr').read_text()}")

    def get(self, path):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.read().decode()
        return ""

    def metric(self, name):
        found = re.search(rf'^nameward_{name}(?:{{sink="kafka"}})? (\S+)$', self.get("metrics"),
                          re.MULTILINE)
        return float(found[1]) if found else 0

    def latency(self):
        """[(bound in ms, how many within it)], the last without a bound."""
        found = re.findall(r'nameward_alert_latency_seconds_bucket{sink="kafka",le="(\S+)"} (\d+)',
                           self.get("metrics"))
        return [(float(bound) * 1000, int(count)) for bound, count in found]

    def connects(self, rate, seconds):
        """The generators, one in each cgroup."""
        command = ["nsenter", f"--net=/run/netns/{NETNS}", f"{self.build}/tests/bench/load",
                   "connects"]
        return [subprocess.Popen([*command, str(self.top / f"pod{n}"), str(rate // CGROUPS),
                                  str(seconds)], stdout=subprocess.PIPE, text=True)
                for n in range(CGROUPS)]

    def drained(self):
        return self.metric("alerts_pending") == 0


def done(generators):
    return sum(json.loads(g.communicate()[0])["done"] for g in generators)


def quantile(buckets, share):
    """Milliseconds, drawn straight between the bounds of the bucket."""
    total, below, before = buckets[-1][1], 0, 0.0
    for bound, count in buckets:
        if count >= share * total and count > below:
            if bound == float("inf"):
                return before
            return before + (bound - before) * (share * total - below) / (count - below)
        below, before = count, bound
    return before


def latency(sensor, broker, name):
    """A row; returns the median."""
    before, ends = dict(sensor.latency()), broker_ends(broker)
    made = done(sensor.connects(RATE, SECONDS))
    lab.wait_for(sensor.drained)
    buckets = [(bound, count - before.get(bound, 0)) for bound, count in sensor.latency()]
    within = dict(buckets)
    total = buckets[-1][1]
    appended = append_times(broker, ends)
    p50, p99 = quantile(buckets, .5), quantile(buckets, .99)
    print(f"| {name} | {made / SECONDS:,.0f} | {total} | {p50:.1f} | {p99:.1f} | "
          f"{100 * within[10.0] / total:.1f} % | {100 * within[50.0] / total:.2f} % | "
          f"{statistics.median(appended):.0f}, {sorted(appended)[len(appended) * 99 // 100]:.0f} "
          f"|", flush=True)
    return p50


def broker_ends(broker):
    consumer = KafkaConsumer(bootstrap_servers=broker.address())
    parts = [TopicPartition(TOPIC, p) for p in consumer.partitions_for_topic(TOPIC)]
    ends = consumer.end_offsets(parts)
    consumer.close()
    return {part.partition: end for part, end in ends.items()}


def append_times(broker, ends):
    """From each alert's own time to the broker's append, in ms."""
    return [record.timestamp - json.loads(record.value)["time"]
            for record in broker.records(TOPIC) if record.offset >= ends[record.partition]]


def outage(sensor, broker):
    lab.wait_for(sensor.drained)
    memory = lab.memory_mib(sensor.process.pid)
    broker.kill()
    began, made, most = time.monotonic(), 0, memory
    while sensor.metric("alerts_pending") < OUTAGE_ALERTS and time.monotonic() - began < 300:
        generators = sensor.connects(4 * OUTAGE_ALERTS // SECONDS, 1)
        made += done(generators)
        most = max(most, lab.memory_mib(sensor.process.pid))
    waited = sensor.metric("alerts_pending")
    stored = sensor.metric("spool_bytes") / 2**20
    before = sensor.metric("alerts_acked_total")
    samples = []  # (time, acknowledged)
    starter = threading.Thread(target=broker.start)
    starter.start()
    while not samples or samples[-1][1] - before < waited:
        samples.append((time.monotonic(), sensor.metric("alerts_acked_total")))
        time.sleep(0.05)
        if samples[-1][0] - samples[0][0] > 300:
            raise SystemExit(f"it does not catch up: {sensor.get('readyz')}")
    starter.join()
    # Between a twentieth and the end: the broker itself starts slowly.
    middle = [s for s in samples if s[1] - before >= waited / 20]
    (t0, a0), (t1, a1) = middle[0], middle[-1]
    rate = (a1 - a0) / (t1 - t0) if t1 > t0 else float("nan")
    print("\n| alerts waited | MiB in the spool | memory grew by, MiB | caught up, alerts/s |\n"
          f"|--:|--:|--:|--:|\n| {waited:,.0f} | {stored:,.0f} | {most - memory:.1f} | {rate:,.0f} "
          "|", flush=True)


def main():
    build = sys.argv[1]
    # Before all others, as the generators of the other measurements: what is
    # timed here sleeps and wakes a dozen times.
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    subprocess.run(["ip", "-n", NETNS, "link", "set", "lo", "up"], check=True)
    try:
        with tempfile.TemporaryDirectory() as name, lab.cgroups(CGROUPS) as top, \
                kafka_broker.Broker(pathlib.Path(name) / "broker") as broker:
            admin = KafkaAdminClient(bootstrap_servers=broker.address())
            admin.create_topics([NewTopic(TOPIC, num_partitions=6, replication_factor=1,
                                          topic_configs={"message.timestamp.type":
                                                         "LogAppendTime"})])
            admin.close()
            sensor = Sensor(build, top, pathlib.Path(name), broker.address())
            try:
                measure(sensor, broker)
            finally:
                lab.stop(sensor.process)
    finally:
        subprocess.run(["ip", "netns", "del", NETNS], check=True)


def measure(sensor, broker):
    done(sensor.connects(RATE, 3))  # the broker's code is compiled as it is used
    lab.wait_for(sensor.drained)
    print("| connect to ack | connects/s | alerts | p50, ms | p99, ms | ≤ 10 ms | ≤ 50 ms | "
          "to the broker's append: p50, p99, ms |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    first = latency(sensor, broker, "**nameward**")
    again = latency(sensor, broker, "the same again (A/A control)")
    if abs(again - first) * 100 > CONTROL_WITHIN * first:
        print(f"\nVoid: the same differs by more than {CONTROL_WITHIN} %.")
    outage(sensor, broker)


main()
