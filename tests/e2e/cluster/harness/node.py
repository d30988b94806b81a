# SPDX-License-Identifier: Apache-2.0
"""The node from within: its mounts, its networks, its components.

Runs as one process per cluster in new network and mount namespaces, which live
as long as the cluster's processes do.  So the end of these processes ends all
interfaces, iptables rules, mounts and sysctls too.

    pods 10.99.0.0/16 -- node 192.0.2.1 -- 192.0.2.254 outside 203.0.113.0/24
"""
import os
import pathlib
import subprocess
import time

from harness import cluster, components, image, pki, program
from harness.process import wait_until

NODE = pathlib.Path(__file__).resolve().parents[1] / "node"
OUTSIDE_RANGES = ("203.0.113.0/24", "198.51.100.0/24")
START_SECONDS = 480  # for each step, on a machine that does much else
# The kubelet insists on these, and they are the machine's: it is shown files.
TUNABLES = {
    "vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10,
    "kernel/panic_on_oops": 1, "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
}


def run(place):
    """Brings the node up, then holds its namespaces until it is killed."""
    make_files(place)
    make_mounts(place)
    make_networks()
    start_components(place)
    place.file("ready").touch()
    hold()


def hold():
    while True:
        try:
            os.wait()  # reaps what ends
        except ChildProcessError:
            time.sleep(1)


def make_files(place):
    for folder in ("lib", "log", "etc/cni", "static", "sysctl"):
        place.file(folder).mkdir(parents=True, exist_ok=True)
    overlay = "\toverlay\n" in pathlib.Path("/proc/filesystems").read_text()
    words = {"@FOLDER@": place.folder, "@CGROUP@": place.cgroup,
             "@PROGRAM@": program.path(), "@SNAPSHOTTER@": "overlayfs" if overlay else "native"}
    for name in ("containerd.toml", "kubelet.yaml", "dns.yaml", "unbound.conf", "servers.py"):
        place.file("etc", name).write_text(filled((NODE / name).read_text(), words))
    place.file("etc/cni/10-test.conflist").write_text((NODE / "network.conflist").read_text())
    place.file("etc/resolv.conf").write_text("nameserver 203.0.113.53\n")
    place.file("etc/hosts").write_text("127.0.0.1 localhost\n192.0.2.1 node1\n")
    pki.make(place.file("pki"))


def filled(text, words):
    for word, value in words.items():
        text = text.replace(word, str(value))
    return text


def make_mounts(place):
    # Mounts reach containers where they ask for it, and never the machine.
    call("mount", "--make-rshared", "/")
    call("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    call("mount", "--bind", place.file("lib"), "/var/lib")
    call("mount", "--bind", place.file("log"), "/var/log")
    for name in ("resolv.conf", "hosts"):
        target = pathlib.Path("/etc", name).resolve()  # perhaps a link into /run
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        call("mount", "--bind", place.file("etc", name), target)
    for name, value in TUNABLES.items():
        file = place.file("sysctl", name.replace("/", "."))
        file.write_text(f"{value}\n")
        call("mount", "--bind", file, f"/proc/sys/{name}")


def make_networks():
    for line in (
            "link set lo up",
            "netns add outside",
            "link add eth0 type veth peer name eth0 netns outside",
            "addr add 192.0.2.1/24 dev eth0",
            "link set eth0 up",
            "route add default via 192.0.2.254",
            "-n outside link set lo up",
            "-n outside addr add 192.0.2.254/24 dev eth0",
            "-n outside link set eth0 up",
            f"-n outside route add {components.POD_RANGE} via 192.0.2.1",
            *(f"-n outside route add local {addresses} dev lo"
              for addresses in OUTSIDE_RANGES)):
        call("ip", *line.split())
    # A test may tell its containers apart by the port that they connect to.
    call(*components.OUTSIDE, "iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp",
         "--dport", "10000:19999", "-j", "REDIRECT", "--to-ports", "80")
    pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def start_components(place):
    kubectl = cluster.kubectl(place)
    started = [name for name in components.commands(place)
               if name not in components.IMPATIENT]
    for name in started:
        components.start(place, name)
    wait_for(place, "containerd", ["ctr", "version"], started)
    image.load(image.base_images(place))
    wait_for(place, "apiserver", [*kubectl, "get", "--raw", "/readyz"], started)
    for name in components.IMPATIENT:
        components.start(place, name)
    call(*kubectl, "apply", "-f", place.file("etc/dns.yaml"))
    everything = components.commands(place)
    wait_for(place, "kubelet", [*kubectl, "wait", "--for=condition=Available", "--timeout=5s",
                                "-n", "kube-system", "deployment/coredns"], everything)
    # The API server makes pods only once their account is there.
    wait_for(place, "controllers", [*kubectl, "get", "serviceaccount", "default"], everything)


def wait_for(place, name, command, alive):
    """Until the command succeeds, while all components of `alive` are."""
    def answers():
        for one in alive:
            if place.pid(one) is None:
                raise RuntimeError(f"{one} ended:\n{components.log(place, one)}")
        return subprocess.run(list(map(str, command)), capture_output=True,
                              check=False).returncode == 0
    wait_until(answers, lambda: f"{name} is not ready:\n{components.log(place, name)}",
               START_SECONDS)


def call(*command):
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {run.stderr.strip()}")
