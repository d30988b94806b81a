# SPDX-License-Identifier: Apache-2.0
"""What the measurements of whole processes share: cgroups, /proc, figures."""
import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60
OTHER_CPU = 0  # the generator has CPU 1


def cgroup2_mount():
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            fields, kind = line.split(" - ")
            if kind.split()[0] == "cgroup2":
                return pathlib.Path(fields.split()[4])
    raise SystemExit("no cgroup2 is mounted")


@contextlib.contextmanager
def cgroups(count=0):
    """A cgroup, with `count` below it; all go again."""
    top = cgroup2_mount() / f"nameward-bench-{os.getpid()}"
    top.mkdir()
    try:
        for n in range(count):
            (top / f"pod{n}").mkdir()
        yield top
    finally:
        for folder in [*top.glob("pod*"), top]:
            wait_for(lambda f=folder: not (f / "cgroup.procs").read_text(), 10)
            folder.rmdir()


def wait_for(condition, seconds=READY_SECONDS):
    """The first true value of condition(), or the last one."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def family(pid):
    """The process and its children's children."""
    found, seen = [pid], 0
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text()
            parents[int(stat.parent.name)] = int(text.rsplit(") ", 1)[1].split()[1])
    while seen < len(found):
        found += [p for p, parent in parents.items() if parent == found[seen]]
        seen += 1
    return found


def cpu_seconds(pid):
    """utime + stime of the living family, and of what it has reaped."""
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(") ", 1)[1].split()
            total += sum(map(int, fields[11:15]))
    return total / TICK


def memory_mib(pid):
    """Resident memory of the family, what they share (a fork does) counted once."""
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            total += kib(f"/proc/{member}/smaps_rollup", "Pss")
    return total / 1024


def peak_mib(pid):
    """The most that the process itself ever had."""
    return kib(f"/proc/{pid}/status", "VmHWM") / 1024


def kib(path, field):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def holds_hooks(pid):
    """Whether one of the family has a tracepoint or a BPF link open."""
    for member in family(pid):
        for fd in pathlib.Path(f"/proc/{member}/fd").glob("*"):
            with contextlib.suppress(OSError):
                if any(kind in os.readlink(fd) for kind in
                       ("perf_event", "bpf_link", "bpf-link", "bpf-raw-tracepoint")):
                    return True
    return False


def start(command, **popen):
    """On the CPU that the generator leaves free."""
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("stdout", subprocess.DEVNULL)
    popen.setdefault("stderr", subprocess.DEVNULL)
    return subprocess.Popen(["taskset", "-c", str(OTHER_CPU), *map(str, command)], **popen)


def stop(process, seconds=20):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high
