# SPDX-License-Identifier: Apache-2.0
"""Looks a name up at the given server and connects to the first address."""

import socket
import struct
import sys


def main() -> None:
    server, name, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    query = struct.pack("!6H", 0x2A2A, 0x0100, 1, 0, 0, 0) + labels
    query += b"\0" + struct.pack("!2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(2)
        udp.connect((server, 53))
        udp.send(query)
        answer = udp.recv(4096)
    address = socket.inet_ntoa(answer[-4:])  # the one A record stands last
    with socket.create_connection((address, port), timeout=2) as tcp:
        tcp.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        tcp.recv(100)


if __name__ == "__main__":
    main()
