# SPDX-License-Identifier: Apache-2.0
"""What the live tests share: a world, a sensor, and how events are judged."""
import os
import pathlib
import unittest

from harness import dns_servers, sensor
from harness.netlab import NetLab

# Each is built only where its library is installed (clients/CMakeLists.txt).
CLIENTS = pathlib.Path(os.environ.get("NW_CLIENTS", sensor.BINARY.parent / "tests/e2e/live/clients"))


def needs_clients(*names):
    """A function for runner.main: why these C clients cannot be run, or None."""
    def missing():
        lacking = [name for name in names if not (CLIENTS / name).exists()]
        return f"not built: {' '.join(lacking)} in {CLIENTS}" if lacking else None
    return missing


class Watched(unittest.TestCase):
    """One world and one sensor for the class; a cgroup for each test."""

    @classmethod
    def setUpClass(cls):
        cls.lab = NetLab().__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.server = cls.lab.host(1, also=[11, 12, 13, 14])
        cls.client = cls.lab.host(2)
        dns_servers.dnsmasq(cls.lab, cls.server)
        dns_servers.web(cls.lab, cls.server, 8080)
        trusted = [cls.server, *(cls.more_servers() or [])]
        resolvers = [at for host in trusted for at in (f"{host.v4}:53", f"[{host.v6}]:53")]
        cls.sensor = cls.enterClassContext(cls.start_sensor(resolvers))

    @classmethod
    def start_sensor(cls, resolvers):
        return sensor.Sensor(cls.lab, resolvers=resolvers)

    @classmethod
    def more_servers(cls):
        """For a class that needs others too; the hosts that are resolvers of trust."""

    def setUp(self):
        self.box = self.lab.cgroups.container()
        self.refused_before = self.refused()

    def tearDown(self):
        """Another load on this machine may fill the ring: then nothing is shown."""
        lost = self.refused() - self.refused_before
        self.assertEqual(lost, 0, f"the ring was full: {lost} records of this machine lost")

    def refused(self):
        dropped = self.sensor.ledger()["records_dropped"]
        return sum(count for which, count in dropped.items() if which.endswith("/full"))

    def run_in_box(self, command, resolver=None):
        """Runs a program of the system; everything it did has come out then."""
        run = self.lab.run(self.client, self.box, command,
                           resolver=resolver or self.server.v4)
        self.sensor.barrier(self.client, self.box)
        return run

    def run_client(self, name, *arguments, resolver=None):
        return self.run_in_box([CLIENTS / name, *arguments], resolver)

    def dns(self):
        return self.sensor.events("dns", self.box)

    def connects(self, proto=None):
        """Without the barrier's, which goes to loopback."""
        return [e for e in self.sensor.events("connect", self.box)
                if not e["connect"]["dst"].startswith("127.")
                and proto in (None, e["connect"]["proto"])]

    def answers(self, qname):
        """What the answers to `qname` say, of all types."""
        return [a["data"] for e in self.dns() if e["dns"]["qname"] == qname
                for a in e["dns"]["answers"]]

    def assert_pairs(self, questions):
        """Each question once, and one answer that met it; nothing else."""
        asked = [(e["dns"]["qname"], e["dns"]["qtype"]) for e in self.dns()
                 if not e["dns"]["response"]]
        answered = [(e["dns"]["qname"], e["dns"]["qtype"]) for e in self.dns()
                    if e["dns"]["response"] and e["dns"]["matched"]]
        self.assertCountEqual(asked, questions)
        self.assertCountEqual(answered, questions)
        self.assertEqual(len(self.dns()), 2 * len(questions))
        self.assertEqual(self.sensor.events("malformed", self.box), [])

    def assert_identity(self, run, events, pid=None):
        self.assertTrue(events)
        for event in events:
            self.assertEqual(event["cgroup"]["id"], str(self.box.id))
            self.assertEqual(event["cgroup"]["path"], self.box.path)
            self.assertEqual(event["process"]["pid"], pid or run.pid)
            self.assertEqual(event["mntns"], run.mntns)
            self.assertEqual(event["container"]["id"], self.box.container_id)

    def assert_all_identity(self, run, pid=None):
        """Every event of the cgroup but the barrier's is of this process."""
        self.assert_identity(run, self.dns() + self.connects(), pid)

    def assert_one_flow(self, server):
        """The only datagrams went to `server`, reported once, a resolver's."""
        [event] = self.connects("udp")
        self.assertEqual((event["connect"]["dst"], event["connect"]["count"],
                          event["connect"]["dns"]["state"]), (server, 1, "resolver"))
        return event

    def connect_to(self, dst, state, name=None):
        """The one TCP connect to `dst`; its state, and a name that bound it."""
        [event] = [e for e in self.connects("tcp") if e["connect"]["dst"] == dst]
        self.assertEqual(event["connect"]["dns"]["state"], state, event)
        self.assertEqual(event["connect"]["count"], 1)
        if name:
            self.assertIn(name, event["connect"]["dns"]["names"])
        return event

    def bound_to(self, name, dst):
        return self.connect_to(dst, "bound", name)
