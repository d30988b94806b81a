#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts and events as other programs read them.

    check_alerts.py ALERT_LINES NAMEWARD

Holds alerts of every kind (made by ALERT_LINES, and by a replay of the inputs in
tests/replay) against docs/alert.schema.json and the OCSF model of py-ocsf-models,
and the schema against OCSF: what OCSF 1.5.0 requires, ours requires. Then checks
that the schema can fail: without a required attribute, or with any attribute of
another type, an alert is refused. Names must give their wire bytes back.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys

from jsonschema import Draft202012Validator
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/alert.schema.json").read_text())
ALERT = Draft202012Validator(SCHEMA)
MAX_LINE = 8192

# OCSF 1.5.0: the required attributes of class 2004 and of the objects used, by
# our definition's name; of "at least one of" the one that we write.
OCSF_REQUIRED = {
    None: {"activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"},
    "metadata": {"product", "version"},
    "finding_info": {"uid"},
    "analytic": {"type_id", "uid"},
    "attack": {"technique"},
    "device": {"type_id", "name"},
    "evidence": {"data"},
    "query": {"hostname"},
    "endpoint": {"ip"},
    "connection_info": {"direction_id"},
    "process": {"pid"},
    "container": {"uid"},
    "resource": {"name"},
}
DEFINITIONS = {
    "attacks": "attack",
    "evidences": "evidence",
    "resources": "resource",
    "src_endpoint": "endpoint",
    "dst_endpoint": "endpoint",
}
# What tests/ocsf/alert_lines.cc calls HostileName.
HOSTILE_NAME = [b"\n" * 61] + [b"\xff" * 61] * 3


def lines_of(*command):
    """The JSON objects of a program's lines, each checked to be one clean line."""
    output = subprocess.run(command, cwd=ROOT / "tests/replay", capture_output=True, check=True).stdout
    for line in output.decode("utf-8", "strict").splitlines():
        # splitlines also splits at C1 controls and U+2028: such a line is no JSON.
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line), line
        yield len(line.encode()), json.loads(line)


def all_alerts(alert_lines, nameward):
    for size, alert in lines_of(alert_lines, "alerts"):
        assert size <= MAX_LINE, size
        yield alert
    for source in ("golden/v1.nwrec", "capture/input.pcap"):
        command = (nameward, "replay", "--policy", "policy.yaml", "--alert-format", "ocsf", "--format", "json", source)
        for _, alert in lines_of(*command):
            yield alert


def without_ports(alert):
    """py-ocsf-models 0.10 lacks observable type 11, Port, which OCSF has since 1.0."""
    known = [seen for seen in alert.get("observables", []) if seen["type_id"] != 11]
    return {**alert, "observables": known}


def places(value, path=()):
    """The path of every attribute of an object."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(alert, path, change):
    mutant = copy.deepcopy(alert)
    parent = mutant
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return mutant


def retype(parent, key):
    parent[key] = [[None]]  # no attribute is a list of lists


def delete(parent, key):
    del parent[key]


def definition_of(path):
    """Our name of the object that the attribute belongs to; None: the alert."""
    holder = [key for key in path[:-1] if isinstance(key, str)][-1:]
    if not holder:
        return None
    # Not what lies below unmapped or data: OCSF says nothing of it.
    return "" if {"unmapped", "data"} & set(path[:-1]) else DEFINITIONS.get(holder[0], holder[0])


def check_mutations(alert):
    """How many ways to spoil the alert there are; each must be seen."""
    deleted = retyped = 0
    for path in places(alert):
        retyped += 1
        assert not ALERT.is_valid(changed(alert, path, retype)), f"retyped {path} passes"
        if path[-1] not in OCSF_REQUIRED.get(definition_of(path), ()):
            continue
        deleted += 1
        assert not ALERT.is_valid(changed(alert, path, delete)), f"without {path} it passes"
    return deleted, retyped


def check_required():
    for name, keys in OCSF_REQUIRED.items():
        ours = set((SCHEMA if name is None else SCHEMA["$defs"][name])["required"])
        assert keys <= ours, f"{name or 'alert'}: OCSF requires {keys - ours}"


def check_closed(schema, path="schema"):
    """additionalProperties is false wherever there are properties."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            assert schema.get("additionalProperties") is False, path
        for key, inner in schema.items():
            check_closed(inner, f"{path}.{key}")
    elif isinstance(schema, list):
        for at, inner in enumerate(schema):
            check_closed(inner, f"{path}[{at}]")


def labels(name):
    """The wire labels of a name's presentation form (docs/events.md)."""
    out = [b""]
    for ddd, escaped, plain in re.findall(r"\\(\d{3})|\\(\D)|([^\\])", name):
        if plain == ".":
            out.append(b"")
        else:
            out[-1] += bytes([int(ddd)]) if ddd else (escaped or plain).encode()
    return out


def examples(page):
    """The JSON of a page's examples."""
    text = (ROOT / "docs" / page).read_text()
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def check_pages(events):
    """Examples are what the program writes; every key and word is explained."""
    for example in examples("events.md"):
        bodies = [{event["kind"]: event[event["kind"]]} for event in events]
        assert example in events or example in bodies, f"docs/events.md: nobody writes {example}"
    for example in examples("alert-schema.md"):
        ALERT.validate(example)
    text = (ROOT / "docs/events.md").read_text()
    explained = set(re.findall(r"`(?:dns\.)?([a-z0-9_]+)`", text))
    words = {path[-1] for event in events for path in places({**event, "pod": None}) if isinstance(path[-1], str)}
    words |= set(SCHEMA["$defs"]["body_malformed"]["properties"]["reason"]["enum"])
    assert words <= explained, f"docs/events.md does not explain {sorted(words - explained)}"


def check_events(alert_lines):
    kinds, hostile = set(), 0
    events = [event for _, event in lines_of(alert_lines, "events")]
    check_pages(events)
    for event in events:
        kind = event["kind"]
        body = {"$ref": f"#/$defs/body_{kind}", "$defs": SCHEMA["$defs"]}
        Draft202012Validator(body).validate(event[kind])
        kinds.add(kind)
        names = event[kind].get("names", []) + event[kind].get("dns", {}).get("names", [])
        for name in names:
            if name != "www.example.com" and name != "cdn.example":
                assert labels(name) == HOSTILE_NAME, name
                hostile += 1
    assert kinds == {"dns", "connect", "flow", "transport", "malformed", "loss"}, kinds
    assert hostile > 0
    return hostile


def main():
    alert_lines, nameward = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    Draft202012Validator.check_schema(SCHEMA)
    check_required()
    check_closed(SCHEMA)
    alerts = list(all_alerts(alert_lines, nameward))
    deleted = retyped = 0
    for alert in alerts:
        for error in ALERT.iter_errors(alert):
            sys.exit(f"{error.json_path}: {error.message}\n{json.dumps(alert)}")
        DetectionFinding.model_validate(without_ports(alert))
        more_deleted, more_retyped = check_mutations(alert)
        deleted, retyped = deleted + more_deleted, retyped + more_retyped
    names = check_events(alert_lines)
    print(f"{len(alerts)} alerts are valid; {deleted} deletions and {retyped} retypings were refused;")
    print(f"{names} names gave their wire bytes back")


if __name__ == "__main__":
    main()
