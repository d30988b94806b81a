# SPDX-License-Identifier: Apache-2.0
"""Kubernetes as one program, built once per machine and kept in the cache."""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from harness.place import CACHE

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "program"
FILES = ("main.go", "go.mod", "go.sum")
GO_AT_LEAST = (1, 24)
LINK = "-s -w -X k8s.io/component-base/version.gitVersion=v1.34.4"
KEPT = 2  # older builds than these are deleted


def path():
    """Where the program of exactly this source is, or will be."""
    text = b"".join((SOURCE / name).read_bytes() for name in FILES)
    return CACHE / "cluster" / hashlib.sha256(text + LINK.encode()).hexdigest()[:16] / "testcluster"


def missing():
    """Why there can be no program on this machine, or None."""
    if path().exists():
        return None
    go = shutil.which("go")
    if go is None:
        return "Go 1.24 or newer is not installed (https://go.dev/dl), and no program is cached"
    words = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True,
                           env=_environment(), check=False).stdout
    version = re.match(r"go(\d+)\.(\d+)", words)
    if version is None or tuple(map(int, version.groups())) < GO_AT_LEAST:
        return f"Go is too old: {words.strip()} (1.24 or newer: https://go.dev/dl)"
    return None


def build():
    """Returns the path of the program; at most one build runs at a time."""
    program = path()
    program.parent.mkdir(parents=True, exist_ok=True)
    with open(program.parent.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _compile(program)
            _forget_old(program)
    return program


def _compile(program):
    unfinished = program.with_name("unfinished")
    subprocess.run(["go", "build", "-trimpath", f"-ldflags={LINK}", "-o", unfinished, "."],
                   cwd=SOURCE, env=_environment(), check=True)
    unfinished.rename(program)


def _environment():
    return os.environ | {
        "GOCACHE": str(CACHE / "go/build"), "GOMODCACHE": str(CACHE / "go/mod"),
        "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}


def _forget_old(program):
    builds = [folder for folder in program.parent.parent.iterdir()
              if folder.is_dir() and folder != program.parent]
    builds.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in builds[KEPT - 1:]:
        shutil.rmtree(folder)
