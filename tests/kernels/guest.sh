#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# guest.sh RELEASE: runs in the guest (busybox sh).  A real DNS server, the sensor,
# and clients in cgroups of their own that look up and connect; then everything
# that the sensor said is printed between marks, for check_guest.py to judge.
set -u

cgroups=/sys/fs/cgroup/test
mark=0 # of the ids (NW_CGROUP_V1)
if grep -q cgroup=v1 /proc/cmdline; then
  umount /sys/fs/cgroup
  mkdir /tmp/pids
  mount -t cgroup -o pids none /tmp/pids
  cgroups=/tmp/pids/test
  mark=4611686018427387904
fi
server4=192.0.2.1
server6=2001:db8::1

# $1 what is awaited, then a command that succeeds once it is there.
await() {
  what=$1
  shift
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 1200 ]; then
      echo "FAILED  $what"
      cat /tmp/*.log
      exit 1
    fi
    usleep 50000
  done
}

# $1 name of the cgroup, then what runs in it, in a mount namespace of its own.
in_cgroup() {
  directory=$cgroups/$1
  shift
  mkdir -p "$directory"
  # shellcheck disable=SC2016  # expanded by the inner shell
  sh -c 'echo 0 >"$1/cgroup.procs"; shift; exec unshare -m "$@"' in "$directory" "$@"
}

step() {
  mkdir -p "$cgroups/$1"
  echo "@@step $1 $((mark + $(stat -c %i "$cgroups/$1")))"
  in_cgroup "$@" || echo "@@failed $1 $?"
}

show() {
  echo "@@begin $1"
  cat "$2"
  echo "@@end $1"
}

listens() {
  netstat -ln | grep -q "[:.]$1 "
}

seen() {
  grep -q "$1" /tmp/events.log
}

if [ "$(uname -r)" != "$1" ] || [ ! -r /sys/kernel/btf/vmlinux ]; then
  echo "FAILED  not the kernel that was asked for, or without BTF: $(uname -r)"
  exit 1
fi
mkdir -p "$cgroups/server" /var/run /run
echo "root:x:0:0::/:/bin/sh" >/etc/passwd
echo "root:x:0:" >/etc/group
# The clients' goal is a route without an address: the node's own addresses, as the
# server's, are never unexpected.
ip addr add $server4/32 dev lo
ip addr add $server6/128 dev lo
ip route add local 192.0.2.0/24 dev lo
ip -6 route add local 2001:db8::/64 dev lo
in_cgroup server ./client serve 8080 >/tmp/web.log 2>&1 &
in_cgroup server ./dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv \
  --no-hosts --user=root --group=root --pid-file= --log-facility=- --local=/test/ \
  --host-record=web.test,192.0.2.11,2001:db8::11 >/tmp/dns.log 2>&1 &
await "the servers listen" listens 53
await "the servers listen" listens 8080

./nameward doctor --format json >/tmp/doctor.log 2>&1
show doctor /tmp/doctor.log
show start /proc/uptime
./nameward run --events --flows --format json --resolver $server4:53 \
  --resolver "[$server6]:53" >/tmp/events.log 2>/tmp/sensor.log &
sensor=$!
await "the sensor is ready" grep -q ready /tmp/sensor.log
show ready /proc/uptime

step udp4 ./client ask udp $server4 web.test A 8080
step tcp4 ./client ask tcp $server4 web.test A 8080
step udp6 ./client ask udp $server6 web.test AAAA 8080
step tcp6 ./client ask tcp $server6 web.test AAAA 8080
step none4 ./client connect 192.0.2.13 8080
step none6 ./client connect 2001:db8::13 8080
step last ./client connect 127.0.0.1 8080
await "the last connect is seen" seen 127.0.0.1:8080
kill -INT $sensor
wait $sensor
echo "@@exit $?"
show events /tmp/events.log
show sensor /tmp/sensor.log
