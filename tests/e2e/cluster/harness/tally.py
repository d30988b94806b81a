# SPDX-License-Identifier: Apache-2.0
"""Counts how many events name the pod and the container that made them.

The truth is what the pods say: a question for `<pod uid>.<container>.<n>.test`,
and a connect to what that name gave.
"""
import collections
import json
import re

from harness.node_sensor import NodeSensor

SAMPLES = 5
SAID = re.compile(r"([0-9a-f-]{32,36})\.([a-z0-9-]+)\.(\d+)\.test$")


def said_by(event):
    """(kind, pod uid, container, n) that the event's own name says, or None."""
    if event["kind"] == "dns":
        kind = "answer" if event["dns"]["response"] else "question"
        names = [event["dns"]["qname"]]
    elif event["kind"] == "connect" and event["connect"]["proto"] == "tcp":
        kind, names = "connect", event["connect"]["dns"]["names"]
    else:
        return None
    said = names and SAID.match(names[0])
    return (kind, said[1], said[2], int(said[3])) if said else None


class Tally:
    def __init__(self):
        self._seen = collections.Counter()  # (kind, uid, container, names, marked) : events
        self.rounds = collections.defaultdict(set)  # pod uid: n of its questions

    def add(self, event):
        said = said_by(event)
        if said:
            kind, uid, container, n = said
            named = event["container"] and event["container"]["name"]
            marked = event.get("enrichment") is not None
            self._seen[kind, uid, container, json.dumps(event["pod"]), named, marked] += 1
            if kind == "question":
                self.rounds[uid].add(n)

    def judge(self, truth):
        """truth: pod uid -> what its events' `pod` must be.  Returns figures."""
        figures = collections.Counter()
        samples = []
        for (kind, uid, container, pod, named, marked), count in self._seen.items():
            if uid not in truth:
                continue
            verdict = self._verdict(json.loads(pod), named, truth[uid], container)
            if verdict == "unknown" and not marked:
                verdict = "wrong"  # it must say that it does not know
            figures[verdict] += count
            figures[kind] += count
            if verdict != "right" and len(samples) < SAMPLES:
                samples.append((verdict, kind, uid, container, pod, named))
        return figures, samples

    @staticmethod
    def _verdict(pod, named, truth, container):
        if pod is None or named is None:
            return "wrong" if pod not in (None, truth) else "unknown"
        return "right" if (pod, named) == (truth, container) else "wrong"


class TallySensor(NodeSensor):
    """Keeps no event but counts them; those of pods in `but` (CoreDNS, which asks
    for others) are left out."""

    def __init__(self, cluster, but=(), **options):
        self._tally = Tally()
        self._unread = collections.deque()
        self._but = [f"/pod{uid}/" for uid in but]
        super().__init__(cluster, **options)

    def _read(self):
        """Only takes the lines: a sensor must not wait for who reads what it says."""
        self._unread.extend(self.process.stdout)

    @property
    def tally(self):
        while self._unread:
            line = self._unread.popleft()
            if line.startswith(b"{"):
                self._add(json.loads(line))
        return self._tally

    def _add(self, line):
        path = line.get("cgroup", {}).get("path") or ""
        if "kind" in line and not any(uid in path for uid in self._but):
            self._tally.add(line)
