# SPDX-License-Identifier: Apache-2.0
"""A kubelet without a cluster: static pods, client certificates, no API server.

    with standalone.Node(static=[pod(...)]) as node: ...

A node of its own (harness/node.py) with containerd and a kubelet, and nothing else.
"""
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys

from harness import cluster, components, hierarchies, image, node, program
from harness.place import Place
from harness.process import wait_until

START_SECONDS = 120


def on_a_node(script):
    """Runs `script` again on a new node; returns its exit status.

    The script finds itself there by NW_ON_NODE, and the node's name in NW_CLUSTER.
    """
    program.build()
    place = Place("alone-" + secrets.token_hex(3))
    try:
        _hold(place, script)
        environment = os.environ | {"NW_ON_NODE": place.name, "NW_CLUSTER": place.name}
        return subprocess.run(
            ["nsenter", f"--target={place.holder()}", "--net", "--mount",
             f"--wdns={os.getcwd()}", sys.executable, script], env=environment,
            check=False).returncode
    finally:
        cluster.down(place)


def _hold(place, script):
    for folder in ("pid", "log"):
        place.file(folder).mkdir(parents=True)
    hierarchies.make(f"{place.cgroup}/node")
    holder = components.start(place, "node", [
        "unshare", "--net", "--mount", "--propagation", "slave", sys.executable, script,
        "node", place.name])
    wait_until(lambda: place.ready or place.pid("node") != holder,
               f"the node is not ready: {place.file('log')}", START_SECONDS)
    if not place.ready:
        raise RuntimeError(f"the node ended:\n{components.log(place, 'node', 40)}")


def hold(place):
    """What the script does there first: mounts, networks, containerd; then waits."""
    node.make_files(place)
    node.make_mounts(place)
    node.make_networks()
    components.start(place, "containerd")
    node.wait_for(place, "containerd", ["ctr", "version"], ["containerd"])
    image.load(image.base_images(place))
    place.file("ready").touch()
    node.hold()


def configure(place, own_certificate=False):
    """A kubelet that asks no API server: whoever shows a certificate may do all."""
    text = place.file("etc/kubelet.yaml").read_text()
    changes = [(r"webhook: \{enabled: true.*\}", "webhook: {enabled: false}"),
               (r"^authorization:.*\n( .*\n)*", "authorization: {mode: AlwaysAllow}\n")]
    if own_certificate:  # the kubelet makes one, as kubeadm's do
        changes.append((r"^(tlsCertFile|tlsPrivateKeyFile): .*\n", ""))
    for pattern, words in changes:
        text, count = re.subn(pattern, words, text, flags=re.MULTILINE)
        assert count, pattern
    file = place.file("etc", "standalone.yaml")
    file.write_text(text)
    return file


def start_kubelet(place, **options):
    components.start(place, "kubelet", [
        program.path(), "kubelet", f"--config={configure(place, **options)}",
        "--hostname-override=node1", "--node-ip=192.0.2.1"])


def stop_kubelet(place):
    components.stop(place, "kubelet")


def write_static(place, *pods):
    for made in pods:
        path = place.file("static", made["metadata"]["name"] + ".json")
        path.write_text(json.dumps(made))


def pods(place, name="admin"):
    """The kubelet's own /pods, as curl sees it; None if it does not answer."""
    pki = place.file("pki")
    run = subprocess.run(
        ["curl", "--silent", "--fail", "--insecure", "--noproxy", "*",
         "--cert", pki / f"{name}.crt", "--key", pki / f"{name}.key",
         "https://192.0.2.1:10250/pods"], capture_output=True, text=True, check=False)
    return (json.loads(run.stdout)["items"] or []) if run.returncode == 0 else None


def running(place):
    """Names of pods of which every container runs."""
    return {p["metadata"]["name"] for p in pods(place) or []
            if p["status"].get("containerStatuses") and
            all("running" in c["state"] for c in p["status"]["containerStatuses"])}


def own_certificate():
    """That of a kubelet which has signed its own."""
    return pathlib.Path("/var/lib/kubelet/pki/kubelet.crt")
