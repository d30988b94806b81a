# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev image [-y]
#:
#: Builds the release preset and makes of it the container image
#: localhost/nameward:VERSION, without a container engine or a registry:
#:   build/image/nameward-VERSION-ARCH.tar         an OCI archive, for this machine's
#:                                                 architecture
#:   build/image/nameward-VERSION-ARCH.spdx.json   its bill of materials (SPDX 2.3)
#: Load it with one of
#:   ctr -n k8s.io images import FILE
#:   podman load -i FILE
#:   skopeo copy oci-archive:FILE docker://REGISTRY/nameward:VERSION
#: The same sources on the same Debian give the same bytes; SOURCE_DATE_EPOCH
#: (default: the time of the last commit) is the time that they carry.
#:
#: Needs no root but for packages.  Installs what is missing of
#: tools/dev/packages-{build,image}.txt.

verb_image() {
  [ $# -eq 0 ] || die "image: takes no arguments"
  need_packages build image
  build_preset release nameward >&2
  make_image build/release/nameward build/image
}

# make_image BINARY FOLDER
make_image() {
  local binary=$1 out=$2 version architecture revision stem
  version=$("$binary" version | sed 's/^nameward //')
  architecture=$(dpkg --print-architecture)
  revision=$(git describe --always --abbrev=40 --dirty --exclude '*' 2>/dev/null ||
    echo unknown)
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null ||
    echo 0)}
  export SOURCE_DATE_EPOCH
  stem=$out/nameward-$version-$architecture
  rm -rf "$out"
  mkdir -p "$out"
  tools/image/rootfs.sh "$binary" "$out/rootfs"
  /usr/bin/python3 tools/image/sbom.py "$out/rootfs" "$stem.spdx.json" nameward \
    "$version" "$architecture" "$revision"
  /usr/bin/python3 tools/image/archive.py "$out/rootfs" "$stem.tar" \
    "localhost/nameward:$version" "$architecture" \
    org.opencontainers.image.title=nameward \
    "org.opencontainers.image.description=DNS and connect sensor for Kubernetes nodes" \
    "org.opencontainers.image.version=$version" \
    "org.opencontainers.image.revision=$revision" \
    org.opencontainers.image.licenses=Apache-2.0 \
    org.opencontainers.image.base.name=scratch
}
