# SPDX-License-Identifier: Apache-2.0
"""A DNS server that answers rightly but oddly, as no real server can be told to.

    odd_server.py MODE ADDRESS PORT

Every name has the address RIGHT.

 bytewise      TCP: each byte of an answer in a segment of its own
 together      TCP: reads two queries, then sends both answers with one call
 long          both: LONG_ANSWER addresses, RIGHT the first and WRONG the last
 wrong_id      UDP: before the right answer one with another id, saying WRONG
 wrong_name    UDP: ... one for another question
 wrong_server  UDP: ... one from another address of the host, ADDRESS + 20
"""
import ipaddress
import socket
import struct
import sys
import threading

RIGHT, WRONG, TTL = "192.0.2.12", "192.0.2.13", 30
LONG_ANSWER = 1000  # 16 KiB


def question_end(query):
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 5


def answer(query, *addresses, number=None, name=None):
    """The question again, and A records whose owner is the question's name."""
    end = question_end(query)
    number = struct.unpack("!H", query[:2])[0] if number is None else number
    question = query[12:end] if name is None else name + query[end - 4:end]
    owner = struct.pack("!3HIH", 0xC00C, 1, 1, TTL, 4)
    return (struct.pack("!6H", number, 0x8180, 1, len(addresses), 0, 0) + question +
            b"".join(owner + socket.inet_aton(address) for address in addresses))


def long_answer(query):
    first = int(ipaddress.ip_address("198.18.0.0"))
    others = [str(ipaddress.ip_address(first + n)) for n in range(LONG_ANSWER - 2)]
    return answer(query, RIGHT, *others, WRONG)


def framed(message):
    return struct.pack("!H", len(message)) + message


def queries(stream):
    """Each message of a TCP stream (RFC 1035 4.2.2), until the client ends it."""
    file = stream.makefile("rb")
    while head := file.read(2):
        yield file.read(struct.unpack("!H", head)[0])


def bytewise(stream):
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for query in queries(stream):
        for byte in framed(answer(query, RIGHT)):
            stream.sendall(bytes([byte]))


def together(stream):
    both = []
    for query in queries(stream):
        both.append(framed(answer(query, RIGHT)))
        if len(both) == 2:
            stream.sendall(b"".join(both))
            both = []


def long(stream):
    for query in queries(stream):
        stream.sendall(framed(long_answer(query)))


STREAMS = {"bytewise": bytewise, "together": together, "long": long}


def lie(mode, query, address, port):
    """A wrong answer and the socket that sends it, None for the server's own."""
    if mode == "wrong_id":
        return answer(query, WRONG, number=struct.unpack("!H", query[:2])[0] ^ 1), None
    if mode == "wrong_name":
        return answer(query, WRONG, name=b"\5other\4test\0"), None
    elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elsewhere.bind((str(ipaddress.ip_address(address) + 20), port))
    return answer(query, WRONG), elsewhere


def serve_datagrams(mode, address, port):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))
    while True:
        query, client = server.recvfrom(4096)
        if mode == "long":
            server.sendto(long_answer(query), client)
            continue
        message, liar = lie(mode, query, address, port)
        (liar or server).sendto(message, client)
        server.sendto(answer(query, RIGHT), client)
        if liar:
            liar.close()


def main():
    mode, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if mode not in STREAMS:
        serve_datagrams(mode, address, port)
    if mode == "long":
        threading.Thread(target=serve_datagrams, args=sys.argv[1:3] + [port]).start()
    with socket.create_server((address, port)) as listener:
        while True:
            stream, _ = listener.accept()
            with stream:
                STREAMS[mode](stream)


if __name__ == "__main__":
    main()
