# SPDX-License-Identifier: Apache-2.0
"""Ways to spoil a record, each of which its schema must refuse."""
import copy

# What a record may lack: it is written only where the sensor knows it, or where
# the rule has it. Every other attribute that is there is there by necessity.
OPTIONAL = {
    "actor", "device.uid", "metadata.log_name", "metadata.tenant_uid",
    "actor.process.created_time", "actor.process.path",
    "evidences.container", "evidences.container.name",
    "evidences.container.image", "evidences.container.image.name", "evidences.process",
    "evidences.process.created_time", "evidences.process.path", "evidences.src_endpoint",
    "evidences.dst_endpoint.hostname", "evidences.data.container", "evidences.data.enrichment",
    "evidences.data.cgroup.pod_uid",
    "evidences.data.connect.mapped", "evidences.data.connect.wire",
    "evidences.data.connect.dns.encrypted", "evidences.data.connect.dns.history_complete",
    "evidences.data.connect.dns.last_asked",
    "evidences.data.connect.dns.names_omitted", "evidences.data.connect.dns.seen_elsewhere",
    "evidences.data.dns.answers_omitted", "evidences.data.dns.base", "evidences.data.dns.diverted",
    "evidences.data.dns.expansion", "evidences.data.dns.external",
    "evidences.data.dns.names_omitted", "evidences.data.dns.wire",
    "finding_info.analytic.desc", "finding_info.analytic.name", "finding_info.analytic.version",
    "finding_info.attacks", "finding_info.attacks.sub_technique", "finding_info.src_url",
    "metadata.sequence", "query", "src_endpoint",
    "unmapped.cgroup.pod_uid", "unmapped.container", "unmapped.container.name",
    "unmapped.container.image", "unmapped.container.image.name", "unmapped.connect.dns.last_asked",
    "unmapped.enrichment", "unmapped.pod", "unmapped.sensor.rule_owner",
    "unmapped.dns.names_omitted", "unmapped.dns.answers_omitted", "unmapped.dns.wire",
    "unmapped.connect.dns.encrypted", "unmapped.connect.dns.history_complete",
    "unmapped.connect.dns.names_omitted", "unmapped.connect.dns.seen_elsewhere",
    "unmapped.connect.wire",
}
# Of plain DNS on another port only the name is known.
OPTIONAL_OF_TRANSPORT = {"evidences.query"}


def places(value, path=()):
    """The path of every attribute of an object."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(record, path, change):
    mutant = copy.deepcopy(record)
    parent = mutant
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return mutant


def retype(parent, key):
    parent[key] = [[None]]  # no attribute is a list of lists


def delete(parent, key):
    del parent[key]


def add_stranger(parent, key):
    parent[key]["stranger"] = 1


def at(record, path):
    for key in path:
        record = record[key]
    return record


def check_mutations(validator, record):
    """How many ways to spoil it there are; each must be seen."""
    counts = {"deleted": 0, "retyped": 0, "strangers": 0}

    def refused(what, change, path):
        counts[what] += 1
        assert not validator.is_valid(changed(record, path, change)), f"{what} {path}: it passes"

    optional = OPTIONAL
    if "transport" in record.get("finding_info", {}).get("types", ()):
        optional = OPTIONAL | OPTIONAL_OF_TRANSPORT
    for path in places(record):
        if any(isinstance(key, int) and key > 0 for key in path):
            continue  # the items of a list have one shape
        refused("retyped", retype, path)
        if isinstance(at(record, path), dict):
            refused("strangers", add_stranger, path)
        name = ".".join(key for key in path if isinstance(key, str))
        if isinstance(path[-1], str) and name not in optional:
            refused("deleted", delete, path)
    return counts


def check_wrong_words(validator, record, pairs):
    """An id beside another id's name is refused."""
    for key, value in pairs.items():
        if key in record:
            mutant = {**record, key: value if record[key] != value else -1}
            assert not validator.is_valid(mutant), f"{key} {mutant[key]}: it passes"
