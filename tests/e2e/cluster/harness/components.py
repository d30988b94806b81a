# SPDX-License-Identifier: Apache-2.0
"""The programs of a node, started in its namespaces and ended one by one.

For a process that is already in the node's network and mount namespaces: the
node itself, or a test (`cluster.join`).
"""
import os
import signal
import subprocess

from harness import hierarchies, program
from harness.process import wait_until

ETCD = "http://127.0.0.1:2379"
SERVICE_RANGE, POD_RANGE = "10.96.0.0/16", "10.99.0.0/16"
BUSY = ["--kube-api-qps=500", "--kube-api-burst=1000"]


def commands(place):
    """Each component's command, in the order of starting."""
    kubernetes, pki = program.path(), place.file("pki")
    return {
        "etcd": [kubernetes, "etcd", place.file("lib/etcd"), ETCD, "http://127.0.0.1:2380"],
        "apiserver": [
            kubernetes, "apiserver", f"--etcd-servers={ETCD}", "--advertise-address=192.0.2.1",
            f"--tls-cert-file={pki}/server.crt", f"--tls-private-key-file={pki}/server.key",
            f"--client-ca-file={pki}/ca.crt", f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-cluster-ip-range={SERVICE_RANGE}", "--authorization-mode=Node,RBAC",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/admin.crt",
            f"--kubelet-client-key={pki}/admin.key",
            # Nobody resolves the node's name.
            "--kubelet-preferred-address-types=InternalIP", "--allow-privileged=true"],
        "containerd": ["containerd", "-c", place.file("etc/containerd.toml")],
        "controllers": [
            kubernetes, "controllers", f"--kubeconfig={pki}/admin.conf", "--leader-elect=false",
            f"--service-account-private-key-file={pki}/sa.key", f"--root-ca-file={pki}/ca.crt",
            "--flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins", *BUSY],
        "scheduler": [kubernetes, "scheduler", f"--kubeconfig={pki}/admin.conf",
                      "--leader-elect=false", *BUSY],
        "kubelet": [kubernetes, "kubelet", f"--config={place.file('etc/kubelet.yaml')}",
                    f"--kubeconfig={pki}/kubelet.conf", "--hostname-override=node1",
                    "--node-ip=192.0.2.1"],
        # The conntrack table's size is the machine's, not the namespace's.
        "proxy": [kubernetes, "proxy", f"--kubeconfig={pki}/admin.conf",
                  "--proxy-mode=iptables", f"--cluster-cidr={POD_RANGE}",
                  "--hostname-override=node1", "--conntrack-max-per-core=0",
                  "--conntrack-tcp-timeout-established=0s",
                  "--conntrack-tcp-timeout-close-wait=0s"],
        "resolver": [*OUTSIDE, "unbound", "-d", "-c", place.file("etc/unbound.conf")],
        "servers": [*OUTSIDE, "python3", "-S", place.file("etc/servers.py")],
    }


# They end themselves where the API server is not ready within seconds, and the
# kubelet at once where containerd is not.
IMPATIENT = ("kubelet", "controllers", "scheduler", "proxy")
OUTSIDE = ["nsenter", "--net=/run/netns/outside"]


_started = []  # kept: nobody waits for them


def start(place, name, command=None):
    """Starts a component (or the command given as one); its log is NAME.log."""
    command = command or commands(place)[name]
    with open(place.file("log", f"{name}.log"), "ab") as log:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, cwd="/",
            preexec_fn=lambda: hierarchies.enter(f"{place.cgroup}/node"))
    _started.append(process)
    place.file("pid", name).write_text(str(process.pid))
    return process.pid


def stop(place, name, how=signal.SIGTERM):
    """Ends a component; pods and shims stay.  Returns when it is gone."""
    number = place.pid(name)
    if number is None:
        return
    os.kill(number, how)
    wait_until(lambda: place.pid(name) is None, f"{name} does not end", 30)


def log(place, name, lines=15):
    text = place.file("log", f"{name}.log").read_text(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
