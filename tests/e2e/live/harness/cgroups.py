# SPDX-License-Identifier: Apache-2.0
"""Cgroups of the test's own, named as a kubelet does."""
import os
import pathlib
import secrets
import signal
import uuid

from harness.process import wait_until


def cgroup2_mount():
    """Where cgroup v2 is mounted: nobody promises /sys/fs/cgroup."""
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            fields, kind = line.split(" - ")
            if kind.split()[0] == "cgroup2":
                return pathlib.Path(fields.split()[4])
    return None


def pids_mount():
    """Where the v1 hierarchy of the pids controller is mounted; None on pure v2."""
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            fields, kind = line.split(" - ")
            if kind.split()[0] == "cgroup" and "pids" in kind.split()[2].split(","):
                return pathlib.Path(fields.split()[4])
    return None


class Cgroup:
    """One directory; `id` is what the kernel programs report for it."""

    def __init__(self, path, root, mark=0, pod_uid=None, container_id=None):
        self.directory = path
        self.path = "/" + str(path.relative_to(root))
        self.id = path.stat().st_ino | mark
        self.pod_uid, self.container_id = pod_uid, container_id

    def pids(self):
        try:
            return [int(pid) for pid in (self.directory / "cgroup.procs").read_text().split()]
        except FileNotFoundError:
            return []

    def kill(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not self.pids(), lambda: f"{self.path}: still {self.pids()}")


class CgroupTree:
    """Makes cgroups below a first-level one of its own, and removes them all.

    Nothing is shared with another copy of the tests, nor with a kubelet.
    """
    mark = 0  # of the ids

    def __init__(self, prefix="nwtest", root=None):
        self.root = root or cgroup2_mount()
        self.top = self.root / f"{prefix}-{secrets.token_hex(4)}"
        self._made = []

    def container(self, pod_uid=None):
        """A container's cgroup as containerd makes it under systemd's driver."""
        pod_uid = pod_uid or str(uuid.uuid4())
        container_id = secrets.token_hex(32)
        slice_name = f"kubepods-burstable-pod{pod_uid.replace('-', '_')}.slice"
        path = (self.top / "kubepods.slice" / "kubepods-burstable.slice" / slice_name /
                f"cri-containerd-{container_id}.scope")
        return self._make(path, pod_uid=pod_uid, container_id=container_id)

    def plain(self, name):
        """A cgroup that belongs to no pod."""
        return self._make(self.top / f"{name}-{secrets.token_hex(4)}")

    def _make(self, path, **identity):
        path.mkdir(parents=True)
        cgroup = Cgroup(path, self.root, self.mark, **identity)
        self._made.append(cgroup)
        return cgroup

    def close(self):
        for cgroup in reversed(self._made):
            cgroup.kill()
        self._made = []
        if self.top.is_dir():
            for directory, _, _ in os.walk(self.top, topdown=False):
                os.rmdir(directory)


class PidsTree(CgroupTree):
    """The same in the v1 hierarchy of the pids controller, by the cgroupfs driver."""
    mark = 1 << 62  # NW_CGROUP_V1

    def __init__(self, prefix="nwtest"):
        super().__init__(prefix, pids_mount())

    def container(self, pod_uid=None):
        pod_uid = pod_uid or str(uuid.uuid4())
        container_id = secrets.token_hex(32)
        path = self.top / "kubepods" / "besteffort" / f"pod{pod_uid}" / container_id
        return self._make(path, pod_uid=pod_uid, container_id=container_id)
