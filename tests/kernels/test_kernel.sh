#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_kernel.sh SUITE SERIES BINARY CLIENT [PARAMETER]: guest.sh under the kernel
# of a Debian suite, started with that parameter, which has to be of that series (5.10, 6.1 ...; `newest` takes any), judged
# by check_guest.py.
set -euo pipefail
cd "$(dirname "$0")"

suite=$1 series=$2 binary=$3 client=$4
export APPEND=${5:-}
skip() {
  echo "skipped: $*"
  exit 77
}

command -v qemu-system-x86_64 >/dev/null || skip "qemu-system-x86_64 is not installed"
dnsmasq=$(PATH=$PATH:/usr/sbin command -v dnsmasq) || skip "dnsmasq is not installed"
kernel=$(./get_kernel.sh "$suite") || {
  status=$?
  echo "$kernel"
  exit "$status"
}
version=$(cat "$kernel/version")
case "$series,$version" in
  newest,* | "$series,$series".*) ;;
  *) skip "$suite has $version now, not $series" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/nameward" "$binary"
cp "$client" "$work/client"
echo "booting $version $APPEND"
status=0
./run_mini.sh "$kernel" "$work/nameward" "$work/client" "$dnsmasq" guest.sh -- \
  "sh ./guest.sh $version" >"$work/log" || status=$?
if [ "$status" != 0 ]; then
  echo "FAILED  the guest ended with $status; its last lines:"
  tail -n 60 "$work/log"
  exit 1
fi
python3 check_guest.py "$work/log"
