# SPDX-License-Identifier: Apache-2.0
"""Every pod of a namespace from its creation on, by one `kubectl get --watch`."""
import json
import subprocess
import threading

from harness import cluster as clusters
from harness.process import end

LINE = (r'jsonpath={.type}|{.object.metadata.uid}|{.object.metadata.name}|{.object.status.phase}|'
        r'{.object.metadata.labels}{"\n"}')


class PodWatch:
    """`pods`: name and labels of each by uid; `ended` and `failed`: uids of those.

    A watch that the API server ends, as it does with a slow reader, goes on.
    """

    def __init__(self, cluster):
        self.pods = {}  # uid: (name, labels)
        self.ended, self.failed = set(), set()
        self._cluster, self._closed = cluster, threading.Event()
        self._process = self._start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closed.set()
        while self._reader.is_alive():  # it may just start another one
            self._process.terminate()
            self._reader.join(1)
        end(self._process)

    @property
    def alive(self):
        return len(self.pods) - len(self.ended)

    def stuck(self):
        """Who is alive, for a message."""
        names = [name for uid, (name, _) in list(self.pods.items()) if uid not in self.ended]
        return f"{len(names)} of {len(self.pods)} pods don't end: {names[:30]}"

    def _start(self):
        return subprocess.Popen(
            [*map(str, clusters.kubectl(self._cluster.place)), f"--namespace={self._cluster.name}",
             "get", "pods", "--watch", "--output-watch-events", "-o", LINE],
            stdout=subprocess.PIPE, text=True)

    def _read(self):
        while True:
            for line in self._process.stdout:
                self._take(*line.rstrip("\n").split("|"))
            if self._closed.wait(1):
                return
            end(self._process)
            listed = {p["metadata"]["uid"] for p in self._cluster.pods()}
            self.ended |= set(self.pods) - listed
            self._process = self._start()

    def _take(self, what, uid, name, phase, labels):
        if not uid:
            return  # an error: the watch ends
        self.pods[uid] = (name, json.loads(labels))
        # One that is deleted before it runs has no phase of an end.
        if phase in ("Succeeded", "Failed") or what == "DELETED":
            self.ended.add(uid)
        if phase == "Failed" or what == "DELETED" and phase != "Succeeded":
            self.failed.add(uid)
