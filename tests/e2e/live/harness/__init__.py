# SPDX-License-Identifier: Apache-2.0
"""The live tests' own world: networks, cgroups, DNS servers and the sensor.

Everything is made by the test that uses it, under names of its own, and removed
afterwards, also after a failure; two copies of a test can run side by side.
Nothing waits by sleeping: see `wait_until` and `Sensor.barrier`.
"""
