# SPDX-License-Identifier: Apache-2.0
"""What listens where a broker should be, and is none."""
import contextlib
import os
import socket
import ssl
import threading
import warnings


class Imposter:
    """Gives each connection to `speak(socket)`, one after the other, until it is closed."""

    def __init__(self, speak):
        self._speak = speak
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.met = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.met += 1
            with connection:
                connection.settimeout(5)
                try:
                    self._speak(connection)
                except OSError:  # the other side has had enough
                    pass


class Tap:
    """Passes on to a broker whatever comes, and keeps what the sensor said."""

    def __init__(self, address):
        host, port = address.split(":")
        self._broker = (host, int(port))
        self.heard = b""

    def __call__(self, connection):
        with socket.create_connection(self._broker) as broker:
            back = threading.Thread(target=self._pass_back, args=(broker, connection))
            back.start()
            try:
                while piece := connection.recv(4096):
                    self.heard += piece
                    broker.sendall(piece)
            finally:
                with contextlib.suppress(OSError):
                    broker.shutdown(socket.SHUT_RDWR)
                back.join()

    @staticmethod
    def _pass_back(broker, connection):
        with contextlib.suppress(OSError):
            while piece := broker.recv(4096):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_RDWR)


def rubbish(connection):
    """Random bytes as answers: lengths that lie, and what is no protocol at all."""
    connection.recv(4096)
    connection.sendall(os.urandom(4096))
    connection.recv(4096)


def tls(certificate, key, only=None):
    """`only`: a version of TLS; the key exchange that signs nothing, for what an old
    version signs is refused for its hash."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if only is not None:
        context.set_ciphers("kRSA:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):  # they are deprecated, yes
            context.minimum_version = context.maximum_version = only

    def speak(connection):
        context.wrap_socket(connection, server_side=True).recv(4096)
    return speak
