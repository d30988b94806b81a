#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs a folder as an OCI image in a tar, with one layer and nothing but the
standard library.

usage: archive.py FOLDER OUT.tar NAME:TAG ARCHITECTURE [LABEL=VALUE ...]

The same folder, name and SOURCE_DATE_EPOCH give the same bytes.  `ctr images
import`, `podman load` and `skopeo copy oci-archive:OUT.tar` read it, and call
the image NAME:TAG.
"""
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile

# The Dockerfile says the same; a test compares them.
NAMEWARD = {"Entrypoint": ["/usr/bin/nameward"], "Cmd": ["run"], "Env": ["PATH=/usr/bin"],
            "WorkingDir": "/"}

MEDIA_TYPE = "application/vnd.oci.image."


def epoch():
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def layer_of(folder):
    """An uncompressed tar: sorted, owned by root, of one time."""
    def as_root(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = epoch()
        return entry
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=as_root)
    return out.getvalue()


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Layout:
    """The files of an OCI image layout."""

    def __init__(self):
        self.files = {"oci-layout": as_json({"imageLayoutVersion": "1.0.0"})}

    def blob(self, kind, content):
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = content
        return {"mediaType": MEDIA_TYPE + kind, "digest": f"sha256:{digest}", "size": len(content)}

    def write(self, out):
        with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name in sorted(self.files):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime, entry.mode = len(self.files[name]), epoch(), 0o644
                tar.addfile(entry, io.BytesIO(self.files[name]))


def config_of(layer, architecture, labels, program):
    created = datetime.datetime.fromtimestamp(epoch(), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": {**program, "Labels": {**labels, "org.opencontainers.image.created": created}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": created, "created_by": "tools/image/archive.py"}],
    }


def pack(folder, out, name, architecture, labels, program=NAMEWARD):
    """`program`: what the image runs, as OCI's config says it."""
    layout = Layout()
    layer = layer_of(folder)
    config = layout.blob("config.v1+json", as_json(config_of(layer, architecture, labels,
                                                                    program)))
    blob = layout.blob("layer.v1.tar+gzip", gzip.compress(layer, mtime=0))
    manifest = layout.blob("manifest.v1+json", as_json({
        "schemaVersion": 2, "mediaType": MEDIA_TYPE + "manifest.v1+json",
        "config": config, "layers": [blob]}))
    manifest["platform"] = {"architecture": architecture, "os": "linux"}
    # The first is containerd's name for it, the second podman's and skopeo's.
    manifest["annotations"] = {"io.containerd.image.name": name,
                               "org.opencontainers.image.ref.name": name}
    layout.files["index.json"] = as_json({"schemaVersion": 2, "manifests": [manifest]})
    layout.write(out)
    return len(layer), blob["size"]


def main():
    folder, out, name, architecture, *labels = sys.argv[1:]
    unpacked, packed = pack(pathlib.Path(folder), out, name, architecture,
                            dict(label.split("=", 1) for label in labels))
    print(f"{out}: {name} ({architecture}), {packed / 1e6:.1f} MB, {unpacked / 1e6:.1f} MB unpacked")


if __name__ == "__main__":
    main()
