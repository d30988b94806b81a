# SPDX-License-Identifier: Apache-2.0
"""The network beyond the node: the test's resolver and its servers.

Every address of 203.0.113.0/24 and 198.51.100.0/24 answers there: TCP 80, 443,
853, 8080 and 10000 to 19999, UDP 7, 443 and 4433 (node/servers.py), DNS on 53 and
5300 (node/unbound.conf).  The node's own resolver is 203.0.113.53.
"""
import re
import subprocess

from harness.components import OUTSIDE
from harness.place import Place


def add_name(record):
    """One more record: add_name("api.shop.test. 30 IN A 203.0.113.20")."""
    _control("local_data", *record.split())


def remove_name(name):
    _control("local_data_remove", name)


def add_address(address):
    """One more address at which everything of the network answers."""
    run("ip", "route", "replace", "local", address, "dev", "lo")


def questions(below="test"):
    """The names that the resolver was asked for, in order; CoreDNS asks for pods,
    once for each name in 30 s."""
    log = Place().file("log/resolver.log").read_text()
    return re.findall(rf" (\S+\.{below})\. [A-Z]+ IN$", log, re.MULTILINE)


def run(*command):
    done = subprocess.run([*OUTSIDE, *map(str, command)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def _control(*words):
    # By a socket in the file system, which every process of the node sees.
    done = subprocess.run(["unbound-control", "-s", "/run/unbound.sock", *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stdout.startswith("error"):
        raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
