#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the image holds, byte for byte the same when made twice."""
import gzip
import io
import json
import os
import re
import stat
import subprocess
import tarfile
import unittest

from image import SOURCE, TIME, Image, ImageTest, main

LIBRARY = re.compile(r"usr/lib/[a-z0-9_]+-linux-gnu/lib[^/]+\.so\.[0-9.]+")
LOADER = re.compile(r"usr/lib(64)?/ld-linux-[a-z0-9_-]+\.so\.\d")
ALLOWED = [re.compile(pattern) for pattern in (
    r"usr/bin/nameward", LIBRARY.pattern, LOADER.pattern,
    r"etc/(passwd|group|nsswitch\.conf)", r"usr/lib/os-release",
    r"etc/ssl/certs/ca-certificates\.crt",
    r"etc/nameward/rules/[a-z0-9-]+\.yaml", r"etc/nameward/rules/lists/[a-z0-9-]+\.txt",
    r"usr/share/doc/[a-z0-9.+-]+/copyright", r"usr/share/doc/librdkafka/upstream",
    r"var/lib/dpkg/status\.d/[a-z0-9.+-]+")]
LINKS = {"lib": "usr/lib", "lib64": "usr/lib64", "etc/os-release": "../usr/lib/os-release",
         "usr/lib/ssl/cert.pem": "/etc/ssl/certs/ca-certificates.crt"}
MOST_BYTES = 40 << 20  # unpacked; a library more is worth a look


class Contents(ImageTest):
    def test_it_holds_only_what_is_listed(self):
        odd = [path for path in self.image.files()
               if not any(pattern.fullmatch(path) for pattern in ALLOWED)]
        self.assertEqual(odd, [])

    def test_every_link_is_listed(self):
        links = {path: os.readlink(self.image.root / path) for path in self.image.paths()
                 if (self.image.root / path).is_symlink()}
        self.assertEqual(links, {path: LINKS[path] for path in links})

    def test_nothing_but_the_binary_and_the_loader_can_be_run(self):
        def is_program(path):
            mode = (self.image.root / path).stat().st_mode
            return mode & 0o111 and not LIBRARY.fullmatch(path)
        programs = [path for path in self.image.files() if is_program(path)]
        self.assertEqual(len(programs), 2, programs)
        self.assertIn("usr/bin/nameward", programs)
        self.assertTrue(LOADER.fullmatch([p for p in programs if p != "usr/bin/nameward"][0]))

    def test_no_file_carries_rights_or_can_be_written_by_others(self):
        for path in self.image.paths():
            mode = (self.image.root / path).lstat().st_mode
            if not stat.S_ISLNK(mode):
                self.assertFalse(mode & (stat.S_ISUID | stat.S_ISGID | 0o022), path)

    def test_every_library_is_needed_and_there(self):
        listed = subprocess.run(["ldd", os.environ["NW_BINARY"]], check=True,
                                capture_output=True, text=True).stdout
        needed = set(re.findall(r"^\t(\S+\.so\S*) =>", listed, re.M))
        there = {path.rsplit("/", 1)[1] for path in self.image.files() if LIBRARY.fullmatch(path)}
        self.assertEqual(there, needed)

    def test_it_trusts_only_the_certificates_of_the_package(self):
        bundle = (self.image.root / "etc/ssl/certs/ca-certificates.crt").read_text()
        package = subprocess.run(["dpkg", "-L", "ca-certificates"], check=True,
                                 capture_output=True, text=True).stdout
        self.assertEqual(bundle.count("BEGIN CERTIFICATE"), len(re.findall(r"mozilla/.+\.crt$", package, re.M)))

    def test_it_is_small(self):
        self.assertLess(sum((self.image.root / path).stat().st_size for path in self.image.files()), MOST_BYTES)


class Archive(ImageTest):
    def test_a_second_build_gives_the_same_bytes(self):
        second = Image()
        self.addCleanup(second.remove)
        self.assertEqual(second.archive.read_bytes(), self.image.archive.read_bytes())
        self.assertEqual(second.bill.read_bytes(), self.image.bill.read_bytes())

    def test_its_layer_is_the_folder_owned_by_root_at_one_time(self):
        layer = max(self.image.blobs().values(), key=len)
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as tar:
            entries = tar.getmembers()
        self.assertEqual([entry.name for entry in entries], self.image.paths())
        self.assertEqual({(entry.uid, entry.gid, entry.mtime) for entry in entries}, {(0, 0, int(TIME))})

    def test_containerd_and_podman_find_its_name(self):
        [manifest] = json.loads(self.image.blobs()["index.json"])["manifests"]
        names = set(manifest["annotations"].values())
        self.assertEqual(len(names), 1)
        self.assertRegex(names.pop(), r"^localhost/nameward:\d+\.\d+\.\d+$")

    def test_another_reader_of_images_understands_it(self):
        shown = subprocess.run(["skopeo", "inspect", f"oci-archive:{self.image.archive}"],
                               check=True, capture_output=True, text=True).stdout
        labels = json.loads(shown)["Labels"]
        for label in ("title", "version", "revision", "licenses", "created"):
            self.assertTrue(labels[f"org.opencontainers.image.{label}"])

    def test_the_dockerfile_says_the_same(self):
        text = (SOURCE / "Dockerfile").read_text()
        config = self.image.config()["config"]
        last = text[text.rindex("\nFROM "):]
        self.assertEqual(json.loads(re.search(r"ENTRYPOINT (.*)", last)[1]), config["Entrypoint"])
        self.assertEqual(json.loads(re.search(r"CMD (.*)", last)[1]), config["Cmd"])
        self.assertEqual([re.search(r"ENV (.*)", last)[1]], config["Env"])
        for name, value in re.findall(r'(org\.[a-z.]+)="(.*)"', last):
            self.assertEqual(config["Labels"][name], value)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
