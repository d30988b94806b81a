#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pods that come and go as fast as the node gives: each event names its own.

NW_CHURN_SECONDS (20) each, and until there are NW_CHURN_EVENTS of the cluster's (0).
`./dev soak` takes 300, 100,000, and NW_CHURN_PER_SECOND (5) 10.
"""
import concurrent.futures
import contextlib
import itertools
import os
import secrets
import subprocess
import sys
import time
import uuid

from harness import hierarchies, sensor
from harness.on_node import OnNode, main
from harness.pod_server import PodServer
from harness.pod_watch import PodWatch
from harness.pods import container, job, pod_template
from harness.process import wait_until
from harness.tally import TallySensor

SECONDS = float(os.environ.get("NW_CHURN_SECONDS", 20))
EVENTS = int(os.environ.get("NW_CHURN_EVENTS", 0))
BATCH = 10
AT_ONCE = 20  # pods alive when the next batch comes: the node is always busy
END_SECONDS = 400  # of a batch, on a machine that does much else
RIGHT_AT_LEAST = 0.9999


class Churn(OnNode):
    rounds = 100  # look-ups and connects of a pod: a life of about a second

    def speak(self):
        # Without an answer a round takes ten seconds: such a pod fails at once.
        return ["speak", "-s", "-f", "-n", self.rounds, "-i", 5, "%u.%c.%n.test."]

    def report(self, what, watcher, truth, seconds, failed=frozenset()):
        """All rounds of all pods are seen; nearly all named, none wrongly.  Pods that
        failed spoke less."""
        whole = [uid for uid in truth if uid not in failed]

        def missing():
            return [uid for uid in whole if len(watcher.tally.rounds[uid]) < self.rounds]
        try:
            wait_until(lambda: not missing(), "", 30)
        except AssertionError:
            pass  # the figures say it
        figures, samples = watcher.tally.judge(truth)
        named = figures["right"] + figures["unknown"] + figures["wrong"]
        print(f"{what}: {len(truth)} pods in {seconds:.0f} s ({len(truth) / seconds:.1f}/s), "
              f"{len(failed)} failed, "
              f"{named} events, right {figures['right'] / max(named, 1):.4%}, "
              f"unknown {figures['unknown']}, wrong {figures['wrong']}; {dict(figures)}; "
              f"pods with a round missing: {len(missing())}", file=sys.stderr)
        ledger = watcher.ledger()
        print({name: ledger[name] for name in ledger
               if name.startswith(("pods", "events_", "records_dropped"))}, file=sys.stderr)
        self.assertEqual(figures["wrong"], 0, samples)
        self.assertEqual(missing(), [])
        self.assertLessEqual(len(failed), len(truth) / 10)
        self.assertGreaterEqual(figures["right"], RIGHT_AT_LEAST * named, samples)
        # Who floods the machine's one ring may cost others events, but no number.
        dropped = sum(ledger["records_dropped"].values())
        self.assertGreaterEqual(named + dropped, 3 * self.rounds * len(whole))

    def coredns(self):
        return self.cluster.kubectl(
            "get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns",
            "-o", "jsonpath={.items[*].metadata.uid}").split()


class OfTheCluster(Churn):
    """Jobs whose pods live for a second, removed as soon as they are done."""

    def test_pods_as_fast_as_the_cluster_makes_them(self):
        start = time.monotonic()
        with PodWatch(self.cluster) as pods, \
                TallySensor(self.cluster, but=self.coredns()) as watcher:
            for n in itertools.count(1):
                self.cluster.apply(self.batch(n))
                wait_until(lambda n=n: len(pods.pods) >= n * BATCH and pods.alive <= AT_ONCE,
                           pods.stuck, END_SECONDS)
                events = 3 * self.rounds * (len(pods.ended) - len(pods.failed))
                if time.monotonic() > start + SECONDS and events >= EVENTS:
                    break
            wait_until(lambda: pods.alive == 0, pods.stuck, END_SECONDS)
            seconds = time.monotonic() - start
            self.report("cluster", watcher, self.truth(pods), seconds, pods.failed)

    def batch(self, n):
        template = pod_template(container("main", *self.speak()), labels={"app": "churn"})
        # A busy resolver may fail a pod: the Job makes another.
        return job(f"batch-{n}", template, completions=BATCH, parallelism=BATCH,
                   backoffLimit=BATCH, ttlSecondsAfterFinished=0)

    def truth(self, pods):
        return {uid: {"namespace": self.cluster.name, "name": name, "uid": uid,
                      "workload": f"Job/{labels['job-name']}", "labels": labels}
                for uid, (name, labels) in pods.pods.items()}


class OfContainerd(Churn):
    """A steady rate through containerd alone; a pod list of the test's own.

    Ten a second take two cores nearly whole: one root file system and one shim for all,
    and a fifth of the rounds, leave room for who watches.
    """
    rounds = 20
    PER_SECOND = float(os.environ.get("NW_CHURN_PER_SECOND", 5))
    WORKERS = 12

    def test_containers_at_a_steady_rate(self):
        self.numbers, self.truth, self.failed = itertools.count(), {}, set()
        self.start = time.monotonic()
        with PodServer(self.cluster.place) as self.server:
            kubelet = {"address": ["192.0.2.1"], "port": self.server.port,
                       "server_name": "node1", "cert_file": self.pki("admin.crt"),
                       "key_file": self.pki("admin.key"), "ca_file": self.pki("ca.crt")}
            with TallySensor(self.cluster, kubelet=kubelet) as watcher, self.shim():
                with concurrent.futures.ThreadPoolExecutor(self.WORKERS) as workers:
                    ends = [workers.submit(self.work) for _ in range(self.WORKERS)]
                for end in ends:
                    end.result()
                seconds = time.monotonic() - self.start
                self.report("containerd", watcher, self.truth, seconds, self.failed)

    def work(self):
        """One pod after the other, each at its time: the rate is the test.  A machine
        that can't keep up makes fewer, and the figures say so."""
        for n in self.numbers:
            due = max(self.start + n / self.PER_SECOND, time.monotonic())
            if due > self.start + SECONDS:
                break
            time.sleep(max(0, due - time.monotonic()))
            self.run_pod(n)

    def pki(self, name):
        return str(self.cluster.place.file("pki", name))

    def run_pod(self, n):
        """As a kubelet does it: the pod's cgroup, its sandbox's, then the container.
        Not below the kubelet's root, which removes the cgroups of unknown pods."""
        uid, container_id = str(uuid.uuid4()), secrets.token_hex(32)
        name, labels = f"c-{n}", {"app": "churn"}
        group = f"{self.cluster.place.cgroup}/churn/kubepods/besteffort/pod{uid}"
        self.truth[uid] = {"namespace": "churn", "name": name, "uid": uid,
                           "workload": f"Pod/{name}", "labels": labels}
        self.server.add(name, uid, labels, "main", container_id)
        hierarchies.make(f"{group}/{secrets.token_hex(32)}")
        try:
            run = self.ctr("run", "--rm", "--null-io", *self.flags(group, container_id),
                           "--env", f"POD_UID={uid}", "--env", "CONTAINER=main", self.rootfs,
                           container_id, "/bin/nwbox", *self.speak())
            if run.returncode != 0:  # nothing else may fail but a look-up
                self.assertEqual((run.returncode, run.stderr), (1, ""))
                self.failed.add(uid)
        finally:
            hierarchies.remove(group)
            self.server.remove(uid)

    @contextlib.contextmanager
    def shim(self):
        """One for all containers: it ends with its last, so one lasts."""
        group = f"{self.cluster.place.cgroup}/churn/shim"
        started = self.ctr("run", "--detach", *self.flags(group, "1"), self.rootfs, "shim",
                           "/bin/nwbox", "pause")
        self.assertEqual(started.returncode, 0, started.stderr)
        try:
            yield
        finally:
            self.ctr("tasks", "delete", "--force", "shim")
            self.ctr("containers", "delete", "shim")

    @staticmethod
    def ctr(*words):
        return subprocess.run(["ctr", "--namespace", "churn", *map(str, words)], check=False,
                              capture_output=True, text=True, timeout=60)

    @staticmethod
    def flags(group, container_id):
        return ["--net-host", "--rootfs", "--cgroup", f"/{group}/{container_id}",
                "--annotation", "io.containerd.runc.v2.group=churn"]

    @property
    def rootfs(self):
        return self.cluster.place.file("images/box")


if __name__ == "__main__":
    main([sensor.missing])
