# SPDX-License-Identifier: Apache-2.0
"""The sensor under test: its events and alerts as they come, and its ledger."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

from harness import schema
from harness.process import Timeout, end, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[4]
BINARY = pathlib.Path(os.environ.get("NW_BINARY", ROOT / "build/release/nameward"))
START_SECONDS = 60  # the verifier of a busy or an emulated machine is slow
MARK = "import socket; socket.socket().connect_ex(('127.0.0.1', {}))"


def missing():
    """Why there is no sensor to test, or None."""
    return None if BINARY.exists() else f"{BINARY} is not built"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Sensor:
    """`nameward run --events` until `stop`; use as a context manager.

    Events and OCSF alerts are JSON; other lines (alerts as people read them) are
    kept in `texts`, and the bytes of all in `raw`.  Every alert must meet the
    published schema.
    """

    def __init__(self, lab, policy=None, resolvers=(), alert_format="ocsf", flags=(),
                 inside=None):
        """`inside`: how the command is run, as a function from command to command."""
        self.lab = lab
        self.lines, self.texts, self.raw = [], [], []
        self._changed = threading.Condition()
        self._barriers = set()  # (cgroup id, destination) of connects to loopback
        self._listen = f"127.0.0.1:{free_port()}"
        self._errors = lab.folder / f"sensor-{self._listen}.stderr"
        command = [BINARY, "run", "--events", "--format", "json",
                   "--alert-format", alert_format, "--metrics-listen", self._listen,
                   *(["--policy", policy] if policy else []), *flags]
        for resolver in resolvers:
            command += ["--resolver", resolver]
        if inside:
            command = inside(list(map(str, command)))
        with open(self._errors, "w") as errors:
            self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=errors)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        try:
            wait_until(self._ready, lambda: f"the sensor is not ready: {self.errors()}",
                       START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, failure=None, *_):
        if self.process.poll() is None:
            end(self.process)
        self._reader.join()
        self.process.stdout.close()
        faults = schema.faults(self.alerts()) if failure is None else []
        assert not faults, faults[0]

    def events(self, kind=None, cgroup=None):
        """Events so far; an alert (it has no `kind`) is never among them."""
        with self._changed:
            lines = list(self.lines)
        return [e for e in lines if "kind" in e
                and (kind is None or e["kind"] == kind)
                and (cgroup is None or e["cgroup"]["id"] == str(cgroup.id))]

    def alerts(self, cgroup=None):
        """OCSF findings so far, of one cgroup if one is given."""
        with self._changed:
            lines = [a for a in self.lines if "class_uid" in a]
        return [a for a in lines if cgroup is None or cgroup.path in json.dumps(a)]

    def wait_for(self, condition, what, seconds=20):
        """The first true value of condition(), tried whenever a line has come."""
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise Timeout(f"{what}: not seen in {seconds} s; {self.errors()}")
        return condition()

    def barrier(self, host, cgroup, seconds=20):
        """Everything that the cgroup did before has come out when this returns.

        A connect to a port that nobody used before, made in the same cgroup: the
        kernel's ring and every queue after it keep the order of one cgroup.
        """
        port = free_port()
        self.lab.run(host, cgroup, [sys.executable, "-S", "-c", MARK.format(port)])
        # In one look: this is asked again for each of perhaps 100,000 lines.
        self.wait_for(lambda: (str(cgroup.id), f"127.0.0.1:{port}") in self._barriers,
                      f"the barrier's connect to port {port}", seconds)

    def get(self, path):
        with urllib.request.urlopen(f"http://{self._listen}{path}", timeout=5) as answer:
            return answer.read().decode()

    def ledger(self):
        return json.loads(self.get("/api/ledger"))

    def errors(self):
        return self._errors.read_text()

    def stop(self):
        """Ctrl-C; returns the exit status once everything was drained."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        self._reader.join()
        return status

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the sensor ended with {self.process.returncode}: "
                                 f"{self.errors()}")
        try:
            return self.get("/readyz")
        except OSError:  # not yet: refused, 503, or bound before it is served
            return None

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.raw.append(line)
                if line.startswith(b"{"):
                    self._keep(json.loads(line))
                else:
                    self.texts.append(line.decode().rstrip())
                self._changed.notify_all()

    def _keep(self, line):
        self.lines.append(line)
        to = line.get("connect", {}).get("dst", "")
        if to.startswith("127."):
            self._barriers.add((line["cgroup"]["id"], to))
