#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy-14 over the sources named in compile_commands.json.

usage: tidy.py BUILD_FOLDER [path-prefix ...]

A file that was clean is not looked at again until its text, that of a header of
ours which it includes, its command line or .clang-tidy changes: a stamp named
by the hash of all those is kept in the cache folder.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
CACHE = pathlib.Path(
    os.environ.get("NAMEWARD_CACHE", pathlib.Path.home() / ".cache/nameward")) / "tidy"


def closure(path, folders):
    """The file and every header of ours it reaches, each once, in a fixed order."""
    seen, todo = {}, [path]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen[current] = current.read_bytes()
        for name in INCLUDE.findall(seen[current]):
            for folder in [current.parent, *folders]:
                header = (folder / name.decode()).resolve()
                if header.is_file():
                    todo.append(header)
                    break
    return sorted(seen.items())


def fingerprint(entry, folders):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    digest.update(entry["command"].replace(str(ROOT), "").encode())
    for path, text in closure(pathlib.Path(entry["file"]), folders):
        digest.update(path.name.encode() + b"\0" + text)
    return CACHE / digest.hexdigest()


def tidy(entry, build, folders):
    stamp = fingerprint(entry, folders)
    if stamp.exists():
        return "", False
    run = subprocess.run(
        ["clang-tidy-14", "--quiet", "-p", str(build),
         "--extra-arg=-Wno-unknown-warning-option",
         "--extra-arg=-Wno-sign-conversion", entry["file"]],
        capture_output=True, text=True)
    if run.returncode == 0:
        stamp.touch()
        return "", True
    return run.stdout + ("" if run.stdout else run.stderr), True


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    prefixes = tuple(str(ROOT / p) for p in (sys.argv[2:] or ["sensor"]))
    entries = json.loads((build / "compile_commands.json").read_text())
    entries = [e for e in entries
               if e["file"].startswith(prefixes)
               and not re.search(r"_(test|fuzz|benchmark)\.cc$", e["file"])]
    folders = [ROOT / "sensor", ROOT, build / "bpf"]
    CACHE.mkdir(parents=True, exist_ok=True)
    findings = looked_at = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, fresh in pool.map(lambda e: tidy(e, build, folders), entries):
            looked_at += fresh
            findings += bool(text)
            if text:
                print(text.replace(str(ROOT) + "/", ""), flush=True)
    print(f"clang-tidy: {len(entries)} files, {looked_at} looked at, "
          f"{findings} with findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
