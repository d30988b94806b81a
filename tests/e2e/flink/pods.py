# SPDX-License-Identifier: Apache-2.0
"""Pods that a node's list names, under the starter policy, each of whose events is an
alert of its own: what a record of a real node weighs, and what a SOC does with it."""
import json
import sys

from harness import sensor

RULES = ("connect-without-dns", "unexpected-domain")
CONNECT = "connect"
# $1 how many rounds, $2 a second, $3 the resolver, $4 a number of the pod's own, then
# what each round does: a connect to an address that no DNS answer gave, or a question
# for a name of its own below a domain, whose datagram is a connect too.
SPEAK = """
import socket, struct, sys, time
count, rate, resolver, pod = int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:5]
def ask(number, name):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(struct.pack('!6H', number, 256, 1, 0, 0, 0) + labels +
                 struct.pack('!B2H', 0, 1, 1), (resolver, 53))
began = time.monotonic()
for i in range(count):
    for what in sys.argv[5:]:
        if what == 'connect':
            with socket.socket() as s:
                s.connect_ex(('203.0.113.%d' % (i % 250 + 1), 3333))
        else:
            ask(i, 'n%016x-%s.%s' % (i * 11400714819323198485 % 2**64, pod, what))
    time.sleep(max(0, began + (i + 1) / rate - time.monotonic()))
"""


def listed(pods):
    """What a kubelet says of them, in short."""
    return {"kind": "PodList", "items": [pod(f"checkout{number}-5d4f8c7b9", box) for number, box in enumerate(pods)]}


def pod(replica_set, box):
    return {
        "metadata": {"namespace": "payments", "name": f"{replica_set}-x2v4k", "uid": box.pod_uid,
                     "labels": {"app": "checkout", "pod-template-hash": "5d4f8c7b9"},
                     "ownerReferences": [{"kind": "ReplicaSet", "name": replica_set, "controller": True}]},
        "spec": {"containers": [{"name": "main"}]},
        "status": {"containerStatuses": [{
            "name": "main", "image": "registry.example/payments/checkout:1.42.0",
            "containerID": f"containerd://{box.container_id}"}]}}


def policy(lab):
    """Two rules of the starter policy, for the lab's pods alone, folding nothing."""
    import yaml
    chosen = []
    for rule in RULES:
        document = yaml.safe_load((sensor.ROOT / f"rules/{rule}.yaml").read_text())
        lists, rules = document["lists"], [r for r in document["rules"] if r["id"] == rule]
        rules[0]["dedup"]["window"] = "0s"
        rules[0]["scope"] = {"cgroups": [f"/{lab.cgroups.top.name}/**"]}
        del rules[0]["tests"]
        chosen.append({**document, "lists": lists, "rules": rules})
    folder = lab.folder / "policy"
    folder.mkdir()
    (folder / "lists").symlink_to(sensor.ROOT / "rules/lists")
    for rule, document in zip(RULES, chosen, strict=True):
        (folder / f"{rule}.yaml").write_text(yaml.safe_dump(document))
    return folder


def start(lab, pods, settings):
    """A sensor that was there before the pods, so it knows all that DNS gave them."""
    names = lab.folder / "pods.json"
    names.write_text(json.dumps(listed(pods)))
    assigned = {"pods.source": "file", "pods.file": names, "alerts.sinks": "kafka",
                "alerts.spool": lab.folder / "spool", **settings}
    flags = [word for key, value in assigned.items() for word in ("--set", f"{key}={value}")]
    for box in pods:
        box.directory.rmdir()
    return sensor.Sensor(lab, policy=policy(lab), flags=flags)


def speak(lab, host, pods, rounds, resolver, *what):
    """Each of the pods, `rounds` = (how many, a second)."""
    for box in pods:
        box.directory.mkdir(exist_ok=True)
    for process in [lab.start(host, box, [sys.executable, "-S", "-c", SPEAK, *rounds, resolver, number, *what])
                    for number, box in enumerate(pods)]:
        if process.wait(300) != 0:
            raise AssertionError("a pod failed")
