# SPDX-License-Identifier: Apache-2.0
"""A whole cluster: up, down, and what a test does with it.

    place = Place("dev")
    up(place)                           # ready when it returns
    join(place)                         # this process is on the node from here on
    with Cluster(place).namespace() as cluster:
        cluster.apply(pod("box", container("main", "pause")))
        cluster.wait("pod/box", "Ready")
        cluster.exec("box", "id")
"""
import contextlib
import fcntl
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys

from harness import components, hierarchies, image, program
from harness.cgroups import cgroup2_mount
from harness.place import CACHE, CGROUP_PREFIX, Place
from harness.process import Timeout, wait_until

TOOLS = ("containerd", "ctr", "runc", "iptables", "conntrack", "ip", "nsenter", "unshare",
         "openssl", "busybox", "unbound", "unbound-control", image.COMPILER)
CNI_PLUGINS = ("ptp", "bridge", "host-local", "loopback")
STRANGERS = ("kubelet", "containerd", "dockerd", "k3s", "k3s-server", "k0s", "rke2", "crio")
UP_SECONDS = 1500


def missing():
    """Why this machine cannot run a cluster, or None."""
    if os.geteuid() != 0:
        return "needs root"
    if cgroup2_mount() is None:
        return "no cgroup2 file system is mounted"
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    lacking += [f"/usr/lib/cni/{name}" for name in CNI_PLUGINS
                if not pathlib.Path("/usr/lib/cni", name).exists()]
    if lacking:
        return f"not installed: {' '.join(lacking)}"
    hidden = [folder for folder in ("/run", "/var/lib", "/var/log")
              if CACHE.is_relative_to(folder) or image.WORKLOAD.is_relative_to(folder)]
    if hidden:
        return f"the tree or NAMEWARD_CACHE is in {hidden[0]}, which a cluster has its own of"
    return stranger() or program.missing()


def stranger():
    """A container runtime or kubelet that is not a test cluster's, or None."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "comm").read_text().strip()
            if name in STRANGERS and f"/{CGROUP_PREFIX}" not in (process / "cgroup").read_text():
                return f"a {name} runs already (pid {process.name}): it is left in peace"
        except OSError:
            pass  # ended meanwhile
    return None


@contextlib.contextmanager
def locked(place):
    """One `up` or `down` of a name at a time."""
    place.folder.parent.mkdir(parents=True, exist_ok=True)
    path = place.folder.parent / f".{place.name}.lock"
    while True:
        with open(path, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists() or not path.samefile(f"/proc/self/fd/{lock.fileno()}"):
                continue  # the one before took it away
            try:
                return (yield)
            finally:
                path.unlink()


def up(place):
    """Brings the cluster up, from whatever state; returns when CoreDNS answers."""
    program.build()
    with locked(place):
        if place.ready:
            return
        remove(place)
        place.file("pid").mkdir(parents=True)
        hierarchies.make(f"{place.cgroup}/node")
        command = ["unshare", "--net", "--mount", "--propagation", "slave", sys.executable,
                   pathlib.Path(__file__).resolve().parents[1] / "cluster.py", "node", place.name]
        place.file("log").mkdir()
        node = components.start(place, "node", command)
        wait_until(lambda: place.ready or place.pid("node") != node,
                   f"the node is not ready: {place.file('log')}", UP_SECONDS)
        if not place.ready:
            raise RuntimeError(f"the node ended:\n{components.log(place, 'node', 40)}")


def down(place):
    """Ends the cluster, or what is left of one, without a trace."""
    with locked(place):
        remove(place)


def remove(place):
    # With the last process go the namespaces: interfaces, rules, mounts.
    hierarchies.kill(place.cgroup)
    hierarchies.remove(place.cgroup)
    if place.folder.exists():
        shutil.rmtree(place.folder)


def join(place):
    """Moves this process into the node's network and mount namespaces, for good.

    By starting again under nsenter: threads and libraries see nothing else.
    """
    if os.environ.get("NW_ON_NODE") == place.name:
        return
    holder = place.holder()
    if holder is None:
        raise RuntimeError(f"the cluster {place.name} is not up")
    os.environ["NW_ON_NODE"] = place.name
    os.environ["NW_CLUSTER"] = place.name
    os.execvp("nsenter", ["nsenter", f"--target={holder}", "--net", "--mount",
                          f"--wdns={os.getcwd()}", sys.executable, *sys.argv])


def kubectl(place):
    """The command without its arguments; its cache is the cluster's, not HOME's."""
    return [program.path(), "kubectl", f"--kubeconfig={place.file('pki/admin.conf')}",
            f"--cache-dir={place.file('kubectl')}"]


class Cluster:
    """Speaks to a cluster from its node, as its administrator, in one namespace."""

    def __init__(self, place=None, namespace="default"):
        self.place = place or Place()
        self.name = namespace  # the Kubernetes namespace
        self._kubectl = kubectl(self.place)

    @contextlib.contextmanager
    def namespace(self, labels=None):
        """A Cluster in a new namespace, which is deleted with all its pods."""
        name = "test-" + secrets.token_hex(3)
        inside = Cluster(self.place, name)
        self.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": labels or {}}})
        try:
            # Pods need it, and the controller makes it a moment later.
            wait_until(lambda: inside.kubectl("get", "serviceaccount", "default", check=False),
                       f"{name}: no default service account")
            yield inside
        finally:
            inside.kubectl("delete", "all", "--all", "--grace-period=1", "--wait=false",
                           check=False)
            self.kubectl("delete", "namespace", name, "--wait=false", check=False)

    def kubectl(self, *arguments, text=None, check=True, timeout=120):
        """What it says on stdout."""
        command = [*self._kubectl, f"--namespace={self.name}", *arguments]
        run = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True,
                             timeout=timeout, check=False)
        if check and run.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(map(str, arguments))}: {run.stderr.strip()}")
        return run.stdout

    def apply(self, *objects):
        """Objects as dictionaries, or YAML as text."""
        text = "\n---\n".join(o if isinstance(o, str) else json.dumps(o) for o in objects)
        return self.kubectl("apply", "-f", "-", text=text)

    def get(self, *arguments):
        """`kubectl get` as a dictionary: get("pod", "box"), get("pods", "-l", "app=x")."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def pods(self, selector=""):
        return self.get("pods", "-l", selector)["items"]

    def wait(self, resource, condition, seconds=60):
        """condition: a word such as Ready or Available, or jsonpath=..., or delete."""
        what = condition if condition.startswith(("jsonpath", "delete")) else f"condition={condition}"
        try:
            self.kubectl("wait", resource, f"--for={what}", f"--timeout={seconds}s",
                         timeout=seconds + 30)
        except AssertionError as error:
            state = self.kubectl("describe", resource, check=False)[-2000:]
            raise Timeout(f"{resource} is not {condition} after {seconds} s: {error}\n"
                          f"{state}") from None

    def exec(self, pod, *command, container=None, check=True):
        where = ["-c", container] if container else []
        return self.kubectl("exec", pod, *where, "--", *command, check=check)

    def logs(self, pod, container=None, check=True):
        where = ["-c", container] if container else ["--all-containers"]
        return self.kubectl("logs", pod, *where, check=check)

    def token(self, account="default", seconds=3600):
        return self.kubectl("create", "token", account, f"--duration={seconds}s").strip()

    def may_read_pods(self, account="default"):
        """Gives the account the sensor's only right in the cluster."""
        name = f"{self.name}-{account}"
        self.apply(
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
             "metadata": {"name": name}, "rules": [
                 {"apiGroups": [""], "resources": ["nodes/pods"], "verbs": ["get"]}]},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
             "metadata": {"name": name}, "roleRef": {
                 "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
             "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": self.name}]})

    def load(self, *archives):
        """Images (OCI archives) for the node; name them with imagePullPolicy Never."""
        image.load(archives)

    def stop(self, component):
        """Ends one of components.commands(); its pods live on."""
        components.stop(self.place, component)

    def start(self, component):
        components.start(self.place, component)
