# SPDX-License-Identifier: Apache-2.0
"""Every pod of a namespace from its creation on, by one `kubectl get --watch`."""
import json
import subprocess
import threading

from harness import cluster as clusters
from harness.process import end

LINE = (r'jsonpath={.metadata.uid}|{.metadata.name}|{.status.phase}|'
        r'{.metadata.labels}{"\n"}')


class PodWatch:
    """`labels` of each pod by uid and name, and which have ended."""

    def __init__(self, cluster):
        self.pods = {}  # uid: (name, labels)
        self.ended, self.failed = set(), set()
        self._process = subprocess.Popen(
            [*map(str, clusters.kubectl(cluster.place)), f"--namespace={cluster.name}",
             "get", "pods", "--watch", "-o", LINE], stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._reader.join()
        end(self._process)

    @property
    def alive(self):
        return len(self.pods) - len(self.ended)

    def _read(self):
        for line in self._process.stdout:
            uid, name, phase, labels = line.rstrip("\n").split("|")
            self.pods[uid] = (name, json.loads(labels))
            if phase in ("Succeeded", "Failed"):
                self.ended.add(uid)
            if phase == "Failed":
                self.failed.add(uid)
