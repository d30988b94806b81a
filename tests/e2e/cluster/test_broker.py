#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a pod of the cluster to a real Kafka broker: overlays/kafka-tls, with the
keys in a Secret and a spool that outlives the sensor's pod."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile

from harness import outside, sensor
from harness.cluster import Cluster
from harness.install import SOURCE, Installed, build_image
from harness.on_node import OnNode, main
from harness.pods import container, deployment, pod_template
from harness.process import wait_until

sys.path.append(str(SOURCE / "tests/e2e/kafka"))

NODE, NAME, TOPIC = "192.0.2.1", "kafka.shop.test", "nameward.alerts"
SPOOL = pathlib.Path("/var/lib/nameward")  # the node's, which ends with the cluster
CONFIG = """
cluster: {{internal: [10.99.0.0/16, 192.0.2.0/24], services: [10.96.0.0/16]}}
rules: {{paths: [/etc/nameward-rules]}}
metrics: {{listen: "pod:9464"}}
alerts: {{spool: /var/lib/nameward/spool}}
kafka:
  brokers: ["{broker}"]
  tls: true
  ca_file: /etc/nameward-kafka/ca.crt
  cert_file: /etc/nameward-kafka/tls.crt
  key_file: /etc/nameward-kafka/tls.key
"""


def missing():
    """Why there is no broker to test with, or None."""
    try:
        import jsonschema  # noqa: F401
        import kafka  # noqa: F401
        from broker import jars
    except ImportError as error:
        return f"{error.name} is not installed"
    return None if jars().exists() else f"{jars()} is not there (tests/e2e/kafka/get_kafka.sh)"


def write_site(folder, broker):
    """A user's kustomization: the overlay, the brokers, and the Secret's files."""
    certificate, key = broker.certificates.issue("sensor")
    for name, file in {"ca.crt": broker.certificates.ca, "tls.crt": certificate,
                       "tls.key": key}.items():
        shutil.copy(file, folder / name)
    address = broker.address("mtls", host=NAME)
    (folder / "nameward.yaml").write_text(CONFIG.format(broker=address))
    overlay = os.path.relpath(SOURCE / "k8s-manifests/overlays/kafka-tls", folder.resolve())
    (folder / "kustomization.yaml").write_text(json.dumps({
        "resources": [overlay],
        "configMapGenerator": [{"name": "nameward-config", "namespace": "nameward",
                                "behavior": "replace", "files": ["nameward.yaml"]}],
        "secretGenerator": [{"name": "nameward-kafka", "namespace": "nameward",
                             "options": {"disableNameSuffixHash": True},
                             "files": ["ca.crt", "tls.crt", "tls.key"]}]}))


class ToTheBroker(OnNode):
    @classmethod
    def setUpClass(cls):
        from broker import Broker
        super().setUpClass()
        shutil.rmtree(SPOOL, ignore_errors=True)  # of an interrupted test
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        outside.add_name(f"{NAME}. 30 IN A {NODE}")
        cls.addClassCleanup(outside.remove_name, f"{NAME}.")
        cls.broker = cls.enterClassContext(
            Broker(folder / "broker", f"DNS:{NAME},IP:{NODE}", NODE))
        cls.broker.create_topic(TOPIC)
        (folder / "site").mkdir()
        write_site(folder / "site", cls.broker)
        cls.sensor = cls.enterClassContext(Installed(folder / "site"))

    def setUp(self):
        # A workload that has raised nothing yet: alerts of one are folded for minutes.
        self.cluster = self.enterContext(Cluster().namespace())
        # The starter policy has an allow list for a Deployment of this name.
        self.cluster.apply(deployment("checkout", pod_template(container("main", "pause"))))
        self.cluster.wait("deployment/checkout", "Available")
        [pod] = self.cluster.pods("app=checkout")
        self.pod = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}

    def do(self, *nwbox):
        self.cluster.exec("deployment/checkout", "nwbox", *nwbox)

    def arrived(self, text=""):
        """Records about the pod that say `text` somewhere."""
        return [r for r in self.broker.read_all(TOPIC)
                if self.pod["uid"] in r.value.decode() and text in r.value.decode()]

    def await_record(self, text, seconds=60):
        wait_until(lambda: self.arrived(text),
                   lambda: f"no record says {text}; {self.sensor.get('/readyz')}"
                           f"{self.sensor.get('/api/ledger')}", seconds)

    def pending(self):
        lines = self.sensor.get("/metrics").splitlines()
        [value] = [x.split()[1] for x in lines if x.startswith('nameward_alerts_pending{sink="kafka"}')]
        return int(float(value))

    def sequences(self):
        """Numbers of each spool, duplicates left out."""
        found = {}
        for record in self.broker.read_all(TOPIC):
            about = headers(record)
            found.setdefault(about["ce_spool"], {})[int(about["ce_sequence"])] = about["ce_id"]
        return found

    def test_the_three_detections_arrive_over_tls(self):
        from jsonschema import Draft202012Validator
        schema = Draft202012Validator(json.loads((SOURCE / "docs/alert.schema.json").read_text()))
        self.do("speak", "-l", "paste.evil.test")
        self.do("ask", "203.0.113.53", "5300", "db.shop.test")
        self.do("connect", "198.51.100.77", "8080")
        for rule in ("unexpected-domain", "dns-not-on-53", "connect-without-dns"):
            self.await_record(f'"{rule}"')
        workload = f"{self.cluster.name}/Deployment/checkout"
        for record in self.arrived():
            alert, about = json.loads(record.value), headers(record)
            schema.validate(alert)
            self.assertEqual(record.key.decode(), workload)
            self.assertIn(workload, alert["message"])
            self.assertIn(self.pod["name"], record.value.decode())
            self.assertEqual(
                (about["ce_id"], about["ce_sequence"], about["ce_subject"], about["ce_source"],
                 about["dedup_id"], about["content-type"]),
                (alert["metadata"]["uid"], str(alert["metadata"]["sequence"]),
                 alert["finding_info"]["analytic"]["uid"], "/nodes/node1/nameward",
                 alert["finding_info"]["uid"], "application/json"))
        self.assertEqual(self.sensor.get("/readyz"), "ok\n")

    def test_no_alert_is_lost_with_the_sensors_pod_and_the_broker(self):
        # What the pod asks for, not where it connects: to the next sensor it is a pod
        # whose history nobody knows.
        self.do("speak", "-l", "before.test")
        self.await_record("before.test")
        self.broker.kill()
        self.do("speak", "-l", "meanwhile.test")
        wait_until(lambda: self.pending() > 0, "one waits for the broker", 30)
        self.kill_the_sensor()
        self.do("speak", "-l", "after.test")
        wait_until(lambda: self.pending() > 1, "both wait for the broker", 30)
        self.broker.start()
        for name in ("before.test", "meanwhile.test", "after.test"):
            self.await_record(name, 120)
        wait_until(lambda: self.pending() == 0, "all are acknowledged", 60)
        [numbers] = self.sequences().values()
        self.assertEqual(sorted(numbers), list(range(len(numbers))), "a gap, or another spool")

    def kill_the_sensor(self):
        """kill -9, and then the pod is deleted; the next one is Ready."""
        old = self.sensor.pod["metadata"]["name"]
        for process in self.sensor.processes():
            with contextlib.suppress(ProcessLookupError):  # sensor and keeper end together
                os.kill(int(process["Pid"]), signal.SIGKILL)
        self.sensor.cluster.kubectl("delete", "pod", old, "--force", "--grace-period=0")
        self.sensor.cluster.kubectl("rollout", "status", "daemonset/nameward", "--timeout=120s",
                                    timeout=130)
        self.assertNotEqual(self.sensor.pod["metadata"]["name"], old)


def headers(record):
    return {name: value.decode() for name, value in record.headers}


if __name__ == "__main__":
    build_image()
    main([sensor.missing, missing])
