# SPDX-License-Identifier: Apache-2.0
"""A kubelet's /pods for pods that a test makes without Kubernetes.

Tells what a kubelet tells: a pod from before its start, the container's id only
some time after it, and nothing some time after its end.
"""
import http.server
import json
import math
import ssl
import threading
import time

ID_AFTER_SECONDS = 1.0  # a real one: up to 1 s, then the API server's echo
KEPT_SECONDS = 1.0  # a real one: until the API server has heard of the end and deleted it


class PodServer:
    """https://192.0.2.1:`port`/pods, with the cluster's certificate."""

    def __init__(self, place):
        self._pods, self._lock = {}, threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = outer.pod_list()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("192.0.2.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(place.file("pki/server.crt"), place.file("pki/server.key"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.answers = 0

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def add(self, name, uid, labels, container, container_id):
        pod = {
            "metadata": {"name": name, "namespace": "churn", "uid": uid, "labels": labels},
            "spec": {"nodeName": "node1", "containers": [
                {"name": container, "image": "localhost/box:1"}]},
            "status": {"phase": "Running", "containerStatuses": [
                {"name": container, "image": "localhost/box:1",
                 "containerID": f"containerd://{container_id}"}]}}
        with self._lock:
            self._pods[uid] = [time.monotonic(), math.inf, pod]

    def remove(self, uid):
        with self._lock:
            self._pods[uid][1] = time.monotonic() + KEPT_SECONDS

    def pod_list(self):
        now = time.monotonic()
        with self._lock:
            self.answers += 1
            self._pods = {uid: pod for uid, pod in self._pods.items() if pod[1] > now}
            items = [pod if now - added > ID_AFTER_SECONDS else {**pod, "status": {}}
                     for added, _, pod in self._pods.values()]
        return json.dumps({"kind": "PodList", "apiVersion": "v1", "items": items}).encode()
