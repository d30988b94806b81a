#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials is SPDX 2.3, and tells the truth about the image."""
import hashlib
import json
import re
import subprocess

from image import SOURCE, ImageTest, main
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

BUILT_BY = SOURCE / "tools/dev/librdkafka.sh"


class BillOfMaterials(ImageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = json.loads(cls.image.bill.read_text())

    def test_it_is_valid_spdx_2_3(self):
        self.assertEqual(self.bill["spdxVersion"], "SPDX-2.3")
        document = parse_file(str(self.image.bill))
        self.assertEqual([m.validation_message for m in validate_full_spdx_document(document)], [])

    def test_it_names_every_file_with_its_checksum(self):
        told = {file["fileName"]: {c["algorithm"]: c["checksumValue"] for c in file["checksums"]}
                for file in self.bill["files"]}
        self.assertEqual(sorted(told), sorted("./" + path for path in self.image.files()))
        for name, sums in told.items():
            content = (self.image.root / name).read_bytes()
            self.assertEqual(sums["SHA256"], hashlib.sha256(content).hexdigest(), name)

    def test_every_file_belongs_to_one_package(self):
        contained = [relation["relatedSpdxElement"] for relation in self.bill["relationships"]
                     if relation["relatedSpdxElement"].startswith("SPDXRef-File-")]
        self.assertEqual(sorted(contained), sorted(file["SPDXID"] for file in self.bill["files"]))

    def test_every_package_has_its_version_and_its_terms(self):
        terms = {license["licenseId"]: license["extractedText"]
                 for license in self.bill["hasExtractedLicensingInfos"]}
        for package in self.bill["packages"]:
            if package["name"] == "nameward":
                self.assertEqual(package["licenseDeclared"], "Apache-2.0")
                continue
            self.assertEqual(package["versionInfo"], version_of(package["name"]))
            self.assertGreater(len(terms[package["licenseDeclared"]]), 200, package["name"])

    def test_the_library_for_kafka_is_named_however_it_is_linked(self):
        names = {package["name"] for package in self.bill["packages"]}
        self.assertEqual(len(names & {"librdkafka", "librdkafka1"}), 1)


def version_of(package):
    if package == "librdkafka":  # no package of this Debian: linked statically
        return re.search(r"(?m)^version=(.+)$", BUILT_BY.read_text())[1]
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True,
                          capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
