# SPDX-License-Identifier: Apache-2.0
"""A network of its own: a bridge, and hosts on 192.0.2.0/24 and 2001:db8::/64.

Each host is a network namespace with one leg into the bridge and no way out.
Clients run in a host, in a cgroup, and in a mount namespace of their own, where
/etc/resolv.conf is the one that the test gives.

    with NetLab() as lab:
        server = lab.host(1, also=[11, 12])      # 192.0.2.1, .11, .12, ::1 ...
        client = lab.host(2)
        box = lab.cgroups.container()
        lab.run(client, box, ["dig", "db.shop.test"], resolver=server.v4)
"""
import pathlib
import shutil
import subprocess
import tempfile

from harness.cgroups import CgroupTree
from harness.process import end, unique_name

# $1 cgroup directory, $2 network namespace, $3 folder of files for /etc, then
# the command.  Everything is exec: the pid that was started is the client's.
ENTER = """
echo 0 > "$1/cgroup.procs" || exit 125
netns=$2 etc=$3; shift 3
exec nsenter --net="$netns" unshare --mount --propagation private sh -c '
etc=$1; shift
mount --bind "$etc/resolv.conf" /etc/resolv.conf || exit 125
mount --bind "$etc/hosts" /etc/hosts || exit 125
stat -Lc %i /proc/self/ns/mnt > "$etc/mntns" || exit 125
exec "$@"' enter "$etc" "$@"
"""


def ip(*arguments, netns=None):
    inside = ["-n", netns] if netns else []
    run = subprocess.run(["ip", *inside, *map(str, arguments)], capture_output=True,
                         text=True)
    if run.returncode != 0:
        raise RuntimeError(f"ip {' '.join(map(str, arguments))}: {run.stderr.strip()}")


class Host:
    """A network namespace; number 7 has 192.0.2.7 and 2001:db8::7."""

    def __init__(self, netns, numbers):
        self.netns = netns
        self.path = f"/run/netns/{netns}"
        self.v4 = f"192.0.2.{numbers[0]}"
        self.v6 = f"2001:db8::{numbers[0]}"


class NetLab:
    def __init__(self, mtu=1500, cgroup_prefix="nwtest"):
        self.name = unique_name()
        self.mtu = mtu
        self.cgroups = CgroupTree(cgroup_prefix)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=self.name + "-"))
        self._namespaces, self._processes = [], []
        self._switch = None

    def __enter__(self):
        try:
            self._switch = self._namespace("sw")
            ip("link", "add", "br0", "mtu", self.mtu, "type", "bridge", netns=self._switch)
            ip("link", "set", "br0", "up", netns=self._switch)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for process in reversed(self._processes):
            end(process)
        self._processes = []
        self.cgroups.close()
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
        self._namespaces = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def host(self, number, also=()):
        """A host with the addresses number, and those of `also` besides."""
        netns, leg = self._namespace(f"h{number}"), f"p{number}"
        ip("link", "add", leg, "mtu", self.mtu, "type", "veth", "peer", "name", "eth0",
           "mtu", self.mtu, "netns", netns, netns=self._switch)
        ip("link", "set", leg, "master", "br0", "up", netns=self._switch)
        numbers = [number, *also]
        for n in numbers:
            ip("addr", "add", f"192.0.2.{n}/24", "dev", "eth0", netns=netns)
            ip("addr", "add", f"2001:db8::{n}/64", "dev", "eth0", "nodad", netns=netns)
        ip("link", "set", "eth0", "up", netns=netns)
        return Host(netns, numbers)

    def start(self, host, cgroup, command, resolver=None, hosts="", **popen):
        """A process that `close` ends, if the test does not."""
        etc = self._etc(resolver, hosts)
        process = subprocess.Popen(
            ["sh", "-c", ENTER, "enter", cgroup.directory, host.path, etc,
             *map(str, command)], **popen)
        process.etc = etc
        self._processes.append(process)
        return process

    def run(self, host, cgroup, command, resolver=None, hosts="", check=True, timeout=60):
        """Runs to the end.  The result has pid, mntns, returncode, output, errors."""
        process = self.start(host, cgroup, command, resolver, hosts, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        try:
            process.output, process.errors = process.communicate(timeout=timeout)
        finally:
            end(process)
        self._processes.remove(process)
        if check and process.returncode != 0:
            raise AssertionError(f"{command}: exit status {process.returncode}\n"
                                 f"{process.output}{process.errors}")
        mntns = process.etc / "mntns"
        process.mntns = int(mntns.read_text()) if mntns.exists() else None
        return process

    def _namespace(self, name):
        namespace = self.name + name
        ip("netns", "add", namespace)
        self._namespaces.append(namespace)
        ip("link", "set", "lo", "up", netns=namespace)
        return namespace

    def _etc(self, resolver, hosts):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        servers = [resolver] if isinstance(resolver, str) else resolver or []
        lines = [f"nameserver {server}\n" for server in servers]
        (folder / "resolv.conf").write_text("".join(lines) + "options timeout:2 attempts:2\n")
        (folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n" + hosts)
        return folder
