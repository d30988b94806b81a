#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the bill of materials of an image's folder as SPDX 2.3 JSON.

usage: sbom.py FOLDER OUT.json NAME VERSION ARCHITECTURE REVISION

It reads nothing but the folder that rootfs.sh laid out: what the image holds is
what the document says.  A package's licence is the text of its copyright file,
as Debian ships it; no licence is guessed from it.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import sys
import urllib.parse

SUPPLIER = "Organization: Debian"
UNKNOWN = "NOASSERTION"


def spdx_id(kind, name):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def control(text):
    """The fields of a Debian control paragraph; continuation lines are left out."""
    return dict(re.findall(r"(?m)^([A-Z][\w-]*): (.*)$", text))


def packages_of(root):
    return sorted(entry.name for entry in (root / "var/lib/dpkg/status.d").iterdir()
                  if entry.suffix != ".md5sums")


def files_of(root, package):
    listing = root / "var/lib/dpkg/status.d" / f"{package}.md5sums"
    lines = listing.read_text().splitlines() if listing.exists() else []
    return sorted(line.split("  ", 1)[1] for line in lines)


class Bill:
    def __init__(self, root):
        self.root = root
        self.packages, self.files, self.licenses, self.relations = [], [], [], []

    def relate(self, one, kind, other):
        self.relations.append(
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other})

    def license_of(self, package):
        text = (self.root / "usr/share/doc" / package / "copyright").read_text(errors="replace")
        reference = "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package)
        self.licenses.append({"licenseId": reference, "name": f"copyright file of {package}",
                              "extractedText": text})
        return reference

    def add_file(self, path):
        content = (self.root / path).read_bytes()
        reference = spdx_id("File", path)
        self.files.append({
            "SPDXID": reference, "fileName": "./" + path,
            "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
                          {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
            "licenseConcluded": UNKNOWN, "licenseInfoInFiles": [UNKNOWN], "copyrightText": UNKNOWN})
        return reference

    def add_package(self, reference, paths, **fields):
        if not paths:
            self.packages.append({"SPDXID": reference, "downloadLocation": UNKNOWN,
                                  "filesAnalyzed": False, "licenseConcluded": UNKNOWN,
                                  "copyrightText": UNKNOWN, **fields})
            return
        files = [self.add_file(path) for path in paths]
        # SPDX 2.3 §7.9: SHA-1 over the sorted SHA-1s of the package's files.
        own = {file["SPDXID"]: file["checksums"][0]["checksumValue"] for file in self.files}
        code = hashlib.sha1("".join(sorted(own[f] for f in files)).encode()).hexdigest()
        self.packages.append({
            "SPDXID": reference, "downloadLocation": UNKNOWN, "filesAnalyzed": True,
            "packageVerificationCode": {"packageVerificationCodeValue": code},
            "licenseConcluded": UNKNOWN, "licenseInfoFromFiles": [UNKNOWN],
            "copyrightText": UNKNOWN, **fields})
        for file in files:
            self.relate(reference, "CONTAINS", file)

    def add_debian(self, package, paths):
        """A package without files is compiled into ours."""
        fields = control((self.root / "var/lib/dpkg/status.d" / package).read_text())
        reference = spdx_id("Package", package)
        version, architecture = fields["Version"], fields["Architecture"]
        source = fields.get("Source", package)
        self.add_package(
            reference, paths, name=package, versionInfo=version, supplier=SUPPLIER,
            sourceInfo=f"built from Debian's source package {source}",
            licenseDeclared=self.license_of(package),
            externalRefs=[{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{urllib.parse.quote(package)}@"
                f"{urllib.parse.quote(version, safe='')}?arch={architecture}&distro=debian-12"}])
        return reference

    def add_upstream(self, folder):
        """What is compiled in from upstream's own release, as its folder says."""
        fields = control((folder / "upstream").read_text())
        name = fields["Package"]
        reference = spdx_id("Package", name)
        self.add_package(
            reference, [], name=name, versionInfo=fields["Version"], supplier=UNKNOWN,
            homepage=fields["Homepage"], licenseDeclared=self.license_of(name),
            sourceInfo=f"built from upstream's release, SHA-256 {fields['Archive-Sha256']}",
            externalRefs=[{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                           "referenceLocator": fields["Purl"]}])
        return reference


def fill(bill, name, version):
    """Ours first, then Debian's; every file belongs to one package."""
    owned = {package: files_of(bill.root, package) for package in packages_of(bill.root)}
    taken = {path for paths in owned.values() for path in paths}
    ours = sorted(str(path.relative_to(bill.root)) for path in bill.root.rglob("*")
                  if path.is_file() and not path.is_symlink()
                  and str(path.relative_to(bill.root)) not in taken)
    top = spdx_id("Package", name)
    bill.add_package(top, ours, name=name, versionInfo=version,
                     supplier=f"Organization: {name}", licenseDeclared="Apache-2.0",
                     primaryPackagePurpose="CONTAINER")
    bill.relate("SPDXRef-DOCUMENT", "DESCRIBES", top)
    for package, paths in owned.items():
        bill.relate(top, "CONTAINS" if paths else "STATIC_LINK", bill.add_debian(package, paths))
    for upstream in sorted(bill.root.glob("usr/share/doc/*/upstream")):
        bill.relate(top, "STATIC_LINK", bill.add_upstream(upstream.parent))


def document(bill, name, version, architecture, revision):
    created = datetime.datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.UTC)
    content = "".join(file["checksums"][1]["checksumValue"] for file in bill.files)
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}-{architecture}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{version}-{architecture}-"
        + hashlib.sha256(content.encode()).hexdigest()[:32],
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "creators": [f"Tool: {name}-sbom-{version}"],
                         "comment": f"source revision {revision}"},
        "packages": bill.packages, "files": bill.files,
        "hasExtractedLicensingInfos": bill.licenses, "relationships": bill.relations}


def main():
    root, out, name, version, architecture, revision = sys.argv[1:]
    bill = Bill(pathlib.Path(root))
    fill(bill, name, version)
    text = json.dumps(document(bill, name, version, architecture, revision), indent=1) + "\n"
    pathlib.Path(out).write_text(text)
    print(f"{out}: {len(bill.packages)} packages, {len(bill.files)} files")


if __name__ == "__main__":
    main()
