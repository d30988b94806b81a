# SPDX-License-Identifier: Apache-2.0
"""Images for test pods: OCI archives made of files, without a daemon.

localhost/pause:1  the sandbox's program, and nothing else
localhost/box:1    busybox, and nwbox (workload/nwbox.c) in /bin
"""
import pathlib
import shutil
import subprocess
import sys

CLUSTER = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(CLUSTER.parents[2] / "tools/image"))
import archive  # noqa: E402  (that of ./dev image)

WORKLOAD = CLUSTER / "workload"
APPLETS = ("sh", "sleep", "cat", "ls", "ip", "nc", "nslookup", "wget", "id", "kill", "true",
           "ping", "traceroute", "mkdir", "mount", "echo", "ps", "grep", "sed", "vi", "env")
COMPILER = "musl-gcc"


def base_images(place):
    """The archives that every cluster has."""
    folder = place.file("images")
    box = folder / "box" / "bin"
    for part in ("etc", "proc", "sys", "tmp", "dev", "var", "run", "bin"):
        (folder / "box" / part).mkdir(parents=True)
    subprocess.run([COMPILER, "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror",
                    "-o", box / "nwbox", WORKLOAD / "nwbox.c"], check=True)
    shutil.copy(shutil.which("busybox"), box)
    for applet in APPLETS:
        (box / applet).symlink_to("busybox")
    (folder / "pause").mkdir()
    shutil.copy(box / "nwbox", folder / "pause")
    return [write(folder / "pause", "localhost/pause:1", ["/nwbox", "pause"]),
            write(folder / "box", "localhost/box:1", ["/bin/nwbox", "pause"])]


def write(folder, name, command):
    """FOLDER.tar: an image of what is in the folder."""
    out = folder.with_suffix(".tar")
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True,
                                  text=True, check=True).stdout.strip()
    archive.pack(folder, out, name, architecture, {}, {"Cmd": command, "Env": ["PATH=/bin"]})
    return out


def load(files):
    """Gives images to the containerd of the node that this process is on."""
    for file in files:
        run = subprocess.run(["ctr", "--namespace", "k8s.io", "images", "import", "--no-unpack",
                              file], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"{file}: {run.stderr.strip()}")
