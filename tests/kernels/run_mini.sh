#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run_mini.sh KERNEL-FOLDER FILE... -- COMMAND
#
# Boots a kernel in qemu without any disk: the initramfs is busybox and the FILEs
# (in /t, programs with the shared libraries that they need).  Mounts cgroup2,
# bpffs and tracefs, brings lo up, runs COMMAND in /t, prints what it prints and
# exits with its status; 124 if the guest said none.
#
# Plain emulation: a Debian kernel is at COMMAND after 3 to 5 seconds anywhere,
# also where there is no KVM.  Its times say nothing about speed.
set -euo pipefail

kernel=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,etc,t}

# The dynamic loader and libraries at the paths where the program looks for them.
add_libraries() {
  local library
  for library in $(ldd "$1" 2>/dev/null | grep -oE '/[^ )]+'); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

while [ "$1" != -- ]; do
  cp -rL "$1" "$root/t/"
  add_libraries "$1"
  shift
done
shift
printf '%s\n' "$*" >"$root/t/command"

cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin HOME=/tmp
mount -t devtmpfs none /dev
exec </dev/null >/dev/ttyS0 2>&1
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /tmp
mount -t cgroup2 none /sys/fs/cgroup
mount -t bpf none /sys/fs/bpf
mount -t tracefs none /sys/kernel/tracing
mount -t securityfs none /sys/kernel/security
ip link set lo up
echo "nameserver 127.0.0.1" >/etc/resolv.conf
echo "127.0.0.1 localhost" >/etc/hosts
cd /t
sh ./command
echo "@@status $?"
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs"

# edd=off: probing EDD hangs for seconds.  no_timer_check: on a busy machine the
# emulated timer is late, and 5.10 panics over it.  lsm=: 5.10 has no bpf in its default
# list; the others have.  APPEND: more parameters.
timeout -k 5 "${LIMIT:-240}" qemu-system-x86_64 \
  -accel tcg,thread=multi -cpu max -smp "${SMP:-1}" -m "${MEM:-1024}" \
  -nodefaults -display none -monitor none -serial stdio -no-reboot \
  -kernel "$kernel/vmlinuz" -initrd "$work/initramfs" \
  -append "console=ttyS0 quiet edd=off no_timer_check panic=-1 random.trust_cpu=on \
lsm=landlock,lockdown,yama,bpf ${APPEND:-}" \
  </dev/null 2>&1 | tr -d '\r' | tee "$work/log" | sed '/^@@status /d' || true
status=$(sed -n 's/^@@status //p' "$work/log" | tail -n 1)
exit "${status:-124}"
