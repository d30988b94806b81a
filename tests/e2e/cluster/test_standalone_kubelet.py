#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real kubelet without an API server: static pods, client certificates, and who is
believed in each mode of TLS.

On a node of its own, beside the cluster that the other tests share.
"""
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest
import urllib.error

from harness import cluster, pki, runner, sensor, standalone
from harness.place import Place
from harness.pods import container, pod
from harness.process import wait_until
from harness.sensor import Sensor

# Who asks for UID.CONTAINER.N.test tells the truth of itself.
SPEAKS = ("speak", "-n", 0, "-i", 200, "-l", "%u.%c.%n.test")
OWN_UID = "my-own-uid"
START_SECONDS = 120  # of a machine that does much else
BELIEVED = ("", "", {})


def static_pods():
    plain = pod("plain", container("first", *SPEAKS), container("second", *SPEAKS),
                dnsPolicy="Default")
    own = pod("own", container("main", *SPEAKS), dnsPolicy="Default")
    own["metadata"]["uid"] = OWN_UID
    host = pod("host", container("main", *SPEAKS), hostNetwork=True, dnsPolicy="Default")
    return [plain, own, host]


class Standalone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place()
        cls.pki = cls.place.file("pki")
        other = cls.place.file("other-pki")
        if not other.exists():
            pki.make(other)
        cls.other = other
        standalone.write_static(cls.place, *static_pods())
        if cls.place.pid("kubelet") is None:
            standalone.start_kubelet(cls.place)
        wait_until(lambda: len(standalone.running(cls.place)) == 3,
                   lambda: f"static pods: {standalone.pods(cls.place)}", START_SECONDS)

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.count = 0

    def sensor(self, **kubelet):
        """One that shows the administrator's certificate, unless told otherwise."""
        keys = {"address": ["192.0.2.1"], "server_name": "node1", "token_file": "",
                "ca_file": str(self.pki / "ca.crt"), "cert_file": str(self.pki / "admin.crt"),
                "key_file": str(self.pki / "admin.key"), **kubelet}
        self.count += 1
        config = self.folder / f"nameward-{self.count}.json"
        config.write_text(json.dumps({"node": {"name": "node1"}, "pods": "kubelet",
                                      "kubelet": keys}))
        return Sensor(self, resolvers=["203.0.113.53:53"], flags=["--config", config])

    def judge(self, *cases):
        """Each case: what is said of the kubelet ("": it is believed), why, and how
        it is asked.  All at once, for a sensor takes a while to attach."""
        started = [self.sensor(**keys) for _, _, keys in cases]
        try:
            for running, (outcome, why, keys) in zip(started, cases, strict=True):
                with self.subTest(outcome or "believed", **keys):
                    text = wait_until(lambda r=running: self.ready_text(r),
                                      running.errors, START_SECONDS)
                    self.assertIn(why, text)
                    self.assertEqual(self.polls(running), {outcome or "changed"})
        finally:
            for running in started:
                running.__exit__()

    @staticmethod
    def ready_text(running):
        """What /readyz says once the kubelet was asked; None before."""
        try:
            return running.get("/readyz")
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            return text if "kubelet 192.0.2.1" in text else None
        except OSError:
            return None

    @staticmethod
    def polls(running):
        found = re.findall(r'nameward_pods_polls_total\{outcome="(\w+)"\} (\d+)',
                           running.get("/metrics"))
        return {outcome for outcome, count in found if count != "0"} - {"unchanged"}


class Names(Standalone):
    def test_names_static_pods_whatever_their_uid(self):
        listed = {p["metadata"]["name"]: p["metadata"]["uid"]
                  for p in standalone.pods(self.place)}
        self.assertRegex(listed["plain-node1"], "^[0-9a-f]{32}$")
        self.assertEqual(listed["own-node1"], OWN_UID)
        spoke = {(listed["plain-node1"], "first"), (listed["plain-node1"], "second"),
                 (OWN_UID, "main"), (listed["host-node1"], "main")}
        with self.sensor() as running:
            running.wait_for(lambda: spoke <= set(self.named(running)),
                             "questions of all containers", 60)
            for (uid, name), event in self.named(running).items():
                pod_name = event["pod"]["name"]
                self.assertEqual(listed[pod_name], uid)
                self.assertEqual(event["pod"]["uid"], uid)
                self.assertEqual(event["container"]["name"], name)
                self.assertEqual(event["pod"]["workload"],
                                 "Pod/" + pod_name.removesuffix("-node1"))
            self.show_cost(running)

    @staticmethod
    def named(running):
        """The last event with a pod of each (uid, container) as the question says it."""
        found = {}
        for event in running.events("dns"):
            words = event["dns"]["qname"].split(".")
            if words[-1] == "test" and len(words) == 4 and event["pod"]:
                found[words[0], words[1]] = event
        return found

    @staticmethod
    def show_cost(running):
        gauges = dict(re.findall(r"^nameward_pods_(\w+) (\S+)$", running.get("/metrics"),
                                 re.MULTILINE))
        status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
        resident = re.search(r"VmRSS:\s+(\d+)", status)[1]
        print(f"a look at {gauges['known']} pods, {gauges['answer_bytes']} bytes: "
              f"{float(gauges['poll_seconds']) * 1000:.1f} ms; sensor {resident} KiB",
              file=sys.stderr)


class Trust(Standalone):
    def test_verify(self):
        self.judge(
            BELIEVED,
            ("tls", "unable to get local issuer", {"ca_file": str(self.other / "ca.crt")}),
            ("tls", "the certificate is not for node2", {"server_name": "node2"}))

    def test_pin(self):
        def pin(name):
            return {"tls": "pin", "ca_file": str(name)}
        refused = "another certificate than the pinned one"
        self.judge(
            ("", "", pin(self.pki / "server.crt")),
            ("tls", refused, pin(self.other / "server.crt")),
            ("tls", refused, pin(self.pki / "ca.crt")))

    def test_insecure_believes_but_is_not_believed_without_a_certificate(self):
        def shows(certificate, key):
            return {"tls": "insecure", "ca_file": "/nowhere", "server_name": "node2",
                    "cert_file": str(certificate), "key_file": str(key)}
        self.judge(
            ("", "", shows(self.pki / "admin.crt", self.pki / "admin.key")),
            ("unauthorized", "answered 401", shows("", "")),
            ("unauthorized", "answered 401",
             shows(self.other / "admin.crt", self.other / "admin.key")))

    def test_a_kubelets_own_certificate_can_be_pinned_and_not_verified(self):
        standalone.stop_kubelet(self.place)
        standalone.start_kubelet(self.place, own_certificate=True)
        self.addCleanup(standalone.start_kubelet, self.place)
        self.addCleanup(standalone.stop_kubelet, self.place)
        wait_until(lambda: standalone.pods(self.place), "no kubelet", START_SECONDS)
        self.judge(
            ("", "", {"tls": "pin", "ca_file": str(standalone.own_certificate())}),
            ("tls", "self-signed certificate", {}))


def main():
    if sys.argv[1:2] == ["node"]:
        standalone.hold(Place(sys.argv[2]))
    elif "NW_ON_NODE" in os.environ:
        runner.main([sensor.missing])
    else:
        for reason in filter(None, (runner.missing(), cluster.missing(), sensor.missing())):
            print(f"skipped: {reason}")
            sys.exit(runner.SKIPPED)
        sys.exit(standalone.on_a_node(os.path.abspath(__file__)))


if __name__ == "__main__":
    main()
