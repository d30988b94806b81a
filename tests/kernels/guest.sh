#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in the guest (busybox sh).  Each line is a check that has to hold.
set -u

failed=0
check() {
  what=$1
  shift
  if "$@"; then
    echo "ok      $what"
  else
    echo "FAILED  $what"
    failed=1
  fi
}

check "the kernel is $1" test "$(uname -r)" = "$1"
check "it has BTF" test -r /sys/kernel/btf/vmlinux
check "cgroup2 is mounted" test -r /sys/fs/cgroup/cgroup.controllers
check "bpffs is mounted" grep -q ' /sys/fs/bpf bpf ' /proc/mounts
if [ -x ./nameward ]; then
  check "the sensor starts" ./nameward version
fi
exit "$failed"
