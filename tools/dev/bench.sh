# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev bench [-y] [name]
#:
#: Builds the release preset and measures it.  The names, and in this order
#: without one, some ten minutes in all:
#:   MODULE      the *_benchmark beside a module's code (Google Benchmark):
#:               decode, match, correlate, source, deliver, and app, the whole
#:               pipeline
#:   hooks       what the kernel programs add to a pod's operations
#:   peers       the same beside tcplife, tcpstates and bpftrace
#:   processes   memory, and CPU under load beside dnscap and tshark
#:   delivery    from a connect to a real broker's acknowledgement, and an outage
#: docs/performance.md says how figures are compared, and shows a run.  What is
#: printed also stands in build/bench/NAME.txt.  An idle machine of two CPUs or
#: more, or the control rows say that the figures are void.
#:
#: hooks, peers, processes and delivery need root.  Installs what is missing of
#: tools/dev/packages-build.txt and, for those four, packages-bench.txt; delivery
#: fetches what ./dev kafka does.

system_benches=(hooks peers processes delivery)

verb_bench() {
  local names=() targets=() name status=0
  [ $# -le 1 ] || die "bench: one name at a time"
  mapfile -t names < <(find sensor -name '*_benchmark.cc' -printf '%h\n' |
    sed 's|.*/||' | sort -u)
  names+=("${system_benches[@]}")
  if [ $# -eq 1 ]; then
    printf '%s\n' "${names[@]}" | grep -qx "${1%_benchmark}" ||
      die "bench: $1: no such benchmark (${names[*]})"
    names=("${1%_benchmark}")
  fi
  need_packages build
  for name in "${names[@]}"; do
    if is_system_bench "$name"; then
      need_root "bench $name"
      need_packages bench
      [ "$name" != delivery ] || need_broker
      targets+=(hook_cost load nameward)
    else
      targets+=("${name}_benchmark")
    fi
  done
  build_preset release "${targets[@]}"
  mkdir -p build/bench
  for name in "${names[@]}"; do
    say "$name"
    set -o pipefail
    run_bench "$name" | tee "build/bench/$name.txt" || status=1
  done
  return "$status"
}

need_broker() {
  need_packages test
  need_venv
  bash tests/e2e/kafka/get_kafka.sh
}

is_system_bench() {
  printf '%s\n' "${system_benches[@]}" | grep -qx "$1"
}

run_bench() {
  case "$1" in
    hooks) build/release/tests/bench/hook_cost ;;
    # A mount namespace, for bpftrace and its like want tracefs.
    peers | processes)
      unshare --mount python3 "tests/bench/$1.py" build/release
      ;;
    delivery)
      PYTHONDONTWRITEBYTECODE=1 python3 -W ignore tests/bench/delivery.py \
        build/release
      ;;
    *) "build/release/sensor/$1/${1}_benchmark" ;;
  esac
}
