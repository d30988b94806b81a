# SPDX-License-Identifier: Apache-2.0
"""Names of the sensor's own metrics: those that an expression asks for, those
that the code makes and those that a running sensor shows."""
import functools
import re

from render import SOURCE

# ledger.Add("NAME", ...) is a counter, or a gauge if it ends with _pending;
# Gauge("NAME", ...) is a gauge.
COUNTER = re.compile(r'\b[Aa]dd\(\s*"(\w+)"')
GAUGE = re.compile(r'\b[Gg]auge\(\s*"(\w+)"')
LITERAL = re.compile(r"TYPE (nameward_\w+) gauge")
HISTOGRAM = re.compile(r"TYPE (nameward_\w+) histogram")


def metrics_of(expression):
    return set(re.findall(r"\bnameward_\w+", re.sub(r'"[^"]*"', "", expression)))


@functools.cache
def exposed_in_code():
    names = set()
    for path in (SOURCE / "sensor").rglob("*.cc"):
        if not path.stem.endswith("_test"):
            text = path.read_text()
            names |= {f"nameward_{name}" if name.endswith("_pending") else f"nameward_{name}_total"
                      for name in COUNTER.findall(text)}
            names |= {f"nameward_{name}" for name in GAUGE.findall(text)}
            names |= set(LITERAL.findall(text))
            names |= {f"{name}_bucket" for name in HISTOGRAM.findall(text)}
    return names
