#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sizing.py: the table of docs/soc.md on what 5,000 nodes need, from its measured sizes.

test_soc.py measures the sizes anew, and compares the table.
"""
import math
import pathlib
import re

SOC = pathlib.Path(__file__).resolve().parents[3] / "docs/soc.md"
NODES, REPLICAS = 5_000, 3
BROKER_MB = 50  # written a second, of our own records and others' replicas
CONSUMER = 5_000  # records a second of one consumer, and so of one partition
LEAST_BROKERS, LEAST_PARTITIONS = 3, 12
MB, GB = 1e6, 1e9


def sizes(text):
    """{what: bytes} of the table of measured sizes."""
    return {name: int(number.replace(",", "")) for name, number in
            re.findall(r"^\| ([A-Za-z ,]+) \| ([\d,]+) B \|$", text, re.MULTILINE)}


def rows(size):
    """(what, records a second, bytes of one, days that it lasts and is kept)"""
    alone = size["an alert alone"]
    return [
        ("quiet: an alert a minute and node, for a week", NODES / 60, alone, 7),
        ("busy: one a second and node, for a week", NODES, alone, 7),
        ("an incident: 100 nodes raise 210 a second each, for a day", NODES + 100 * 210, alone, 1),
        ("DNS telemetry: 20 messages a second and node, for a day", 20 * NODES, size["a DNS message alone"], 1),
        ("connect telemetry: 20 a second and node, for a day", 20 * NODES, size["a connect alone"], 1),
    ]


def line(what, records, size, days):
    inflow = records * size
    stored = inflow * 86_400 * days * REPLICAS
    brokers = max(LEAST_BROKERS, math.ceil(inflow * REPLICAS / (BROKER_MB * MB)))
    partitions = max(LEAST_PARTITIONS, math.ceil(records / CONSUMER))
    return (f"| {what} | {records:,.0f} | {size:,} B | {inflow / MB:,.2f} MB/s | "
            f"{stored / GB:,.0f} GB | {brokers} | {partitions} |")


def table(size):
    return "\n".join(line(*row) for row in rows(size))


if __name__ == "__main__":
    print(table(sizes(SOC.read_text())))
