# SPDX-License-Identifier: Apache-2.0
"""The published shape of an alert, for every alert that a test raises."""
import json
import pathlib

try:
    from jsonschema import Draft202012Validator
except ImportError:  # runner.missing says so
    Draft202012Validator = None

DOCS = pathlib.Path(__file__).resolve().parents[4] / "docs"
# A flood raises thousands of one kind.
MOST = 500


def missing():
    return "the Python package jsonschema is not installed" if Draft202012Validator is None else None


def faults(records, name="alert"):
    """What docs/NAME.schema.json has against them."""
    validator = Draft202012Validator(json.loads((DOCS / f"{name}.schema.json").read_text()))
    return [f"{error.json_path}: {error.message} in {json.dumps(record)}"
            for record in records[:MOST] for error in validator.iter_errors(record)]
