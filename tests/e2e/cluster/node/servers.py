# SPDX-License-Identifier: Apache-2.0
"""What answers at every address of the network outside.

TCP on PORTS: whatever comes first gets an HTTP answer, then the end.
UDP on ECHO_PORTS: each datagram comes back, from the address it went to.
"""
import selectors
import socket

PORTS = (80, 443, 853, 8080)
ECHO_PORTS = (7, 443, 4433)
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
IP_PKTINFO = 8  # linux/in.h; not in Python 3.11


def accept(listener):
    peer, _ = listener.accept()
    peer.setblocking(False)
    selector.register(peer, selectors.EVENT_READ, answer)


def answer(peer):
    try:
        if peer.recv(4096):
            peer.sendall(ANSWER)
    except OSError:
        pass
    selector.unregister(peer)
    peer.close()


def echo(server):
    payload, ancillary, _, peer = server.recvmsg(65536, 256)
    information = bytearray(ancillary[0][2])
    information[4:8] = information[8:12]  # ipi_spec_dst: answer from there
    try:
        server.sendmsg([payload], [(socket.IPPROTO_IP, IP_PKTINFO, information)], 0, peer)
    except OSError:
        pass  # the peer is gone


selector = selectors.DefaultSelector()
for port in PORTS:
    selector.register(socket.create_server(("0.0.0.0", port), backlog=4096),
                      selectors.EVENT_READ, accept)
for port in ECHO_PORTS:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    server.bind(("0.0.0.0", port))
    selector.register(server, selectors.EVENT_READ, echo)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
