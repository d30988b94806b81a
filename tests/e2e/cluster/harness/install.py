# SPDX-License-Identifier: Apache-2.0
"""The sensor as users have it: the image of `./dev image`, and the manifests.

    with Installed() as sensor:
        ...
        for alert in sensor.alerts_of(uid): ...

    if __name__ == "__main__":
        build_image()
        main()
"""
import json
import os
import pathlib
import subprocess
import urllib.request

from harness.cluster import Cluster
from harness.place import Place
from harness.process import wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[4]
SITE = SOURCE / "tests/e2e/cluster/site"
READY_SECONDS = 120


def build_image():
    """Of the binary under test; before `main`, for the node has no dpkg database."""
    if "NW_ON_NODE" in os.environ or not Place().ready:
        return
    subprocess.run(
        ["bash", "-ec", ". tools/dev/common.sh; . tools/dev/image.sh; make_image \"$@\"",
         "make_image", os.environ["NW_BINARY"], _image_folder()],
        cwd=SOURCE, check=True, stdout=subprocess.DEVNULL)


def _image_folder():
    return Place().file("images/nameward")


def load_image():
    Cluster().load(*_image_folder().glob("*.tar"))


class Installed:
    """Applies a kustomization; deletes it and its namespace at the end."""

    def __init__(self, site=SITE):
        self.site = site
        self.cluster = Cluster(namespace="nameward")

    def __enter__(self):
        try:
            load_image()
            self.remove()  # what an interrupted test left has another image
            self.apply()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        self.cluster.kubectl("delete", "-k", self.site, "--ignore-not-found", check=False)

    def apply(self):
        self.cluster.kubectl("apply", "-k", self.site)
        self.cluster.kubectl("rollout", "status", "daemonset/nameward",
                             f"--timeout={READY_SECONDS}s", timeout=READY_SECONDS + 10)

    @property
    def pod(self):
        """The sensor's pod on this, the only node."""
        [pod] = [p for p in self.cluster.pods("app.kubernetes.io/name=nameward")
                 if "deletionTimestamp" not in p["metadata"]]
        return pod

    def alerts(self):
        lines = self.cluster.logs(self.pod["metadata"]["name"]).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def alerts_of(self, uid):
        return [alert for alert in self.alerts() if uid in json.dumps(alert)]

    def wait_for_alert(self, uid, text, seconds=30):
        """An alert of this pod that says `text` somewhere."""
        wait_until(lambda: any(text in json.dumps(a) for a in self.alerts_of(uid)),
                   lambda: f"no alert of pod {uid} says {text}: {self.alerts_of(uid)}", seconds)

    def get(self, path):
        """From the metrics port, as a probe of the kubelet does."""
        url = f"http://{self.pod['status']['podIP']}:9464{path}"
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.read().decode()

    def doctor(self):
        """State and text of each fact, by name."""
        lines = self.cluster.kubectl("exec", "daemonset/nameward", "--",
                                     "/usr/bin/nameward", "doctor", "--format=json", check=False)
        return {fact["name"]: fact for fact in map(json.loads, lines.splitlines())}

    def processes(self):
        """/proc/PID/status of each of the pod's processes, as dictionaries."""
        uid = self.pod["metadata"]["uid"]
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (process / "comm").read_text().startswith("nameward") and \
                        f"pod{uid}" in (process / "cgroup").read_text():
                    lines = (process / "status").read_text().splitlines()
                    found.append(dict(line.split(":\t", 1) for line in lines if ":\t" in line))
            except OSError:
                pass  # ended meanwhile
        return found
