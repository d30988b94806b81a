# SPDX-License-Identifier: Apache-2.0
"""What listens where a broker should be, and is none."""
import os
import socket
import ssl
import threading


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


def rubbish(connection):
    """Random bytes as answers: lengths that lie, and what is no protocol at all."""
    connection.recv(4096)
    connection.sendall(os.urandom(4096))
    connection.recv(4096)


def tls(certificate, key, newest=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if newest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = newest

    def speak(connection):
        context.wrap_socket(connection, server_side=True).recv(4096)
    return speak
