#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts and events as other programs read them.

    check_alerts.py ALERT_LINES NAMEWARD

Holds alerts of every kind (made by ALERT_LINES, and by a replay of the inputs in
tests/replay) against docs/alert.schema.json and the OCSF model of py-ocsf-models,
telemetry against its two schemas and models, and the alert's schema against OCSF:
what OCSF 1.5.0 requires, ours requires. Then checks that the schemas can fail
(mutations.py). ECS and Falco must say the same (profiles.py). Names must give
their wire bytes back.
"""

import json
import pathlib
import re
import subprocess
import sys

from jsonschema import Draft202012Validator
from mutations import check_mutations, check_wrong_words, places
from profiles import check as check_profiles
from py_ocsf_models.events.base_event import BaseEvent
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from py_ocsf_models.objects.dns_query import DNSQuery

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/alert.schema.json").read_text())
ALERT = Draft202012Validator(SCHEMA)
MAX_LINE = 8192
MAX_TELEMETRY = 20 * 1024
TELEMETRY = {4003: "dns", 4001: "network"}  # class: the name of its schema
# Each beside the name of another id, or a word that OCSF does not have.
WRONG_WORDS = {
    "activity_id": 3, "activity_name": "Close", "type_uid": 200403, "type_name": "Finding",
    "severity_id": 6, "severity": "Fatal", "confidence_id": 0, "confidence": "Unknown",
    "status_id": 7, "status": "Resolved", "action_id": 1, "disposition_id": 1, "class_uid": 2003,
    "rcode_id": 12,
}

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
# What tests/ocsf/alert_lines.cc calls HostileName.
HOSTILE_NAME = [b"\n" * 61] + [b"\xff" * 61] * 3


def lines_of(*command):
    """The JSON objects of a program's lines, each checked to be one clean line."""
    output = subprocess.run(command, cwd=ROOT / "tests/replay", capture_output=True, check=True).stdout
    for line in output.decode("utf-8", "strict").splitlines():
        # splitlines also splits at C1 controls and U+2028: such a line is no JSON.
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line), line
        yield len(line.encode()), json.loads(line)


class Activity(BaseEvent):
    """py-ocsf-models 0.10 has no network classes, but some of what they hold."""

    query: DNSQuery | None = None


def made(alert_lines, what, most=MAX_LINE):
    for size, record in lines_of(alert_lines, what):
        assert size <= most, size
        yield record


def all_alerts(alert_lines, nameward):
    yield from made(alert_lines, "alerts")
    for source in ("golden/v1.nwrec", "capture/input.pcap"):
        command = (nameward, "replay", "--policy", "policy.yaml", "--alert-format", "ocsf", "--format", "json", source)
        for _, alert in lines_of(*command):
            yield alert


def without_ports(alert):
    """py-ocsf-models 0.10 lacks observable type 11, Port, which OCSF has since 1.0."""
    known = [seen for seen in alert.get("observables", []) if seen["type_id"] != 11]
    return {**alert, "observables": known}


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


def check_record(validator, record, model):
    for error in validator.iter_errors(record):
        sys.exit(f"{error.json_path}: {error.message}\n{json.dumps(record)}")
    model.model_validate(without_ports(record))
    check_wrong_words(validator, record, WRONG_WORDS)
    return sum(check_mutations(validator, record).values())


def check_telemetry(alert_lines):
    validators, spoiled = {}, 0
    for class_uid, name in TELEMETRY.items():
        schema = json.loads((ROOT / f"docs/{name}-activity.schema.json").read_text())
        Draft202012Validator.check_schema(schema)
        check_closed(schema)
        validators[class_uid] = Draft202012Validator(schema)
    records = list(made(alert_lines, "telemetry", MAX_TELEMETRY))
    for record in records:
        spoiled += check_record(validators[record["class_uid"]], record, Activity)
    assert {record["class_uid"] for record in records} == set(TELEMETRY)
    for example in examples("telemetry.md"):
        validators[example["class_uid"]].validate(example)
    return len(records), spoiled


def main():
    alert_lines, nameward = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    Draft202012Validator.check_schema(SCHEMA)
    check_required()
    check_closed(SCHEMA)
    alerts = list(all_alerts(alert_lines, nameward))
    spoiled = sum(check_record(ALERT, alert, DetectionFinding) for alert in alerts)
    check_profiles(list(made(alert_lines, "alerts")), lambda name: made(alert_lines, name))
    records, spoiled_records = check_telemetry(alert_lines)
    names = check_events(alert_lines)
    print(f"{len(alerts)} alerts are valid; {spoiled} spoiled ones were refused;")
    print(f"{records} telemetry records are valid; {spoiled_records} spoiled ones were refused;")
    print(f"{names} names gave their wire bytes back")


if __name__ == "__main__":
    main()
