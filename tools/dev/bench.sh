# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev bench [-y] [name]
#:
#: Builds the release preset and runs its benchmarks: the *_benchmark of each
#: module (Google Benchmark; the name is the module's, no name: all of them).
#: The machine should be idle; docs/performance.md says how figures are compared.
#:
#: Needs no root but for packages.  Installs what is missing of
#: tools/dev/packages-build.txt.

verb_bench() {
  local names=() binaries=() status=0
  [ $# -le 1 ] || die "bench: one name at a time"
  mapfile -t names < <(find sensor -name '*_benchmark.cc' -printf '%h\n' |
    sed 's|.*/||' | sort -u)
  if [ $# -eq 1 ]; then
    printf '%s\n' "${names[@]}" | grep -qx "${1%_benchmark}" ||
      die "bench: $1: no such benchmark (${names[*]})"
    names=("${1%_benchmark}")
  fi
  [ ${#names[@]} -gt 0 ] || die "bench: there are no benchmarks"
  need_packages build
  for name in "${names[@]}"; do binaries+=("${name}_benchmark"); done
  build_preset release "${binaries[@]}"
  for name in "${names[@]}"; do
    say "$name"
    "build/release/sensor/$name/${name}_benchmark" || status=1
  done
  return "$status"
}
