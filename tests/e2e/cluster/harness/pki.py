# SPDX-License-Identifier: Apache-2.0
"""The cluster's certificates and kubeconfigs, made with openssl."""
import json
import subprocess

NAMES = ("DNS:node1,DNS:localhost,DNS:kubernetes.default.svc,"
         "IP:127.0.0.1,IP:10.96.0.1,IP:192.0.2.1")
# file: subject
CERTIFICATES = {
    "server": "/CN=server",
    "admin": "/O=system:masters/CN=admin",
    "kubelet": "/O=system:nodes/CN=system:node:node1",
}
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make(folder):
    """ca, sa (the service accounts' keys), and each of CERTIFICATES with a .conf."""
    folder.mkdir(parents=True)
    openssl(folder, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.crt",
            "-subj", "/CN=test-ca", "-days", "30")
    for name, subject in CERTIFICATES.items():
        sign(folder, name, subject)
        kubeconfig(folder, name)
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key")
    openssl(folder, "ec", "-in", "sa.key", "-pubout", "-out", "sa.pub")


def sign(folder, name, subject, alternative_names=NAMES, days=30):
    """NAME.key and NAME.crt, signed by the folder's authority."""
    openssl(folder, "req", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", subject, "-addext", f"subjectAltName={alternative_names}")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", f"{name}.crt", "-days", days,
            "-copy_extensions", "copy")


def kubeconfig(folder, name):
    """NAME.conf; a kubeconfig may be JSON, since that is YAML too."""
    (folder / f"{name}.conf").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {
            "server": "https://192.0.2.1:6443", "certificate-authority": f"{folder}/ca.crt"}}],
        "users": [{"name": name, "user": {"client-certificate": f"{folder}/{name}.crt",
                                          "client-key": f"{folder}/{name}.key"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}]}))


def openssl(folder, *arguments):
    run = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True,
                         text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {run.stderr.strip()}")
