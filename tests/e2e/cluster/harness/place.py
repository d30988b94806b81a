# SPDX-License-Identifier: Apache-2.0
"""Where a cluster of some name lives.  Clusters of other names don't meet it.

A cluster is one cgroup in each hierarchy, one folder, and processes in network
and mount namespaces of their own; nothing else of the machine knows of it.
"""
import os
import pathlib
import re

CACHE = pathlib.Path(os.environ.get("NAMEWARD_CACHE") or
                     pathlib.Path.home() / ".cache/nameward")
CGROUP_PREFIX = "nameward-test-"


class Place:
    def __init__(self, name=None):
        self.name = (name or os.environ.get("NW_CLUSTER") or
                     os.environ.get("NW_DEFAULT_CLUSTER") or "dev")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", self.name):
            raise ValueError(f"{self.name}: not a name for a cluster "
                             "(20 of a-z, 0-9 and -)")
        self.folder = CACHE / "clusters" / self.name
        # The kubelet's cgroup root; its own processes are in its child `node`.
        self.cgroup = CGROUP_PREFIX + self.name

    def file(self, *parts):
        return self.folder.joinpath(*parts)

    @property
    def ready(self):
        return self.file("ready").exists() and self.holder() is not None

    def holder(self):
        """The pid of the process that holds the node's namespaces, or None."""
        return self.pid("node")

    def pid(self, name):
        """The pid of a component of this cluster, or None if it doesn't run."""
        try:
            pid = int(self.file("pid", name).read_text())
            cgroups = pathlib.Path(f"/proc/{pid}/cgroup").read_text()
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError):
            return None
        return pid if state != "Z" and f"/{self.cgroup}/node\n" in cgroups else None
