#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Harmless traffic in a sandbox of its own: a network namespace without a way out,
# a cgroup, a real DNS server and a web server.  One round does what a well-behaved
# workload does (look up, then connect) and the three things that the starter
# policy is there to notice.
#
#   tools/demo/traffic.sh ROUNDS     rounds, three seconds apart
#
# Addresses are those that RFC 5737 keeps for documentation.  Everything it makes
# it removes when it ends, however it ends.
set -euo pipefail

readonly RESOLVER=198.51.100.53 SHOP=203.0.113.7 STRANGER=203.0.113.66
readonly NAME=nameward-demo-$$
rounds=${1:-20}
work=$(mktemp -d)
tree=$(awk '$0 ~ / - cgroup2 / {print $5; exit}' /proc/self/mountinfo)
group=$tree/$NAME
children=()

# shellcheck disable=SC2317  # called by the trap
clean() {
  set +e
  for child in "${children[@]}"; do kill "$child" 2>/dev/null; done
  wait
  ip netns del "$NAME" 2>/dev/null
  rmdir "$group/shop" "$group" 2>/dev/null
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 0' INT TERM

inside() { ip netns exec "$NAME" "$@"; }

# In the workload's cgroup, with a resolv.conf of its own, quietly.
workload() {
  (
    echo "$BASHPID" >"$group/shop/cgroup.procs"
    exec ip netns exec "$NAME" "$@"
  ) >/dev/null 2>&1 || true
}

mkdir -p "$group/shop"
ip netns add "$NAME"
inside ip link set lo up
for address in "$RESOLVER" "$SHOP" "$STRANGER"; do
  inside ip address add "$address/32" dev lo
done
for port in 53 5300; do
  inside dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null \
    --pid-file="$work/dnsmasq.$port" --bind-interfaces \
    --listen-address="$RESOLVER" --port="$port" --user=root \
    --address="/shop.example/$SHOP" --address="/surprise.example/$STRANGER" &
  children+=($!)
done
for address in "$SHOP" "$STRANGER"; do
  (cd "$work" && exec ip netns exec "$NAME" \
    python3 -m http.server --bind "$address" 8080) >/dev/null 2>&1 &
  children+=($!)
done

for ((round = 1; round <= rounds; ++round)); do
  # What it should do: the name first, then the connection.
  workload python3 "$(dirname "$0")/lookup_connect.py" "$RESOLVER" shop.example 8080
  # A domain that its allow list does not know.
  workload dig +tries=1 +time=1 "@$RESOLVER" surprise.example A
  # DNS on another port than 53.
  workload dig +tries=1 +time=1 -p 5300 "@$RESOLVER" shop.example A
  # A connection to an address that no answer gave.
  workload curl -s -m 1 -o /dev/null "http://$STRANGER:8080/"
  sleep 3
done
