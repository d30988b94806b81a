# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev run [-y] [flags of nameward run]
#: ./dev run [-y] --demo [rounds]
#:
#: Builds the sensor and runs it on this machine until Ctrl-C, which prints its
#: ledger.  Nothing changes but BPF links, which its exit removes.
#:
#:   --demo   the sensor, and beside it a small network of its own, with a real
#:            DNS server and clients that do what the policy forbids (and one
#:            that does not); shows each alert as it comes, ends after its rounds
#:            (one) or on Ctrl-C, and removes everything
#:
#: Needs root.  Installs what is missing of tools/dev/packages-build.txt
#: (--demo: packages-test.txt too).

verb_run() {
  local demo=0 flags=()
  for argument; do
    if [ "$argument" = --demo ]; then demo=1; else flags+=("$argument"); fi
  done
  need_root run
  need_packages build
  [ "$demo" = 0 ] || need_packages build test
  build_preset release nameward >&2
  if [ "$demo" = 1 ]; then
    NW_BINARY=$PWD/build/release/nameward exec python3 tests/e2e/live/demo.py \
      "${flags[@]}"
  fi
  exec build/release/nameward run "${flags[@]}"
}
