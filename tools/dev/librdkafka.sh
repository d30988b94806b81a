#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# librdkafka.sh: builds librdkafka 2.8.0 once, as a static library with what the
# sensor uses, into the cache folder; prints its folder (for -DNW_LIBRDKAFKA=...).
#
# Debian 12's own speaks SASL SCRAM in a way that Kafka refuses since 3.8.1
# (docs/adr/0009).  The source is upstream's release as Debian 13 has it, from
# the mirror that this machine's apt uses, with its checksum.  Exit 1, with the
# reason, if it can't be had: Debian's own does all but SCRAM.
set -euo pipefail

version=2.8.0
sha256=5bd1c46f63265f31c6bfcedcde78703f77d28238eadf23821c2b43fc30be3e25
archive=librdkafka_$version.orig.tar.gz
cache=${NAMEWARD_CACHE:-${HOME:-/root}/.cache/nameward}
target=$cache/librdkafka-$version
recipe=$(readlink -f "$0")

fail() {
  echo "librdkafka $version: $*" >&2
  exit 1
}

mirror() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | sed 's|/* *$||' | grep .
}

fetch() {
  local from
  from=$(mirror) || fail "no apt source here ends in /debian"
  # It knows apt's proxies, and keeps no file of another checksum.
  /usr/lib/apt/apt-helper download-file \
    "$from/pool/main/libr/librdkafka/$archive" "$work/$archive" \
    "SHA256:$sha256" >"$work/log" 2>&1 ||
    fail "not fetched: $(grep '^E:' "$work/log" | head -n 1)"
}

compile() {
  local source=$work/librdkafka-$version
  tar -xf "$work/$archive" -C "$work"
  # ThreadSanitizer knows POSIX threads, not those of C11.
  echo '#error' >"$source/packaging/cmake/try_compile/c11threads_test.c"
  # SCRAM and OAUTHBEARER need OpenSSL; WITH_SASL is Cyrus, for Kerberos.  Not
  # its own path in messages: the same bytes wherever it is built.
  local options=(
    -DRDKAFKA_BUILD_STATIC=ON -DRDKAFKA_BUILD_EXAMPLES=OFF -DRDKAFKA_BUILD_TESTS=OFF
    -DWITH_SSL=ON -DWITH_SASL_SCRAM=ON -DWITH_SASL_OAUTHBEARER=ON -DWITH_SASL=OFF
    -DWITH_ZLIB=ON -DWITH_ZSTD=ON -DENABLE_LZ4_EXT=OFF -DWITH_CURL=OFF
    -DWITH_PLUGINS=OFF -DCMAKE_BUILD_TYPE=None
    "-DCMAKE_C_FLAGS=-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$work=.")
  if ! { cmake -S "$source" -B "$work/build" -G Ninja "${options[@]}" &&
    cmake --build "$work/build" --target rdkafka; } >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    fail "not built"
  fi
}

# What the linker needs, and what the image says of it.
install_files() {
  local to=$work/to source=$work/librdkafka-$version
  install -D -m644 "$work/build/src/librdkafka.a" "$to/lib/librdkafka.a"
  install -D -m644 -t "$to/include/librdkafka" "$source"/src/rdkafka{,_mock}.h
  install -D -m644 "$source/LICENSES.txt" "$to/doc/copyright"
  printf '%s\n' 'Package: librdkafka' "Version: $version" \
    'Homepage: https://github.com/confluentinc/librdkafka' \
    "Purl: pkg:github/confluentinc/librdkafka@v$version" \
    "Archive-Sha256: $sha256" >"$to/doc/upstream"
  cp "$recipe" "$to/recipe"
  rm -rf "$target"
  mv "$to" "$target"
}

mkdir -p "$cache"
exec 9>"$cache/librdkafka.lock"
flock 9
if ! cmp -s "$recipe" "$target/recipe"; then
  # In the cache, so that the last mv is one rename and never half a library.
  work=$(mktemp -d "$cache/librdkafka-work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  fetch
  compile
  install_files
fi
echo "$target"
