# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, and ending what was started."""
import secrets
import subprocess
import time

POLL_SECONDS = 0.01
DEADLINE_SECONDS = 20


class Timeout(AssertionError):
    """The condition did not hold in time; the message says which."""


def unique_name(prefix="nw"):
    """Short enough for the name of a network interface (15 bytes)."""
    return prefix + secrets.token_hex(3)


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """The first true value of condition(); Timeout names `what` and the reason."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"after {seconds} s: {what() if callable(what) else what}")
        time.sleep(POLL_SECONDS)


def end(process, seconds=5):
    """TERM, then KILL, by pid."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def listening_ports(pid):
    """(protocol, port) of each bound socket in the network namespace of `pid`."""
    found = set()
    for table in ("udp", "udp6", "tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{table}") as lines:
                rows = [line.split() for line in lines][1:]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for row in rows:
            if table.startswith("udp") or row[3] == "0A":  # TCP_LISTEN
                found.add((table[:3], int(row[1].rsplit(":", 1)[1], 16)))
    return found
