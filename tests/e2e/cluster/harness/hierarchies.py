# SPDX-License-Identifier: Apache-2.0
"""One cgroup name in every hierarchy of the machine: v1, v2 and hybrid alike."""
import os
import pathlib
import signal

from harness.process import wait_until


def mounts():
    """The mount points of all cgroup file systems, each hierarchy once."""
    found = {}
    with open("/proc/self/mountinfo") as lines:
        for line in lines:
            fields, kind = (half.split() for half in line.split(" - "))
            if kind[0] in ("cgroup", "cgroup2") and fields[3] == "/":
                found.setdefault(fields[2], pathlib.Path(fields[4]))
    return list(found.values())


def make(path):
    """The cgroup `path` with all its parents, so that tasks may enter it."""
    for mount in mounts():
        directory = mount
        for part in pathlib.Path(path).parts:
            _offer_controllers(directory)
            directory /= part
            directory.mkdir(exist_ok=True)
            _copy_cpuset(directory)


def enter(path):
    """Moves this process; what it starts is born there."""
    for mount in mounts():
        (mount / path / "cgroup.procs").write_text("0")


def kill(path):
    """Ends every process below `path`, in whichever hierarchy it still is."""
    def none_left():
        left = set(_processes(path))
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not left
    wait_until(none_left, lambda: f"{path}: processes {set(_processes(path))} don't end", 60)


def remove(path):
    """Removes the empty tree `path`; a dead process may hold it for a moment."""
    wait_until(lambda: not any([_remove(mount / path) for mount in mounts()]),
               f"the cgroup {path} cannot be removed")


def _offer_controllers(directory):
    """cgroup v2: what the parent has, its children may use (where tasks allow)."""
    control = directory / "cgroup.subtree_control"
    if not control.exists():
        return
    offered = set((directory / "cgroup.controllers").read_text().split())
    for controller in offered - set(control.read_text().split()):
        try:
            control.write_text("+" + controller)
        except OSError:
            pass  # e.g. cpu while realtime tasks run: the kubelet says if it matters


def _copy_cpuset(directory):
    """cgroup v1 cpuset: a new cgroup has no CPU, and then no task may enter."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        file = directory / name
        if file.exists() and not (directory / "cgroup.controllers").exists():
            file.write_text((directory.parent / name).read_text())


def _processes(path):
    for mount in mounts():
        for directory, _, _ in os.walk(mount / path):
            try:
                yield from map(int, pathlib.Path(directory, "cgroup.procs").read_text().split())
            except OSError:
                pass  # removed meanwhile


def _remove(top):
    """True while something of it is left."""
    for directory, _, _ in os.walk(top, topdown=False):
        try:
            os.rmdir(directory)
        except OSError:
            return True
    return False
