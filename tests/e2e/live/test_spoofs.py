#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An answer that does not fit its query binds nothing, whatever else it says."""
import sys

from harness import dns_servers, runner, sensor
from harness.watched import Watched, needs_clients

# The program believes the lie, or the right answer: one connect each.
CONNECT = """
import socket
for address in '192.0.2.13', '192.0.2.12':
    socket.create_connection((address, 8080), 10).close()
"""


class Spoofs(Watched):
    @classmethod
    def more_servers(cls):
        modes = enumerate(("wrong_id", "wrong_name", "wrong_server"), 3)
        cls.liars = {mode: cls.lab.host(number, also=[number + 20])
                     for number, mode in modes}
        for mode, host in cls.liars.items():
            dns_servers.odd(cls.lab, host, mode)
        return cls.liars.values()

    def assert_lie_binds_nothing(self, mode, how="connected"):
        self.run_client("udp_send", how, self.liars[mode].v4, "api.shop.test", 2)
        self.run_in_box([sys.executable, "-S", "-c", CONNECT])
        matched = [e["dns"]["matched"] for e in self.dns() if e["dns"]["response"]]
        self.assertEqual(len(self.dns()), 3)  # one query, two answers
        self.assertEqual(sum(matched), 1)
        self.connect_to("192.0.2.13:8080", "none")
        self.bound_to("api.shop.test", "192.0.2.12:8080")

    def test_another_id(self):
        self.assert_lie_binds_nothing("wrong_id")

    def test_another_question(self):
        self.assert_lie_binds_nothing("wrong_name")

    def test_another_server_to_a_socket_that_takes_from_all(self):
        self.assert_lie_binds_nothing("wrong_server", "unconnected")


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, needs_clients("udp_send")])
