# SPDX-License-Identifier: Apache-2.0
"""Real DNS servers in a host of the lab, serving shop.test, and web servers.

Both servers know the same names (ZONE); a test that needs more adds to it.
"""
import pathlib
import subprocess
import sys

from harness.process import listening_ports, wait_until

# name: (IPv4, IPv6)
ADDRESSES = {
    "db.shop.test": ("192.0.2.11", "2001:db8::11"),
    "web.shop.test": ("192.0.2.12", "2001:db8::12"),
    "v4.shop.test": ("192.0.2.13", None),
    "v6.shop.test": (None, "2001:db8::14"),
    "half.shop.test": ("192.0.2.11", "2001:db8::99"),  # nobody has the latter
}
# An alias of one step, and a chain of eight.
ALIASES = {"api.shop.test": "web.shop.test"} | {
    f"c{n}.shop.test": f"c{n + 1}.shop.test" if n < 8 else "web.shop.test"
    for n in range(1, 9)}
BIG_TEXTS = ["x" * 250 + f"{n:03}" for n in range(12)]  # 3 KiB: EDNS, or TCP
TTL = 30


class Server:
    """A process with its ports; ready when the constructor returns."""

    def __init__(self, lab, host, command, ports):
        self.cgroup = lab.cgroups.plain("server")
        self.host, self.ports = host, ports
        self.log = lab.folder / f"{self.cgroup.directory.name}.log"
        with open(self.log, "w") as log:
            self.process = lab.start(host, self.cgroup, command, stdout=log,
                                     stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        wait_until(self._ready, lambda: f"{command[0]} is not ready: {self.log.read_text()}")

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.log.read_text()}")
        return self.ports <= listening_ports(self.process.pid)


def both(port):
    return {("udp", port), ("tcp", port)}


def dnsmasq(lab, host, port=53, extra=()):
    records = [f"--host-record={name},{','.join(filter(None, pair))},{TTL}"
               for name, pair in ADDRESSES.items()]
    records += [f"--cname={alias},{target},{TTL}" for alias, target in ALIASES.items()]
    records += [f"--txt-record=big.shop.test,{','.join(BIG_TEXTS)}"]
    # priority 1, target ".", alpn h2, ipv4hint 192.0.2.12 (RFC 9460)
    records += ["--dns-rr=https.shop.test,65,0001000001000302683200040004c000020c"]
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
               "--no-hosts", "--user=root", "--pid-file=", "--log-facility=-",
               "--cache-size=0", "--edns-packet-max=4096", "--local=/test/",
               f"--port={port}", "--bind-interfaces",
               f"--listen-address={host.v4},{host.v6}", *records, *extra]
    return Server(lab, host, command, both(port))


def unbound(lab, host, port=53, extra=""):
    lines = []
    for name, (v4, v6) in ADDRESSES.items():
        lines += [f"{name}. {TTL} IN A {v4}"] if v4 else []
        lines += [f"{name}. {TTL} IN AAAA {v6}"] if v6 else []
    lines += [f"big.shop.test. {TTL} IN TXT {text}" for text in BIG_TEXTS]
    lines += [f"https.shop.test. {TTL} IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.12"]
    config = lab.folder / f"unbound-{host.netns}-{port}.conf"
    config.write_text("\n".join([
        "server:", " do-daemonize: no", ' username: ""', ' chroot: ""',
        f' directory: "{lab.folder}"', ' pidfile: ""', " use-syslog: no",
        " num-threads: 1", f" port: {port}", f" interface: {host.v4}",
        f" interface: {host.v6}", " access-control: 192.0.2.0/24 allow",
        " access-control: 2001:db8::/64 allow", " edns-buffer-size: 4096",
        " max-udp-size: 4096", " local-zone: shop.test. static",
        *[f" local-data: '{line}'" for line in lines], extra,
        "remote-control:", " control-enable: no", ""]))
    return Server(lab, host, ["unbound", "-d", "-c", config], both(port))


def odd(lab, host, mode, port=53):
    """A server of odd_server.py, on the host's first IPv4 address."""
    ports = {("tcp" if mode in ("bytewise", "together") else "udp", port)}
    script = pathlib.Path(__file__).with_name("odd_server.py")
    return Server(lab, host, [sys.executable, "-S", script, mode, host.v4, port],
                  both(port) if mode == "long" else ports)


ACCEPT = """
import socket, sys, threading
def serve(listener):
    while True:
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n')
for port in map(int, sys.argv[1:]):
    listener = socket.create_server(('::', port), family=socket.AF_INET6,
                                    dualstack_ipv6=True, backlog=1024)
    threading.Thread(target=serve, args=(listener,)).start()
"""


def web(lab, host, *ports):
    """Answers every TCP connection on these ports of all the host's addresses."""
    return Server(lab, host, [sys.executable, "-c", ACCEPT, *ports],
                  {("tcp", port) for port in ports})
