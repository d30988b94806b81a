# SPDX-License-Identifier: Apache-2.0
"""A web server that takes alerts, on a loopback port of its own."""
import http.server
import ssl
import subprocess
import threading


def certificate(folder, name, names="IP:127.0.0.1"):
    """(certificate, key) that signs itself: an authority of one."""
    files = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={names}", "-out", files[0], "-keyout", files[1]],
                   check=True, capture_output=True)
    return files


class Receiver:
    """Keeps each request as (headers, body), and answers `status`."""

    def __init__(self, identity=None, client_ca=None, port=0):
        self.requests, self.status, self.token = [], 200, None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        self.scheme = "https" if identity else "http"
        if identity:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*identity)
            if client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(client_ca)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/alerts"

    def _handler(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                known = receiver.token is None or \
                    self.headers["Authorization"] == f"Bearer {receiver.token}"
                status = receiver.status if known else 401
                receiver.requests.append((status, dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
