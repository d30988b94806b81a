#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get_flink.sh: Flink's jars (pom.xml) by Maven into the cache folder, once.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
cache=${NAMEWARD_CACHE:-${HOME:-/root}/.cache/nameward}/flink
if cmp -s "$here/pom.xml" "$cache/pom.xml"; then exit 0; fi
rm -rf "$cache"
mkdir -p "$cache"
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies \
  -DoutputDirectory="$cache/lib"
cp "$here/pom.xml" "$cache/pom.xml"
