#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first and the last that a container does is its own: a Job may be born, look up,
connect and be gone with its cgroup, all before the sensor has read of its birth."""
import json
import sys

from harness import runner, sensor
from harness.watched import Watched

# $1 a pod's cgroup, $2 how many: each child looks up and connects as its first act in
# a container's cgroup that was made for it; then the cgroup is gone.
JOBS = """
import json, os, secrets, socket, sys
pod, number = sys.argv[1], int(sys.argv[2])
query = (bytes([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2]) + b'db' + b'\\4shop\\4test\\0' +
         bytes([0, 1, 0, 1]))
for n in range(number):
    job = f'{pod}/cri-containerd-{secrets.token_hex(32)}.scope'
    os.mkdir(job)
    child = os.fork()
    if child == 0:
        open(job + '/cgroup.procs', 'w').write('0')
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(10)
        s.sendto(query, ('192.0.2.1', 53))
        s.recv(4096)
        socket.create_connection(('192.0.2.11', 8080))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    os.rmdir(job)
    print(json.dumps({'job': job, 'pid': child}))
"""
# Ends with its connection open: the kernel closes it, when the task has no namespaces
# left.
EXIT = """
import os, socket, sys
kept = socket.create_connection(('192.0.2.11', 8080))
os._exit(0)
"""
NUMBER = 50


class BirthAndDeath(Watched):
    @classmethod
    def start_sensor(cls, resolvers):
        return sensor.Sensor(cls.lab, resolvers=resolvers, flags=["--flows"])

    def test_jobs_of_milliseconds_are_named_from_first_to_last(self):
        pod = self.box.directory.parent
        run = self.run_in_box([sys.executable, "-S", "-c", JOBS, pod, NUMBER])
        jobs = [json.loads(line) for line in run.output.splitlines()]
        self.assertEqual(len(jobs), NUMBER)
        for job in jobs:
            path = job["job"].removeprefix(str(self.lab.cgroups.root))
            events = [e for e in self.sensor.events() if e["cgroup"]["path"] == path]
            self.assertEqual([e["kind"] for e in events if e["kind"] != "flow"],
                             ["connect", "dns", "dns", "connect"])
            self.assertEqual(events[3]["connect"]["dns"]["state"], "bound")
            for event in events:
                self.assertEqual((event["process"]["pid"], event["mntns"],
                                  event["container"]["id"]),
                                 (job["pid"], run.mntns, path[-70:-6]))
        self.assertEqual([e for e in self.sensor.events() if e["cgroup"]["path"] is None], [])

    def test_a_connection_that_the_kernel_closes_is_still_the_programs(self):
        run = self.run_in_box([sys.executable, "-S", "-c", EXIT])
        flows = [e for e in self.sensor.events("flow", self.box)
                 if e["flow"]["dst"] == "192.0.2.11:8080"]
        self.assertEqual([e["flow"]["what"] for e in flows], ["connect", "close"])
        self.assert_identity(run, flows)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing])
