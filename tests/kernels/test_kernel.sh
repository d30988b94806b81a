#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_kernel.sh SUITE SERIES BINARY: guest.sh under the kernel of a Debian suite,
# which has to be of that series (5.10, 6.1 ...; `newest` takes any).
set -euo pipefail
cd "$(dirname "$0")"

suite=$1 series=$2 binary=$3
command -v qemu-system-x86_64 >/dev/null || {
  echo "skipped: qemu-system-x86_64 is not installed"
  exit 77
}
kernel=$(./get_kernel.sh "$suite") || {
  status=$?
  echo "$kernel"
  exit "$status"
}
version=$(cat "$kernel/version")
case "$series,$version" in
  newest,* | "$series,$series".*) ;;
  *)
    echo "skipped: $suite has $version now, not $series"
    exit 77
    ;;
esac
files=(guest.sh)
[ ! -x "$binary" ] || files+=("$binary")
echo "booting $version"
exec ./run_mini.sh "$kernel" "${files[@]}" -- "sh ./guest.sh $version"
