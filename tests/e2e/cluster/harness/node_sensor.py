# SPDX-License-Identifier: Apache-2.0
"""The sensor under test on the cluster's node, not in a pod: no image is needed.

    with NodeSensor(self.cluster) as sensor:
        ...
        sensor.barrier("box")
        for event in sensor.of_pod(uid, "connect"): ...

It reads the node's kubelet with the token of an account that may read pods and
nothing else.  It sees the whole machine: ask for the events of a pod.
"""
import json
import pathlib
import shutil
import tempfile

from harness.sensor import Sensor, free_port

RESOLVERS = ("10.96.0.10:53", "203.0.113.53:53")


def configuration(cluster, folder, **overrides):
    """What the manifests' ConfigMap says, for a sensor outside of a pod."""
    cluster.may_read_pods()
    token = folder / "token"
    token.write_text(cluster.token())
    return {
        "node": {"name": "node1"},
        "cluster": {"internal": ["10.99.0.0/16", "192.0.2.0/24"], "services": ["10.96.0.0/16"]},
        "pods": "kubelet",
        "kubelet": {"address": ["192.0.2.1"], "server_name": "node1", "token_file": str(token),
                    "ca_file": str(cluster.place.file("pki/ca.crt"))},
        **overrides}


class NodeSensor(Sensor):
    """`overrides` replace whole groups of the configuration (docs/operations.md)."""

    def __init__(self, cluster, policy=None, flags=(), **overrides):
        self.cluster = cluster
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sensor-"))
        config = self.folder / "nameward.yaml"
        config.write_text(json.dumps(configuration(cluster, self.folder, **overrides)))
        super().__init__(self, policy=policy, resolvers=RESOLVERS,
                         flags=["--config", config, *flags])

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def of_pod(self, uid, kind=None):
        """Events whose cgroup is this pod's: what the kernel says, not the pod list."""
        return [e for e in self.events(kind) if f"/pod{uid}/" in (e["cgroup"]["path"] or "")]

    def alerts_of_pod(self, uid):
        return [a for a in self.alerts() if uid in json.dumps(a)]

    def barrier(self, pod, container=None, seconds=20):
        """What this container did before has come out when this returns."""
        port = free_port()
        self.cluster.exec(pod, "nwbox", "connect", "127.0.0.1", port, container=container,
                          check=False)
        self.wait_for(lambda: any(to == f"127.0.0.1:{port}" for _, to in self._barriers),
                      f"the barrier's connect to port {port}", seconds)
