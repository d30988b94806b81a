# SPDX-License-Identifier: Apache-2.0
"""Images for test pods: OCI archives made of files, without a daemon.

localhost/pause:1  the sandbox's program, and nothing else
localhost/box:1    busybox, and nwbox (workload/nwbox.c) in /bin
"""
import hashlib
import io
import json
import pathlib
import shutil
import subprocess
import tarfile

WORKLOAD = pathlib.Path(__file__).resolve().parents[1] / "workload"
APPLETS = ("sh", "sleep", "cat", "ls", "ip", "nc", "nslookup", "wget", "id", "kill", "true",
           "ping", "traceroute", "mkdir", "mount", "echo", "ps", "grep", "sed", "vi", "env")
COMPILER = "musl-gcc"


def base_images(place):
    """The archives that every cluster has."""
    nwbox = place.file("nwbox")
    subprocess.run([COMPILER, "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror", "-o", nwbox,
                    WORKLOAD / "nwbox.c"], check=True)
    folder = place.file("images")
    folder.mkdir()
    return [
        write(folder / "pause.tar", "localhost/pause:1", {"nwbox": nwbox},
              ["/nwbox", "pause"]),
        write(folder / "box.tar", "localhost/box:1",
              {"bin/nwbox": nwbox, "bin/busybox": pathlib.Path(shutil.which("busybox"))},
              ["/bin/nwbox", "pause"], {f"bin/{name}": "busybox" for name in APPLETS})]


def write(archive, name, files, command, links=None):
    """An OCI archive with these files and symbolic links; returns `archive`."""
    layer = _layer(files, links or {})
    blobs = {}

    def put(content):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    vendor = "application/vnd.oci.image."
    filesystem = put(layer)
    config = put(_json({
        "architecture": _architecture(), "os": "linux",
        "config": {"Cmd": command, "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [filesystem["digest"]]}}))
    manifest = put(_json({
        "schemaVersion": 2, "mediaType": vendor + "manifest.v1+json",
        "config": config | {"mediaType": vendor + "config.v1+json"},
        "layers": [filesystem | {"mediaType": vendor + "layer.v1.tar"}]}))
    blobs["oci-layout"] = _json({"imageLayoutVersion": "1.0.0"})
    blobs["index.json"] = _json({"schemaVersion": 2, "manifests": [
        manifest | {"mediaType": vendor + "manifest.v1+json",
                    "annotations": {"io.containerd.image.name": name}}]})
    with tarfile.open(archive, "w") as tar:
        for path, content in blobs.items():
            _add(tar, path, content)
    return archive


def load(archives):
    """Gives images to the containerd of the node that this process is on."""
    for archive in archives:
        run = subprocess.run(["ctr", "--namespace", "k8s.io", "images", "import", "--no-unpack",
                              archive], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"{archive}: {run.stderr.strip()}")


def _layer(files, links):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for folder in ("bin", "etc", "proc", "sys", "tmp", "dev", "var", "run"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for path, source in files.items():
            _add(tar, path, source.read_bytes(), 0o755)
        for path, target in links.items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return content.getvalue()


def _add(tar, path, content, mode=0o644):
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _json(value):
    return json.dumps(value).encode()


def _architecture():
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                          check=True).stdout.strip()
