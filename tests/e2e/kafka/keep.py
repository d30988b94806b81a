#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""keep.py up|down FOLDER: a broker that outlives this program (./dev kafka)."""
import os
import pathlib
import shutil
import signal
import sys

from broker import LISTENERS, Broker


def up(folder):
    if (folder / "pid").exists():
        sys.exit("a broker is up already (./dev kafka down ends it)")
    broker = Broker(folder)
    broker.format()
    broker.start()
    (folder / "pid").write_text(str(broker.process.pid))
    for topic in ("nameward.alerts", "nameward.dry-runs"):
        broker.create_topic(topic)
    for listener in LISTENERS:
        print(f"{listener:12} {broker.address(listener)}")
    print(f"authority    {broker.certificates.ca}\n"
          f"try: nameward run --set kafka.brokers={broker.address()} --set alerts.sinks=kafka")


def down(folder):
    try:
        pid = int((folder / "pid").read_text())
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"kafka.Kafka" in command:  # not another process of a later boot
            os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        pass
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]](pathlib.Path(sys.argv[2]))
