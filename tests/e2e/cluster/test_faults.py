#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the sensor needs of a node fails and comes back: no event is lost, a pod that
was named stays named, none is wrongly, and each fault is seen in metrics, /readyz and `doctor` while it lasts.

A fault lasts for $NW_FAULT_SECONDS (./dev soak: ten minutes for the kubelet).
"""
import contextlib
import json
import os
import re
import secrets
import signal
import subprocess

from harness import components, pki, sensor
from harness.cluster import Cluster
from harness.on_node import OnNode, main
from harness.pods import container, pod
from harness.process import wait_until
from harness.tally import TallySensor

SECONDS = int(os.environ.get("NW_FAULT_SECONDS", "15"))
PATIENCE = 180  # back-off is 30 s at most; machines are busy
NAME = "%u.%c.%n.test."


class Faults(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        dns = Cluster(namespace="kube-system").pods("k8s-app=kube-dns")
        cls.watch = cls.enterClassContext(TallySensor(
            cls.cluster, but=[p["metadata"]["uid"] for p in dns]))
        cls.watch.wait_for(lambda: cls.readyz().startswith("ok\n"), "the first pod list")
        cls.token = cls.watch.folder / "token"

    @classmethod
    def readyz(cls):
        return cls.watch.get("/readyz")

    def metric(self, name):
        found = re.search(rf"^nameward_{re.escape(name)} (\S+)$", self.watch.get("/metrics"), re.M)
        return float(found[1]) if found else 0

    def polls(self, outcome):
        return self.metric(f'pods_polls_total{{outcome="{outcome}"}}')

    def doctor(self):
        run = subprocess.run([sensor.BINARY, "doctor", "--format=json", "--config",
                              self.watch.folder / "nameward.yaml"],
                             capture_output=True, text=True, check=False)
        return {fact["name"]: fact for fact in map(json.loads, run.stdout.splitlines())}

    @contextlib.contextmanager
    def speaker(self, restarts=False):
        """A pod that speaks all the while; nothing of it may be missing, and once it
        has been named it is named in every event, whatever fails."""
        name = "box-" + secrets.token_hex(3)
        speaker = container("main", "speak", "-s", "-n", 0, "-i", 100, NAME)
        # After five minutes without a kubelet it would be evicted; CoreDNS, which is
        # on the same node, leaves its Service even sooner.
        self.cluster.apply(pod(name, speaker, tolerations=[{"operator": "Exists"}],
                               dnsPolicy="Default"))
        self.cluster.wait(f"pod/{name}", "Ready")
        uid = self.cluster.get("pod", name)["metadata"]["uid"]
        wait_until(lambda: self.judge(name, uid)[0]["right"] > 0, "it is never named", PATIENCE)
        early = self.judge(name, uid)[0]["unknown"]
        yield name, uid
        self.speaks_on(uid)
        self.cluster.kubectl("delete", "pod", name, "--grace-period=1", timeout=120)
        rounds = self.watch.tally.rounds[uid]
        self.assertEqual(sorted(rounds), list(range(1, len(rounds) + 1)), "a round is lost")
        figures, samples = self.judge(name, uid)
        self.assertEqual(figures["wrong"], 0, samples)
        late = figures["unknown"] - early
        if not restarts:
            self.assertEqual(late, 0, samples)
        print(f"{self.id().rsplit('.', 1)[1]}: {figures['right']} events named, "
              f"{early} marked before the first list, {late} after")

    def judge(self, name, uid):
        return self.watch.tally.judge({uid: {
            "namespace": self.cluster.name, "name": name, "uid": uid,
            "workload": f"Pod/{name}", "labels": {}}})

    def speaks_on(self, uid, rounds=5):
        """Some more rounds have come out."""
        before = len(self.watch.tally.rounds[uid])
        wait_until(lambda: len(self.watch.tally.rounds[uid]) >= before + rounds,
                   "the pod speaks on", PATIENCE)

    def recover(self, uid):
        wait_until(lambda: self.readyz() == "ok\n",
                   lambda: f"it does not recover: {self.readyz()}", PATIENCE)
        self.assertEqual(self.doctor()["kubelet"]["state"], "ok")
        self.assertLess(self.metric("pods_last_success_age_seconds"), 60)
        self.speaks_on(uid)
        self.a_new_pod_is_named()

    def a_new_pod_is_named(self):
        with self.speaker():
            pass

    def sees(self, outcome, text):
        wait_until(lambda: self.polls(outcome) > 0, f"no poll is {outcome}", PATIENCE)
        wait_until(lambda: text in self.readyz(),
                   lambda: f"/readyz does not say {text}: {self.readyz()}", PATIENCE)
        self.assertTrue(self.readyz().startswith("ok\n"), self.readyz())
        wait_until(lambda: text in self.watch.errors(), f"the log does not say {text}")
        kubelet = self.doctor()["kubelet"]
        self.assertEqual(kubelet["state"], "missing")
        self.assertIn(text, kubelet["text"])

    def test_the_kubelet_stops(self):
        with self.speaker() as (_, uid):
            self.cluster.stop("kubelet")
            try:
                self.sees("unreachable", "can't connect")
                wait_until(lambda: self.metric("pods_last_success_age_seconds") > SECONDS,
                           "time passes", SECONDS + PATIENCE)
                self.speaks_on(uid)
            finally:
                self.cluster.start("kubelet")
            self.recover(uid)

    def test_the_api_server_stops(self):
        with self.speaker() as (_, uid):
            # Told to end, it waits for who watches.
            components.stop(self.cluster.place, "apiserver", signal.SIGKILL)
            try:
                # The kubelet can't ask it whether the token is good any more.
                wait_until(lambda: self.readyz() != "ok\n", "the kubelet refuses", PATIENCE)
                self.assertRegex(self.readyz(), r"^ok\npods: .*answered (401|403|5\d\d)")
                self.assertEqual(self.doctor()["kubelet"]["state"], "missing")
                self.speaks_on(uid)
            finally:
                self.cluster.start("apiserver")
            wait_until(lambda: self.cluster.kubectl("get", "--raw", "/readyz", check=False) == "ok",
                       "the API server is back", PATIENCE)
            self.recover(uid)

    def test_the_token_is_rotated(self):
        with self.speaker() as (_, uid):
            good = self.cluster.token()
            self.replace(self.token, "not.a.token")
            self.sees("unauthorized", "answered 401")
            self.replace(self.token, good)
            self.recover(uid)

    def test_the_certificate_is_replaced(self):
        folder = self.cluster.place.file("pki")
        with self.speaker() as (_, uid):
            with self.another_certificate():
                pki.openssl(folder, "req", "-x509", *pki.KEY, "-subj", "/CN=node1", "-addext",
                            f"subjectAltName={pki.NAMES}", "-keyout", "other.key",
                            "-out", "other.crt")
                self.restart_kubelet()
                self.sees("tls", "certificate is refused")
                self.speaks_on(uid)
                # A third one, of the authority that is trusted.
                pki.sign(folder, "other", "/CN=other")
                self.restart_kubelet()
                self.recover(uid)

    @contextlib.contextmanager
    def another_certificate(self):
        """The kubelet shows other.crt; `server` is the API server's, too."""
        config = self.cluster.place.file("etc/kubelet.yaml")
        before = config.read_text()
        config.write_text(before.replace("/pki/server.", "/pki/other."))
        try:
            yield
        finally:
            config.write_text(before)
            self.restart_kubelet()

    def test_the_right_is_taken_away(self):
        binding = f"clusterrolebinding/{self.cluster.name}-default"
        with self.speaker() as (_, uid):
            self.cluster.kubectl("delete", binding)
            try:
                self.sees("forbidden", "answered 403")
                self.speaks_on(uid)
            finally:
                self.cluster.may_read_pods()
            self.recover(uid)

    def test_a_container_restarts(self):
        with self.speaker(restarts=True) as (name, uid):
            self.speaks_on(uid)
            self.cluster.exec(name, "/bin/sh", "-c", "kill 1", check=False)
            wait_until(lambda: self.restarts(name) == 1, "it restarts", PATIENCE)
            self.speaks_on(uid, 30)

    def restarts(self, name):
        [status] = self.cluster.get("pod", name)["status"]["containerStatuses"]
        return status["restartCount"]

    def restart_kubelet(self):
        self.cluster.stop("kubelet")
        self.cluster.start("kubelet")

    def replace(self, file, text):
        new = file.with_name(file.name + ".new")
        new.write_text(text)
        new.rename(file)


if __name__ == "__main__":
    main(needs=[sensor.missing])
