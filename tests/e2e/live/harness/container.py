# SPDX-License-Identifier: Apache-2.0
"""Runs a command in a container with the rights of the manifests, by runc alone.

Exactly four capabilities, a read-only root, no new privileges; pid, mount, cgroup,
ipc and uts namespaces of its own.  The host's cgroup mounts are below
/host/sys/fs/cgroup, read-only, and the container's own at /sys/fs/cgroup, as in a
pod.  The network is the host's, so that a test can ask for metrics.
"""
import json
import shutil
import subprocess

from harness.process import unique_name

CAPABILITIES = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_DAC_READ_SEARCH"]
NAMESPACES = ["pid", "mount", "cgroup", "ipc", "uts"]
SYSTEM = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc"]


def missing():
    """Why there are no containers here, or None."""
    return None if shutil.which("runc") else "not installed: runc"


def bind(source, destination, *options):
    return {"destination": str(destination), "type": "bind", "source": str(source),
            "options": ["rbind", "rprivate", *options]}


def filesystem(destination, kind, *options):
    return {"destination": destination, "type": kind, "source": kind,
            "options": list(options)}


class Container:
    """One container; `folders` are there too, under the paths that they have here."""

    def __init__(self, lab, folders, host_cgroups="/sys/fs/cgroup"):
        self.name = unique_name("nwbox")
        self._bundle, self._state = lab.folder / self.name, lab.folder / "runc"
        mounts = [filesystem("/proc", "proc"),
                  filesystem("/dev", "tmpfs", "nosuid", "mode=755"),
                  filesystem("/sys", "sysfs", "ro"),
                  filesystem("/sys/fs/cgroup", "cgroup", "ro"),
                  *[bind(folder, folder, "ro") for folder in SYSTEM],
                  *[bind(folder, folder) for folder in folders]]
        if host_cgroups:
            mounts.append(bind(host_cgroups, "/host/sys/fs/cgroup", "ro"))
        for mount in mounts:
            (self._bundle / "rootfs" / mount["destination"][1:]).mkdir(parents=True,
                                                                       exist_ok=True)
        self._config = {
            "ociVersion": "1.0.2", "root": {"path": "rootfs", "readonly": True},
            "mounts": mounts,
            "linux": {"namespaces": [{"type": kind} for kind in NAMESPACES],
                      "cgroupsPath": f"/{lab.cgroups.top.name}-{self.name}"}}

    def command(self, command):
        """The command that runs `command` in it, in the foreground."""
        self._config["process"] = {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "cwd": "/",
            "args": list(map(str, command)), "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            "capabilities": {kind: CAPABILITIES
                             for kind in ("bounding", "effective", "permitted")},
            "noNewPrivileges": True}
        (self._bundle / "config.json").write_text(json.dumps(self._config))
        return ["runc", "--root", self._state, "run", "--bundle", self._bundle, self.name]

    def pid(self):
        """Of its first process, as the host counts."""
        state = subprocess.run(["runc", "--root", self._state, "state", self.name],
                               capture_output=True, check=True)
        return json.loads(state.stdout)["pid"]

    def close(self):
        subprocess.run(["runc", "--root", self._state, "delete", "--force", self.name],
                       capture_output=True, check=False)
