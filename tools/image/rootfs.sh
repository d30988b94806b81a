#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: rootfs.sh BINARY FOLDER
#
# Lays out in FOLDER everything that the image holds, and nothing else: the
# stripped binary, the libraries that the loader would open for it, the loader,
# the CA certificates of Debian's package (never those that this machine trusts
# besides), the starter policy, and what a scanner or a lawyer asks for: which
# Debian packages these files are from (var/lib/dpkg/status.d, as distroless
# images have it) and under which terms.  The same on Debian 12 of any
# architecture; `./dev image` and the Dockerfile both call it.
set -euo pipefail
umask 022
export LC_ALL=C

binary=$1
mkdir -p "$2"
root=$(cd "$2" && pwd)
status=$root/var/lib/dpkg/status.d
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
[ -z "$(ls -A "$root")" ] || {
  echo "rootfs: $root is not empty" >&2
  exit 2
}

package_of() {
  { dpkg -S "$1" 2>/dev/null || dpkg -S "/usr$1"; } | sed 's/[:,].*//' | head -n 1
}

# Debian 12 is usr-merged: /lib and /lib64 are links.
merged() {
  case "$1" in
    /lib/* | /lib64/*) echo "/usr$1" ;;
    *) echo "$1" ;;
  esac
}

# What is there of a package, and under which terms.
name_package() {
  [ ! -e "$status/$1" ] || return 0
  mkdir -p "$status"
  dpkg-query -s "$1" >"$status/$1"
  install -D -m644 "$(readlink -f "/usr/share/doc/$1/copyright")" \
    "$root/usr/share/doc/$1/copyright"
}

# from_package PACKAGE SOURCE TARGET: one file of it.
from_package() {
  name_package "$1"
  install -D "-m$(stat -L -c %a "$2")" "$2" "$root$3"
  (cd "$root" && md5sum "${3#/}") >>"$status/$1.md5sums"
}

add_binary() {
  install -D -m755 "$binary" "$root/usr/bin/nameward"
  # The build id is a hash over debug information that is not shipped.
  strip --strip-all --remove-section=.note.gnu.build-id "$root/usr/bin/nameward"
  install -D -m644 LICENSE "$root/usr/share/doc/nameward/copyright"
  # Of these only headers are used: they are in the binary.
  name_package libcli11-dev
  name_package nlohmann-json3-dev
  ldd "$binary" | grep librdkafka >/dev/null || add_librdkafka
}

# It is in the binary, and no package of this Debian.
add_librdkafka() {
  install -D -m644 -t "$root/usr/share/doc/librdkafka" \
    "$(tools/dev/librdkafka.sh)"/doc/{copyright,upstream}
}

add_libraries() {
  local path
  ldd "$binary" | sed -n 's|^.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | sort -u |
    while read -r path; do
      from_package "$(package_of "$path")" "$path" "$(merged "$path")"
    done
  ln -s usr/lib "$root/lib"
  [ ! -d "$root/usr/lib64" ] || ln -s usr/lib64 "$root/lib64"
}

add_certificates() {
  local bundle=$root/etc/ssl/certs/ca-certificates.crt all
  all=$(mktemp)
  cat /usr/share/ca-certificates/mozilla/*.crt >"$all"
  chmod 644 "$all"
  from_package ca-certificates "$all" "${bundle#"$root"}"
  rm "$all"
  # Where Debian's OpenSSL looks without being told.
  mkdir -p "$root/usr/lib/ssl"
  ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
}

add_etc() {
  printf '%s\n' 'root:x:0:0:root:/:/nonexistent' \
    'nobody:x:65534:65534:nobody:/:/nonexistent' >"$root/etc/passwd"
  printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  from_package base-files /usr/lib/os-release /usr/lib/os-release
  ln -s ../usr/lib/os-release "$root/etc/os-release"
  install -d "$root/etc/nameward/rules/lists"
  install -m644 rules/*.yaml "$root/etc/nameward/rules"
  install -m644 rules/lists/*.txt "$root/etc/nameward/rules/lists"
}

add_binary
add_libraries
add_certificates
add_etc
# A runtime mounts over these, also where the root can't be written.
mkdir -p "$root"/{dev,proc,sys,tmp,var/lib/nameward}
