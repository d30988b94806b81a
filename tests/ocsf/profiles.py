# SPDX-License-Identifier: Apache-2.0
"""What the ECS and Falco profiles may hold: every path with its type, no other.

Types are those of the Elastic Common Schema 8.17 (a keyword is a string, a list
where ECS says "array"); Falco's are those of its JSON output.  Both say the same
as the OCSF alert that was made of the same event.
"""

KEYWORD, LONG, BOOL, LIST = str, int, bool, list
# Path: (type, always there).
ECS = {
    "@timestamp": (KEYWORD, True), "ecs.version": (KEYWORD, True), "message": (KEYWORD, True),
    "event.id": (KEYWORD, True), "event.kind": (KEYWORD, True), "event.category": (LIST, True),
    "event.type": (LIST, True), "event.action": (KEYWORD, True), "event.module": (KEYWORD, True),
    "event.dataset": (KEYWORD, True), "event.severity": (LONG, True), "event.start": (KEYWORD, True),
    "event.end": (KEYWORD, True), "event.reason": (KEYWORD, True), "event.url": (KEYWORD, False),
    "event.sequence": (LONG, False),
    "rule.id": (KEYWORD, True), "rule.name": (KEYWORD, True), "rule.version": (KEYWORD, False),
    "rule.description": (KEYWORD, False), "rule.author": (LIST, False),
    "threat.framework": (KEYWORD, False), "threat.technique.id": (LIST, False),
    "threat.technique.name": (LIST, False), "threat.technique.subtechnique.id": (LIST, False),
    "threat.technique.subtechnique.name": (LIST, False),
    "host.hostname": (KEYWORD, True), "host.name": (KEYWORD, True),
    "host.id": (KEYWORD, False),
    "observer.vendor": (KEYWORD, True), "observer.product": (KEYWORD, True),
    "observer.type": (KEYWORD, True), "observer.version": (KEYWORD, True),
    "source.address": (KEYWORD, False), "source.ip": (KEYWORD, False), "source.port": (LONG, False),
    "destination.address": (KEYWORD, False), "destination.ip": (KEYWORD, False),
    "destination.port": (LONG, False), "destination.domain": (KEYWORD, False),
    "network.direction": (KEYWORD, False), "network.type": (KEYWORD, False),
    "network.iana_number": (KEYWORD, False), "network.transport": (KEYWORD, False),
    "network.protocol": (KEYWORD, False),
    "dns.type": (KEYWORD, False), "dns.id": (KEYWORD, False), "dns.op_code": (KEYWORD, False),
    "dns.response_code": (KEYWORD, False), "dns.question.name": (KEYWORD, False),
    "dns.question.type": (KEYWORD, False), "dns.question.class": (KEYWORD, False),
    "dns.resolved_ip": (LIST, False),
    "process.pid": (LONG, False), "process.name": (KEYWORD, False),
    "process.executable": (KEYWORD, False), "process.start": (KEYWORD, False),
    "process.user.id": (KEYWORD, False),
    "container.id": (KEYWORD, False), "container.name": (KEYWORD, False),
    "container.image.name": (KEYWORD, False), "container.image.hash.all": (LIST, False),
    "orchestrator.cluster.name": (KEYWORD, False),
    "orchestrator.type": (KEYWORD, False), "orchestrator.namespace": (KEYWORD, False),
    "orchestrator.resource.type": (KEYWORD, False), "orchestrator.resource.name": (KEYWORD, False),
    "orchestrator.resource.id": (KEYWORD, False), "orchestrator.resource.label": (LIST, False),
    "orchestrator.resource.parent.type": (KEYWORD, False),
    "related.ip": (LIST, False), "related.hosts": (LIST, False),
    "nameward.finding_uid": (KEYWORD, True), "nameward.count": (LONG, True),
    "nameward.update_number": (LONG, True), "nameward.confidence": (LONG, True),
    "nameward.losses_since_last": (LONG, True), "nameward.scope_unknown": (BOOL, True),
    "nameward.dry_run": (BOOL, True), "nameward.truncated": (BOOL, True),
    "nameward.workload": (KEYWORD, True),
}
FALCO = {
    "uuid": (KEYWORD, True), "time": (KEYWORD, True), "rule": (KEYWORD, True),
    "priority": (KEYWORD, True), "source": (KEYWORD, True), "hostname": (KEYWORD, True),
    "output": (KEYWORD, True), "tags": (LIST, True), "output_fields.sequence": (LONG, False),
    "output_fields.evt.type": (KEYWORD, True),
    "output_fields.fd.cip": (KEYWORD, False), "output_fields.fd.cport": (LONG, False),
    "output_fields.fd.sip": (KEYWORD, False), "output_fields.fd.sport": (LONG, False),
    "output_fields.fd.sip.name": (KEYWORD, False), "output_fields.fd.l4proto": (KEYWORD, False),
    "output_fields.dns.response": (BOOL, False), "output_fields.dns.qname": (KEYWORD, False),
    "output_fields.dns.qtype": (KEYWORD, False), "output_fields.dns.rcode": (KEYWORD, False),
    "output_fields.dns.state": (KEYWORD, False), "output_fields.dns.name": (KEYWORD, False),
    "output_fields.dns.history_complete": (BOOL, False),
    "output_fields.proc.pid": (LONG, False), "output_fields.proc.name": (KEYWORD, False),
    "output_fields.proc.exepath": (KEYWORD, False), "output_fields.user.uid": (LONG, False),
    "output_fields.container.id": (KEYWORD, False), "output_fields.container.name": (KEYWORD, False),
    "output_fields.container.image": (KEYWORD, False),
    "output_fields.container.image.digest": (KEYWORD, False), "output_fields.k8s.ns.name": (KEYWORD, False),
    "output_fields.k8s.pod.name": (KEYWORD, False), "output_fields.k8s.pod.uid": (KEYWORD, False),
}
# The event's own object, which docs/events.md describes and its own check holds.
BODIES = ("nameward.dns", "nameward.connect", "nameward.flow", "nameward.transport",
          "nameward.malformed", "nameward.loss", "nameward.cgroup", "nameward.netns",
          "nameward.mntns", "nameward.enrichment", "nameward.kind", "output_fields.nameward")
PRIORITIES = ["", "Informational", "Notice", "Warning", "Error", "Critical"]


def flat(value, path=""):
    """Each leaf with its path; a list is a leaf."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def faults(record, shape):
    """What the shape has against the record."""
    leaves = dict(flat(record))
    for path, (_, always) in shape.items():
        if always and path not in leaves:
            yield f"{path} is missing"
    for path, value in leaves.items():
        if path.startswith(BODIES):
            continue
        if path not in shape:
            yield f"{path} is unknown"
        elif type(value) is not shape[path][0]:
            yield f"{path} is {value!r}"
        elif isinstance(value, list) and not all(isinstance(item, str) for item in value):
            yield f"{path} holds {value!r}"


def begin(text):
    """Each format cuts long texts where it must."""
    return text and text[:5]


def check_ecs(record, ocsf):
    info = ocsf["finding_info"]
    assert record["@timestamp"] == ocsf["time_dt"]
    assert record["event"]["kind"] == "alert"
    assert record["event"]["id"] == ocsf["metadata"]["uid"]
    assert record["event"]["severity"] == ocsf["severity_id"]
    assert record["event"]["action"] == info["types"][0]
    assert record["nameward"]["finding_uid"] == info["uid"]
    cluster = record.get("orchestrator", {}).get("cluster", {}).get("name")
    assert begin(cluster) == begin(ocsf["metadata"].get("tenant_uid"))
    assert begin(record["host"].get("id")) == begin(ocsf["device"].get("uid"))
    assert record["nameward"]["count"] == ocsf["count"]
    assert record["nameward"]["dry_run"] == (not ocsf["is_alert"])


def check_falco(record, ocsf):
    assert record["time"] == ocsf["time_dt"]
    assert record["uuid"] == ocsf["metadata"]["uid"]
    cluster = record["output_fields"].get("nameward.cluster")
    assert begin(cluster) == begin(ocsf["metadata"].get("tenant_uid"))
    assert record["priority"] == PRIORITIES[ocsf["severity_id"]]
    assert all(not isinstance(value, (dict, list)) for value in record["output_fields"].values())


def check(ocsf_alerts, lines):
    """`lines`: a function from a format's name to its records, in the same order."""
    for name, shape, same in (("ecs", ECS, check_ecs), ("falco", FALCO, check_falco)):
        records = list(lines(name))
        assert len(records) == len(ocsf_alerts), (name, len(records), len(ocsf_alerts))
        for record, ocsf in zip(records, ocsf_alerts, strict=True):
            found = list(faults(record, shape))
            assert not found, (name, found)
            same(record, ocsf)
            check_shape_fails(record, shape)


def check_shape_fails(record, shape):
    """Without a path that is always there, or with a stranger, it is refused."""
    leaves = dict(flat(record))
    for path, (_, always) in shape.items():
        if path in leaves:
            rest = {key: value for key, value in leaves.items() if key != path}
            assert bool(list(faults(rest, shape))) == always, path
            assert list(faults({**leaves, path: {"a": 1}}, shape)), path
    assert list(faults({**leaves, "stranger": 1}, shape))
