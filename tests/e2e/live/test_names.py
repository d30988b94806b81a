#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""With a list of pods, events name pod and container or say what is missing; a replay
of the recording says the same."""
import json
import os
import subprocess
import sys

from harness import runner, sensor
from harness.watched import Watched

LOOK_UP = "import socket; socket.create_connection((socket.gethostbyname('db.shop.test'), 8080))"
WORLDS = ({"NAMEWARD_HASH_SEED": "1"}, {"NAMEWARD_HASH_SEED": "2", "TZ": "Pacific/Apia"})


def pod_list(box):
    """What a kubelet would say of the box."""
    return {"kind": "PodList", "items": [{
        "metadata": {"namespace": "payments", "name": "shop-0", "uid": box.pod_uid,
                     "labels": {"app": "shop"},
                     "ownerReferences": [{"kind": "StatefulSet", "name": "shop",
                                          "controller": True}]},
        "spec": {"containers": [{"name": "main"}, {"name": "proxy"}]},
        "status": {"containerStatuses": [{
            "name": "main", "image": "registry.test/shop:1",
            "containerID": f"containerd://{box.container_id}"}]}}]}


class Names(Watched):
    @classmethod
    def start_sensor(cls, resolvers):
        cls.listed = cls.lab.cgroups.container()
        pods = cls.lab.folder / "pods.json"
        pods.write_text(json.dumps(pod_list(cls.listed)))
        config = cls.lab.folder / "nameward.yaml"
        config.write_text(json.dumps({"pods": {"source": "file", "file": str(pods)}}))
        cls.recording = cls.lab.folder / "names.nwrec"
        return sensor.Sensor(cls.lab, resolvers=resolvers,
                             flags=["--config", config, "--record", cls.recording])

    def look_up_in(self, box):
        self.lab.run(self.client, box, [sys.executable, "-S", "-c", LOOK_UP],
                     resolver=self.server.v4)
        self.sensor.barrier(self.client, box)
        return self.sensor.events("dns", box) + self.sensor.events("connect", box)

    def test_1_a_listed_pod_is_named(self):
        for event in self.look_up_in(self.listed):
            self.assertEqual(event["pod"], {
                "namespace": "payments", "name": "shop-0", "uid": self.listed.pod_uid,
                "workload": "StatefulSet/shop", "labels": {"app": "shop"}})
            self.assertEqual(event["container"]["name"], "main")
            self.assertNotIn("enrichment", event)

    def test_2_one_that_nobody_listed_says_so(self):
        for event in self.look_up_in(self.box):
            self.assertIsNone(event["pod"])
            self.assertEqual(event["enrichment"], "missing")
            self.assertEqual(event["cgroup"]["pod_uid"], self.box.pod_uid)
        self.sensor.wait_for(self.counted, "the events that waited in vain are counted")

    def counted(self):
        ledger = self.sensor.ledger()
        return (ledger["events_released"]["timeout"] > 0 and
                ledger["events_observed"] == sum(ledger["events"].values()) + ledger["waiting"])

    def test_3_a_replay_says_the_same(self):
        self.assertEqual(self.sensor.stop(), 0, self.sensor.errors())
        self.assertRegex(self.sensor.errors(), r"; closes\n$")
        live = b"".join(line for line in self.sensor.raw if b'"kind"' in line[:20])
        self.assertIn(b'"enrichment":"missing"', live)
        for world in WORLDS:
            run = subprocess.run([sensor.BINARY, "replay", "--events", "--format", "json",
                                  self.recording], env={**os.environ, **world},
                                 capture_output=True, check=True)
            self.assertEqual(run.stdout, live)

    def tearDown(self):
        if self.sensor.process.poll() is None:
            super().tearDown()


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
