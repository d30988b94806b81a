# SPDX-License-Identifier: Apache-2.0
"""Builds the image as ./dev image does, into a folder of the test's own."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
TIME = "1700000000"


class Image:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nameward-image-"))
        binary = os.environ["NW_BINARY"]
        subprocess.run(
            ["bash", "-ec", ". tools/dev/common.sh; . tools/dev/image.sh; make_image \"$@\"",
             "make_image", binary, str(self.folder / "image")],
            cwd=SOURCE, check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "SOURCE_DATE_EPOCH": TIME})
        self.root = self.folder / "image/rootfs"
        [self.archive] = self.folder.glob("image/*.tar")
        [self.bill] = self.folder.glob("image/*.spdx.json")

    def paths(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))

    def files(self):
        return [path for path in self.paths()
                if (self.root / path).is_file() and not (self.root / path).is_symlink()]

    def blobs(self):
        """The archive's files by name."""
        with tarfile.open(self.archive) as tar:
            return {entry.name: tar.extractfile(entry).read() for entry in tar}

    def config(self):
        blobs = self.blobs()
        [manifest] = json.loads(blobs["index.json"])["manifests"]
        manifest = json.loads(blobs["blobs/sha256/" + manifest["digest"].split(":")[1]])
        return json.loads(blobs["blobs/sha256/" + manifest["config"]["digest"].split(":")[1]])

    def remove(self):
        shutil.rmtree(self.folder)


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = Image()
        cls.addClassCleanup(cls.image.remove)


def main(*needs):
    """0 passed, 1 failed, 77 skipped with a reason."""
    for reason in filter(None, (need() for need in needs)):
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    result = unittest.main(exit=False, verbosity=2).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
