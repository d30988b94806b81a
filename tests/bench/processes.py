# SPDX-License-Identifier: Apache-2.0
"""processes.py BUILD: memory, and CPU under load beside dnscap and tshark.

The generator (tests/bench/load) does look-ups over UDP and connects, as many of
each, in a network namespace and 250 cgroups of the measurement's own.  Each tool
gets the same rate in its turn, on the other CPU.
"""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import lab

CGROUPS = 250
RATES = (1_000, 100_000)  # look-ups, and as many connects, a second
SECONDS = 4
IDLE_SECONDS = 5
DRAIN_SECONDS = 20
NETNS = f"nwbench{os.getpid()}"


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


class Sensor:
    def __init__(self, build, *flags):
        address = free_address()
        self.url = f"http://{address}/"
        self.process = lab.start([f"{build}/nameward", "run", "--metrics-listen", address,
                                  "--resolver", "127.0.0.1:53", *flags])
        self.pid = self.process.pid
        if not lab.wait_for(lambda: self._get("readyz")):
            raise SystemExit("the sensor did not start")

    def _get(self, path):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:
                return answer.read()
        return None

    def ledger(self):
        return json.loads(self._get("api/ledger"))

    def settle(self):
        """Until nothing more comes out of the ring."""
        def quiet():
            before = self._get("api/ledger")
            time.sleep(0.3)
            return before == self._get("api/ledger")
        lab.wait_for(quiet, DRAIN_SECONDS)


def load(build, *arguments):
    """Runs the generator to its end; what it says it did."""
    run = subprocess.run(["nsenter", f"--net=/run/netns/{NETNS}", f"{build}/tests/bench/load",
                          *map(str, arguments)], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def policies(folder):
    """Name → flags: the starter policy, 1,000 rules, and a million domains more."""
    rules = ["apiVersion: egress.rules/v1", "rules:"]
    for n in range(1000):
        rules.append(f"  - {{id: rule-{n}, title: t, event: dns.query, match: "
                     f"{{qname: [.bad{n}.com, '*.worse{n}.com']}}}}")
    small, large = folder / "small", folder / "large"
    for path in (small, large):
        path.mkdir()
        (path / "rules.yaml").write_text("\n".join(rules) + "\n")
    (large / "list.txt").write_text("".join(f".listed{n * 7919}.com\n" for n in range(10**6)))
    (large / "list.yaml").write_text(
        "apiVersion: egress.rules/v1\nlists: [{name: bad, type: domain, file: list.txt}]\n"
        "rules:\n  - {id: listed, title: t, event: dns.query, match: {qname: $bad}}\n")
    return {"starter policy": [], "1,000 rules": ["--policy", small],
            "1,000 rules and 1,000,000 domains": ["--policy", large]}


def memory(build, folder):
    print("| policy | idle, MiB | 250 cgroups × 1,026 answers, MiB | peak while loading, MiB |"
          "\n|---|--:|--:|--:|")
    for name, flags in policies(folder).items():
        sensor = Sensor(build, *flags)
        idle, peak = lab.memory_mib(sensor.pid), lab.peak_mib(sensor.pid)
        with lab.cgroups(CGROUPS) as top:
            load(build, "fill", top)
            sensor.settle()
            loaded = lab.memory_mib(sensor.pid)
        lab.stop(sensor.process)
        print(f"| {name} | {idle:.1f} | {loaded:.1f} | {peak:.1f} |", flush=True)


def counted(ledger, name):
    value = ledger.get(name, 0)
    return sum(value.values()) if isinstance(value, dict) else value


def ours(build, top, rate):
    """What the sensor used and lost; with rate 0, idle."""
    sensor = Sensor(build)
    with lab.cgroups(CGROUPS) if rate else contextlib.nullcontext() as top:
        before, cpu = sensor.ledger(), lab.cpu_seconds(sensor.pid)
        if rate:
            did = load(build, "steady", top, rate, SECONDS)
            sensor.settle()
        else:
            time.sleep(IDLE_SECONDS)
            did = {"done": 0, "seconds": IDLE_SECONDS}
        cpu, after = lab.cpu_seconds(sensor.pid) - cpu, sensor.ledger()
    lab.stop(sensor.process)
    lost = counted(after, "records_dropped") - counted(before, "records_dropped")
    return did, cpu, lost


def captured(build, top, rate, command, count):
    """What a capture tool used, and how many messages it has seen."""
    command = ["nsenter", f"--net=/run/netns/{NETNS}", *command]
    with lab.cgroups(CGROUPS) as top, tempfile.TemporaryFile() as out:
        tool = lab.start(command, stdout=out, stderr=subprocess.DEVNULL)
        time.sleep(3)  # it says nothing when it is ready
        cpu = lab.cpu_seconds(tool.pid)
        did = load(build, "steady", top, rate, SECONDS)
        time.sleep(1)
        used = lab.cpu_seconds(tool.pid) - cpu
        # What it does after the end counts as well.
        before = os.times()
        lab.stop(tool, DRAIN_SECONDS)
        after = os.times()
        total = after.children_user + after.children_system - (
            before.children_user + before.children_system)
        out.seek(0)
        seen = count(out)
    return did, max(used, total - cpu), seen


def main():
    build = sys.argv[1]
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    subprocess.run(["ip", "-n", NETNS, "link", "set", "lo", "up"], check=True)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            memory(build, folder)
            cpu_table(build, folder)
    finally:
        subprocess.run(["ip", "netns", "del", NETNS], check=True)


def cpu_table(build, folder):
    print("\n| tool | asked, /s | done, /s | CPU of the process, % of a core | µs per look-up "
          "and connect | messages lost |\n|---|--:|--:|--:|--:|--:|")
    _, cpu, _ = ours(build, None, 0)
    print(f"| nameward | idle | | {100 * cpu / IDLE_SECONDS:.1f} | | |", flush=True)
    capture = folder / "dns.pcap"

    def lines(out):
        return sum(1 for _ in out)

    def packets(_):
        files = list(folder.glob("dns.pcap*"))
        text = subprocess.run(["capinfos", "-cMT", "-r", *files], check=False,
                              capture_output=True, text=True).stdout
        found = sum(int(line.split("\t")[1]) for line in text.splitlines())
        for file in files:
            file.unlink()
        return found

    others = {
        "dnscap, writes pcap": (["dnscap", "-N", "-i", "lo", "-w", str(capture)], packets, 2),
        "tshark, a line each": (
            ["tshark", "-i", "lo", "-n", "-Q", "-f", "udp port 53 or tcp[13] == 2", "-T",
             "fields", "-e", "frame.time_epoch", "-e", "dns.qry.name", "-e", "dns.a", "-e",
             "tcp.dstport"], lines, 3),
    }
    for rate in RATES:
        did, cpu, lost = ours(build, None, rate)
        row("**nameward**", rate, did, cpu, f"{lost} of {3 * did['done']}")
        for name, (command, count, each) in others.items():
            did, cpu, seen = captured(build, None, rate, command, count)
            row(name, rate, did, cpu,
                f"{max(0, each * did['done'] - seen)} of {each * did['done']}")


def row(name, rate, did, cpu, lost):
    print(f"| {name} | {rate:,} | {did['done'] / did['seconds']:,.0f} | "
          f"{100 * cpu / did['seconds']:.1f} | {cpu * 1e6 / did['done']:.2f} | {lost} |",
          flush=True)


main()
