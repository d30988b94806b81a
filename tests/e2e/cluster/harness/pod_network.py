# SPDX-License-Identifier: Apache-2.0
"""A pod's own network namespace, changed from the node as an init container could."""
import json
import os
import pathlib
import subprocess

from harness import outside

MESH_USER = 1337
CNI = "/usr/lib/cni"
SECOND_RANGE, OUTSIDE_SECOND = "198.18.0.0/24", "198.51.100.0/24"
SECOND = {
    "cniVersion": "0.4.0", "name": "second", "type": "bridge", "bridge": "second0",
    "isGateway": True,
    "ipam": {"type": "host-local", "dataDir": "/run/cni/second",
             "ranges": [[{"subnet": SECOND_RANGE}]], "routes": [{"dst": OUTSIDE_SECOND}]}}


def translate(uid, *rules):
    """Appends to the nat table of the pod `uid`: translate(uid, "OUTPUT -p tcp ...")."""
    for rule in rules:
        _in_network(uid, "iptables", "-w", "-t", "nat", "-A", *rule.split())


def redirect_to_mesh(uid):
    """Port 53 to 15053 and all TCP to 15001, but for the proxy's own user."""
    others = f"-m owner ! --uid-owner {MESH_USER}"
    translate(uid,
              f"OUTPUT -p udp --dport 53 {others} -j REDIRECT --to-ports 15053",
              f"OUTPUT -p tcp ! -d 127.0.0.0/8 {others} -j REDIRECT --to-ports 15001")


def process_of(uid):
    """One of the pod's processes, as the node counts them."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"pod{uid}" in (process / "cgroup").read_text():
                return int(process.name)
        except OSError:
            pass  # ended meanwhile
    raise AssertionError(f"pod {uid} has no process")


def _in_network(uid, *command):
    run = subprocess.run(["nsenter", f"--net=/proc/{process_of(uid)}/ns/net", *command],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise AssertionError(f"{command}: {run.stderr}")


def attach(uid, interface="net1"):
    """Gives the pod a second interface, as Multus does: by a plugin of its own, with
    OUTSIDE_SECOND behind it."""
    environment = os.environ | {
        "CNI_COMMAND": "ADD", "CNI_CONTAINERID": uid, "CNI_IFNAME": interface,
        "CNI_NETNS": f"/proc/{process_of(uid)}/ns/net", "CNI_PATH": CNI}
    run = subprocess.run([f"{CNI}/bridge"], input=json.dumps(SECOND), env=environment,
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise AssertionError(f"bridge: {run.stdout}{run.stderr}")
    outside.run("ip", "route", "replace", SECOND_RANGE, "via", "192.0.2.1")
