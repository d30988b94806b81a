# SPDX-License-Identifier: Apache-2.0
"""Answers of a real server: dnsmasq on the loopback, on a port it may choose."""

import contextlib
import shutil
import socket
import subprocess
import time

import dns.message
import dns.query

QUESTIONS = [("a.oracle.test", "A"), ("a.oracle.test", "AAAA"), ("www.oracle.test", "A"),
             ("oracle.test", "MX"), ("oracle.test", "TXT"), ("_x._tcp.oracle.test", "SRV"),
             ("1.2.0.192.in-addr.arpa", "PTR"), ("none.oracle.test", "A"),
             ("oracle.test", "CAA"), ("A.OracLe.TeSt", "A")]


def free_port():
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def real_messages():
    """(label, wire) of each answer; dnsmasq is a package that ./dev test installs."""
    server = shutil.which("dnsmasq") or "/usr/sbin/dnsmasq"
    port = free_port()
    process = subprocess.Popen(
        [server, "-k", "-C", "/dev/null", "-p", str(port), "-a", "127.0.0.1", "-z", "-h", "-R",
         "--local=/oracle.test/", "--host-record=a.oracle.test,192.0.2.1,2001:db8::1",
         "--cname=www.oracle.test,a.oracle.test", "--mx-host=oracle.test,a.oracle.test,10",
         "--txt-record=oracle.test,one,two", "--caa-record=oracle.test,0,issue,ca.test",
         "--srv-host=_x._tcp.oracle.test,a.oracle.test,443,1,2"])
    try:
        for name, rdtype in QUESTIONS:
            for use_edns in (False, True):
                query = dns.message.make_query(name, rdtype, use_edns=use_edns)
                yield "dnsmasq", query.to_wire()
                yield "dnsmasq", ask(query, port)
    finally:
        process.terminate()
        process.wait()


def ask(query, port):
    """The answer as it came, once the server listens."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(5)
        deadline = time.monotonic() + 20
        while True:
            try:
                client.send(query.to_wire())
                return client.recv(65535)
            except ConnectionRefusedError:  # not listening yet
                if time.monotonic() > deadline:
                    raise
