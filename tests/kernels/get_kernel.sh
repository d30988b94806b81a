#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get_kernel.sh SUITE: the newest cloud kernel of a Debian suite, unpacked in the
# cache folder; prints its folder, which holds vmlinuz and a file `version`.
#
# It goes through an apt state of its own: the machine's apt is left alone, and
# the packages are still checked against Debian's keys.  What was fetched once is
# used again; remove the folder to fetch anew.  Exit 77, with the reason, if the
# kernel cannot be had.
set -euo pipefail

suite=$1
cache=${NAMEWARD_CACHE:-${HOME:-/root}/.cache/nameward}/kernels
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
target=$cache/$suite

skip() {
  echo "skipped: no kernel of $suite: $*"
  exit 77
}

# The mirror that this machine uses already, by the end of its path.
mirror() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    grep -oE "https?://[^ ]+/$1/?( |\$)" | head -n 1 | tr -d ' ' | grep .
}

write_apt_state() {
  local source="[signed-by=$keyring]" main security
  main=$(mirror debian) || skip "no apt source here ends in /debian"
  security=$(mirror debian-security) ||
    skip "no apt source here ends in /debian-security"
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,etc/parts}
  : >"$apt/state/status"
  {
    echo "deb $source $main $suite main"
    case $suite in
      *-backports) ;;
      *) echo "deb $source $security $suite-security main" ;;
    esac
  } >"$apt/etc/sources.list"
  cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state/";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache/";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "$apt/etc/parts/";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
CONF
}

# The package that holds the image: from 7.0 on linux-image-* is an empty shell
# over linux-binary-*.
image_package() {
  local candidate version
  candidate=$(apt-cache policy linux-image-cloud-amd64 | sed -n 's/^  Candidate: //p')
  version=$(apt-cache show "linux-image-cloud-amd64=$candidate" |
    sed -n 's/^Depends:.* linux-image-\([0-9][^ ,]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] || return 1
  if apt-cache show "linux-binary-$version" >/dev/null 2>&1; then
    echo "linux-binary-$version"
  else
    echo "linux-image-$version"
  fi
}

[ "$(dpkg --print-architecture)" = amd64 ] || skip "only amd64 is tried"
[ -e "$keyring" ] || skip "$keyring is missing"
mkdir -p "$cache"
exec 9>"$cache/$suite.lock"
flock 9
if [ ! -e "$target/version" ]; then
  apt=$(mktemp -d "$cache/apt-$suite.XXXXXX")
  trap 'rm -rf "$apt"' EXIT
  write_apt_state
  export APT_CONFIG=$apt/apt.conf
  apt-get -qq update >&2 || skip "apt-get update failed"
  package=$(image_package) || skip "the suite has no cloud kernel"
  (cd "$apt" && apt-get -qq download "$package" >&2) || skip "$package: download failed"
  rm -rf "$target"
  dpkg-deb -x "$apt"/linux-*.deb "$apt/root"
  image=$(find "$apt/root" -name 'vmlinuz*' -type f | head -n 1)
  [ -n "$image" ] || skip "$package holds no vmlinuz"
  mkdir -p "$target"
  mv "$image" "$target/vmlinuz"
  echo "${package#linux-*-}" >"$target/version"
fi
echo "$target"
