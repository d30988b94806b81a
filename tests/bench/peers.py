# SPDX-License-Identifier: Apache-2.0
"""peers.py BUILD: what a whole tool adds to a connect, ours and others beside.

Tools start too slowly for short pairs, so a round is: windows without, start,
windows with, stop, windows without.  A round's figure is the median with it,
less the mean of the medians before and after.  The control starts a tool that
does nothing.  The tools run on the CPU that the generator leaves free, and
write to /dev/null.
"""
import statistics
import subprocess
import sys
import time

import lab

ROUNDS = 5
WINDOWS, WINDOW_MS = 12, 25
CONTROL_WITHIN = 10  # per cent
SETTLE_SECONDS = 0.3
BPFTRACE = ("tracepoint:sock:inet_sock_set_state /args->oldstate == 7/ "
            "{ printf(\"%d %s %d\\n\", pid, comm, args->newstate); }")


def tools(build):
    return {
        "nothing (control)": ["sleep", "60"],
        "**nameward**": [f"{build}/nameward", "run", "--metrics-listen", ""],
        "bpftrace, printf of each connect": ["bpftrace", "-e", BPFTRACE],
        "tcplife": ["tcplife"],
        "tcpstates": ["tcpstates"],
    }


def windows(generator):
    """(ns of CPU time per connect in each window, connects in all)."""
    costs, operations = [], 0
    for _ in range(WINDOWS):
        generator.stdin.write(f"connect {WINDOW_MS}\n")
        generator.stdin.flush()
        done, cpu = map(int, generator.stdout.readline().split())
        costs.append(cpu / done)
        operations += done
    return costs, operations


def once(generator, command):
    """(ns without, ns added, the tool's own ns per connect)."""
    before, _ = windows(generator)
    tool = lab.start(command)
    if command[0] != "sleep" and not lab.wait_for(lambda: lab.holds_hooks(tool.pid)):
        lab.stop(tool)
        return None
    time.sleep(SETTLE_SECONDS)
    cpu = lab.cpu_seconds(tool.pid)
    during, operations = windows(generator)
    time.sleep(SETTLE_SECONDS)  # it reads what is left
    cpu = lab.cpu_seconds(tool.pid) - cpu
    lab.stop(tool)
    after, _ = windows(generator)
    base = (statistics.median(before) + statistics.median(after)) / 2
    return base, statistics.median(during) - base, cpu * 1e9 / operations


def main():
    build = sys.argv[1]
    subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"],
                   check=False, stderr=subprocess.DEVNULL)
    rows = {name: [] for name in tools(build)}
    with lab.cgroups() as cgroup:
        generator = subprocess.Popen([f"{build}/tests/bench/load", "windows", cgroup],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(ROUNDS):
            for name, command in tools(build).items():
                rows[name].append(once(generator, command))
        generator.stdin.close()
        generator.wait()
    print("| tool | added per connect, ns | quartiles | the tool's own CPU per connect, ns |"
          "\n|---|--:|--:|--:|")
    for name, rounds in rows.items():
        rounds = [r for r in rounds if r]
        if len(rounds) < 2:
            print(f"| {name} | did not start | | |")
            continue
        added, low, high = lab.quartiles([r[1] for r in rounds])
        base = statistics.median(r[0] for r in rounds)
        void = "control" in name and abs(added / base) * 100 > CONTROL_WITHIN
        print(f"| {name} | {added:+.0f}{' **void: noise**' if void else ''} | {low:+.0f} … "
              f"{high:+.0f} | {statistics.median(r[2] for r in rounds):.0f} |")
    base = statistics.median(r[0] for rounds in rows.values() for r in rounds if r)
    print(f"\nA connect with accept and both closes, without any: {base:.0f} ns; "
          f"{ROUNDS} rounds of {WINDOWS} windows of {WINDOW_MS} ms, before, with and after.")


main()
