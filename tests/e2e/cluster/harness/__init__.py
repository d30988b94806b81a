# SPDX-License-Identifier: Apache-2.0
"""The cluster tests' own world: one real Kubernetes node, and what watches it.

What the live tests have already (waiting, the sensor's reader) is shared: their
folder is part of this package.
"""
import pathlib

__path__.append(str(pathlib.Path(__file__).resolve().parents[2] / "live/harness"))
