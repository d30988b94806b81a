#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every event names its pod, from the pod's first packet to its last.

The truth comes from the pods themselves: each container asks for
`<its uid>.<its name>.<n>.test` as its first act, then connects to a port that no
other container uses.
"""
import collections
import itertools
import json
import time

from harness import outside, sensor
from harness.node_sensor import NodeSensor
from harness.on_node import OnNode, main
from harness.pods import (container, cron_job, daemon_set, deployment, job, pod, pod_template,
                          stateful_set)
from harness.process import wait_until
from harness.tally import said_by

ROUNDS = 10
NAME_SECONDS = 30  # an unknown pod may wait 3 s for its name; machines are busy
_ports = itertools.count(10000)


class Speaker:
    """A container that speaks; knows the port that only its kind connects to."""

    def __init__(self, name, *flags, rounds=ROUNDS, **fields):
        self.name, self.rounds, self.port = name, rounds, next(_ports)
        self.container = container(name, "speak", "-n", rounds, "-i", 20, "-p", self.port,
                                   *flags, "%u.%c.%n.test.", **fields)


def main_speaker(*flags, **fields):
    return Speaker("main", *(flags or ("-w",)), **fields)


def template(app, *speakers, init=(), **spec):
    return pod_template(*[s.container for s in speakers], labels={"app": app, "tier": "test"},
                        init=[s.container for s in init], **spec)


class Identities(OnNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sensor = cls.enterClassContext(NodeSensor(cls.cluster))
        [cls.coredns] = cls.cluster.kubectl(
            "get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns",
            "-o", "jsonpath={.items[*].metadata.uid}").split()

    def start(self, app, *objects):
        """Applies them; each object's pods carry the label app=`app`."""
        self.app = app
        self.cluster.apply(*objects)

    def pods(self, count=1):
        return wait_until(lambda: self.settled(count), lambda: f"{self.app}: {self.states()}",
                          NAME_SECONDS)

    def settled(self, count):
        pods = self.cluster.pods(f"app={self.app}")
        done = [p for p in pods if p["status"]["phase"] in ("Running", "Succeeded")]
        return pods if len(done) == len(pods) == count else None

    def states(self):
        return [p["status"] for p in self.cluster.pods(f"app={self.app}")]

    def assert_named(self, pods, workload, *speakers):
        for one, speaker in itertools.product(pods, speakers):
            self.assert_speaker_named(one, workload, speaker)

    def assert_speaker_named(self, one, workload, speaker):
        """All its rounds are there, each with the right names in every event."""
        uid = self.uid_of(one)
        everything = set(range(1, speaker.rounds + 1))
        self.sensor.wait_for(
            lambda: {n for n, _ in self.questions(uid, speaker.name)} >= everything
            and len(self.connects(uid, speaker.port)) >= speaker.rounds,
            f"{self.app}/{speaker.name}: all rounds of {uid}", NAME_SECONDS)
        events = [event for _, event in self.questions(uid, speaker.name)]
        for event in events + self.connects(uid, speaker.port):
            self.assert_names(event, one, workload, speaker)

    def assert_names(self, event, one, workload, speaker):
        meta = one["metadata"]
        self.assertEqual(event["pod"], {
            "namespace": meta["namespace"], "name": meta["name"], "uid": self.uid_of(one),
            "workload": workload, "labels": meta.get("labels", {})}, event)
        self.assertEqual(event["container"]["name"], speaker.name, event)
        self.assertEqual(event["container"]["image"], "localhost/box:1", event)

    @staticmethod
    def uid_of(one):
        """A static pod's own uid is not its mirror's."""
        return one["metadata"].get("annotations", {}).get("kubernetes.io/config.mirror",
                                                          one["metadata"]["uid"])

    def questions(self, uid, name):
        """(n, event) of what this container asked, and of the answers to it; CoreDNS
        asks the same of its own resolver."""
        events = [(said_by(e), e) for e in self.sensor.events("dns")
                  if f"/pod{self.coredns}/" not in e["cgroup"]["path"]]
        return [(said[3], event) for said, event in events
                if said and said[1:3] == (uid, name)]

    def connects(self, uid, port):
        return [e for e in self.sensor.events("connect")
                if e["connect"]["proto"] == "tcp" and e["connect"]["dst"].endswith(f":{port}")
                and f"/pod{uid}/" in e["cgroup"]["path"]]

    def test_deployment(self):
        speaker = main_speaker()
        self.start("web", deployment("web", template("web", speaker), replicas=3))
        self.assert_named(self.pods(3), "Deployment/web", speaker)

    def test_stateful_set(self):
        speaker = main_speaker()
        self.start("db", stateful_set("db", template("db", speaker)))
        self.assert_named(self.pods(), "StatefulSet/db", speaker)

    def test_daemon_set(self):
        speaker = main_speaker()
        self.start("agent", daemon_set("agent", template("agent", speaker)))
        self.assert_named(self.pods(), "DaemonSet/agent", speaker)

    def test_job_of_less_than_a_second(self):
        speaker = main_speaker("-s")
        self.start("once", job("once", template("once", speaker)))
        self.assert_named(self.pods(), "Job/once", speaker)

    def test_cron_job(self):
        speaker = main_speaker("-s")
        self.start("nightly", cron_job("nightly", template("nightly", speaker), "0 0 1 1 *"))
        # As the controller would, and call it, at its time.
        self.cluster.kubectl("create", "job", f"nightly-{int(time.time()) // 60}",
                             "--from=cronjob/nightly")
        self.assert_named(self.pods(), "CronJob/nightly", speaker)

    def test_static_pod(self):
        speaker = main_speaker()
        manifest = pod("local", speaker.container, labels={"app": "local"})
        manifest["metadata"]["namespace"] = self.cluster.name
        file = self.cluster.place.file("static", f"{self.cluster.name}.json")
        file.write_text(json.dumps(manifest))
        self.addCleanup(file.unlink)
        self.app = "local"
        self.assert_named(self.pods(), "Pod/local", speaker)

    def test_init_containers_and_a_sidecar(self):
        first, second = Speaker("first", "-s"), Speaker("second", "-s")
        sidecar = Speaker("proxy", "-w", restartPolicy="Always")
        speaker = main_speaker()
        self.start("init", pod("init", **template_words("init", speaker,
                                                        init=[first, sidecar, second])))
        self.assert_named(self.pods(), "Pod/init", first, sidecar, second, speaker)

    def test_two_containers_of_one_pod(self):
        speakers = Speaker("left", "-w"), Speaker("right", "-w")
        self.start("two", pod("two", **template_words("two", *speakers)))
        self.assert_named(self.pods(), "Pod/two", *speakers)

    def test_ephemeral_container(self):
        quiet, speaker = container("main", "pause"), Speaker("debugger", "-w")
        self.start("debugged", pod("debugged", quiet, labels={"app": "debugged"}))
        self.cluster.wait("pod/debugged", "Ready")
        changed = self.cluster.get("pod", "debugged")
        changed["spec"]["ephemeralContainers"] = [speaker.container]
        self.cluster.kubectl(
            "replace", "-f", "-", "--raw",
            f"/api/v1/namespaces/{self.cluster.name}/pods/debugged/ephemeralcontainers",
            text=json.dumps(changed))
        self.assert_named(self.pods(), "Pod/debugged", speaker)

    def test_host_network(self):
        one, other = main_speaker(), main_speaker()
        self.start("host", *(
            pod(name, **template_words("host", speaker, hostNetwork=True, dnsPolicy=policy))
            for name, speaker, policy in (("host1", one, "ClusterFirstWithHostNet"),
                                          ("host2", other, "Default"))))
        first, second = sorted(self.pods(2), key=lambda p: p["metadata"]["name"])
        self.assert_named([first], "Pod/host1", one)
        self.assert_named([second], "Pod/host2", other)

    def test_each_quality_of_service(self):
        both = {"requests": {"cpu": "10m", "memory": "16Mi"},
                "limits": {"cpu": "100m", "memory": "32Mi"}}
        guaranteed = {"limits": both["limits"]}
        for name, resources in (("burstable", both), ("guaranteed", guaranteed)):
            with self.subTest(name):
                speaker = main_speaker(resources=resources)
                self.start(name, pod(name, **template_words(name, speaker)))
                self.assert_named(self.pods(), f"Pod/{name}", speaker)

    def test_a_container_that_restarts(self):
        speaker = main_speaker("-s")
        self.start("again", pod("again", **template_words("again", speaker)))
        uid = self.pods()[0]["metadata"]["uid"]
        self.sensor.wait_for(lambda: len(self.connects(uid, speaker.port)) >= 2 * ROUNDS,
                             "the connects of two lives", NAME_SECONDS)
        self.assert_named(self.pods(), "Pod/again", speaker)
        ids = {e["container"]["id"] for e in self.connects(uid, speaker.port)}
        self.assertGreaterEqual(len(ids), 2)

    def test_a_pod_that_is_deleted_while_it_speaks(self):
        speaker = main_speaker("-w", rounds=0)
        self.start("late", pod("late", **template_words("late", speaker)))
        [late] = self.pods()
        uid = late["metadata"]["uid"]
        self.sensor.wait_for(lambda: self.questions(uid, "main"), "its first question")
        self.cluster.kubectl("delete", "pod", "late", "--grace-period=2")
        # It speaks until it is killed; the resolver has heard what reached it.
        heard = {int(name.split(".")[2]) for name in outside.questions()
                 if name.startswith(uid)}
        self.assertGreater(max(heard), ROUNDS)
        self.sensor.wait_for(
            lambda: {n for n, _ in self.questions(uid, "main")} >= heard,
            f"all of its {len(heard)} questions", NAME_SECONDS)
        asked = collections.Counter(n for n, e in self.questions(uid, "main")
                                    if not e["dns"]["response"])
        self.assertEqual(sorted(asked), list(range(1, max(asked) + 1)))
        for _, event in self.questions(uid, "main"):
            self.assert_names(event, late, "Pod/late", speaker)
        for event in self.connects(uid, speaker.port):
            self.assert_names(event, late, "Pod/late", speaker)

    def test_coredns_asks_for_itself(self):
        speaker = main_speaker()
        self.start("asker", pod("asker", **template_words("asker", speaker)))
        [asker] = self.pods()
        uid = self.uid_of(asker)
        asked = self.sensor.wait_for(
            lambda: [e for e in self.sensor.of_pod(self.coredns, "dns")
                     if e["dns"]["qname"].startswith(uid)], "a question of CoreDNS", NAME_SECONDS)
        for event in asked:
            self.assertEqual((event["pod"]["namespace"], event["pod"]["workload"],
                              event["container"]["name"]),
                             ("kube-system", "Deployment/coredns", "coredns"), event)
            self.assertRegex(event["container"]["image_id"], "^sha256:[0-9a-f]{64}$")


def template_words(app, *speakers, **more):
    """For pods.pod: what template() says, as its keywords."""
    made = template(app, *speakers, **more)
    return {"labels": made["metadata"]["labels"], **made["spec"]}


if __name__ == "__main__":
    main([sensor.missing])
