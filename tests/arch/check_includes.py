#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house rules that a machine can keep; allowed.txt is the table.

usage: check_includes.py [ROOT].  One line per violation, `file:line: what`, and
exit status 1.  Checked: who includes whom; third-party headers only in the
files named for them and never in a public header; lines of files and functions;
no path of one person's machine; every source has its licence line.
"""
import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys

MAX_FILE, MAX_FUNCTION, MAX_BPF_FUNCTION = 500, 60, 100
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
SIDE_FILE = re.compile(r"_(test|fuzz|benchmark)\.cc$|_testing\.(cc|h)$")
FILE_SYSTEM = {"fstream", "filesystem", "fcntl.h", "sys/stat.h", "dirent.h"}
# The word is split so that this file does not name what it forbids.
FORBIDDEN = re.compile(r"/ro" r"ot/|/ho" r"me/[a-z]|/wo" r"rk/|/Us" r"ers/")
CODE = {".cc", ".h", ".c"}
TEXT = CODE | {".py", ".sh", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml", ".toml"}


class Table:
    def __init__(self, text):
        self.modules, self.tests, self.third_party = {}, {}, []
        self.pure, self.limits = set(), {}
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if words:
                self._add(words[0], words[1:])

    def _add(self, kind, words):
        if kind == "module":
            self.modules[words[0].rstrip(":")] = set(words[1:])
        elif kind == "test":
            self.tests[words[0].rstrip(":")] = set(words[1:])
        elif kind == "thirdparty":
            self.third_party.append((words[0], words[1:]))
        elif kind == "pure":
            self.pure |= set(words)
        elif kind == "limit":
            self.limits[words[0]] = int(words[1])
        else:
            raise SystemExit(f"allowed.txt: {kind}: no such word")


class Checker:
    def __init__(self, root, table):
        self.root, self.table, self.violations = root, table, []

    def complain(self, path, line, what):
        self.violations.append(f"{path}:{line}: {what}")

    def check(self, path):
        relative = path.relative_to(self.root).as_posix()
        lines = path.read_text(errors="replace").splitlines()
        if path.suffix in CODE or path.suffix in {".py", ".sh"}:
            self._size_and_licence(relative, lines)
        for number, line in enumerate(lines, 1):
            if FORBIDDEN.search(line):
                self.complain(relative, number, "names a path of one machine")
        if path.suffix in CODE:
            self._includes(relative, lines)

    def _size_and_licence(self, relative, lines):
        limit = self.table.limits.get(relative, MAX_FILE)
        if len(lines) > limit and not relative.endswith("vmlinux.h"):
            self.complain(relative, len(lines), f"{len(lines)} lines, at most {limit}")
        if not any("SPDX-License-Identifier" in line for line in lines[:4]):
            self.complain(relative, 1, "has no SPDX line")

    def _includes(self, relative, lines):
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            quote, header = found.groups()
            self._third_party(relative, number, quote, header)
            if relative.startswith("sensor/"):
                self._module(relative, number, quote, header)

    def _third_party(self, relative, number, quote, header):
        if quote == '"' and header == "bpf/event.h":
            return
        for prefix, files in self.table.third_party:
            if header.startswith(prefix) and not any(
                    fnmatch.fnmatch(relative, pattern) for pattern in files):
                self.complain(relative, number,
                              f"includes {header}, which only {' '.join(files)} may")

    def _module(self, relative, number, quote, header):
        module, file = relative.split("/")[1], relative.split("/")[-1]
        if module not in self.table.modules:
            self.complain(relative, number, f"module {module} is not in allowed.txt")
            return
        side = SIDE_FILE.search(file)
        allowed = {module} | self.table.modules[module]
        if side:
            allowed = allowed | self.table.tests.get(module, set())
        target = header.split("/")[0]
        ours = target in self.table.modules or header == "bpf/event.h"
        if quote == '"' and ours and target not in allowed and header not in allowed:
            self.complain(relative, number, f"{module} may not include {header}")
        if quote == "<" and module in self.table.pure and not side \
                and header in FILE_SYSTEM:
            self.complain(relative, number,
                          f"{module} is given text, it does not open files ({header})")

    def functions(self, files):
        """Lengths by universal-ctags, which reads C, C++ and Python alike."""
        run = subprocess.run(
            ["ctags", "-L", "-", "-f", "-", "--kinds-C=f", "--kinds-C++=f",
             "--kinds-Python=fm", "--fields=+ne", "--excmd=number"],
            input="\n".join(str(f) for f in files if "vmlinux" not in f.name),
            capture_output=True, text=True, check=True)
        for tag in run.stdout.splitlines():
            name, path, *fields = tag.split("\t")
            place = dict(f.split(":", 1) for f in fields if ":" in f)
            if "end" not in place:
                continue
            length = int(place["end"]) - int(place["line"]) + 1
            limit = MAX_BPF_FUNCTION if path.endswith(".bpf.c") else MAX_FUNCTION
            if length > limit:
                relative = pathlib.Path(path).relative_to(self.root).as_posix()
                self.complain(relative, place["line"],
                              f"{name} has {length} lines, at most {limit}")


def files_of(root):
    for folder in ["bpf", "cmake", "docs", "rules", "sensor", "tests", "tools", ".ci"]:
        yield from sorted(p for p in (root / folder).rglob("*")
                          if p.is_file() and p.suffix in TEXT
                          and "testdata" not in p.parts and "__pycache__" not in p.parts)
    yield from sorted(p for p in root.glob("*") if p.is_file() and p.suffix in TEXT)


def main():
    here = pathlib.Path(__file__).resolve()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else here.parents[2]).resolve()
    if not shutil.which("ctags"):
        print("universal-ctags is not installed")
        return 77
    checker = Checker(root, Table((here.parent / "allowed.txt").read_text()))
    files = list(files_of(root))
    for path in files:
        checker.check(path)
    checker.functions([p for p in files if p.suffix in CODE | {".py"}])
    for violation in checker.violations:
        print(violation)
    print(f"{len(files)} files, {len(checker.violations)} violations")
    return 1 if checker.violations or not files else 0


if __name__ == "__main__":
    sys.exit(main())
