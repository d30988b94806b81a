# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev fuzz [-y] [target] [seconds]
#:
#: Runs the libFuzzer targets (sensor/*/*_fuzz.cc; no target: each of them) under
#: AddressSanitizer and UndefinedBehaviorSanitizer, 60 seconds each unless told.
#: Starts from the committed inputs in testdata/ and from what earlier runs found,
#: which is kept in the cache folder.  A finding is left in build/fuzz-findings.
#:
#: Needs no root but for packages.  Installs what is missing of
#: tools/dev/packages-{build,test}.txt.

verb_fuzz() {
  local target='' seconds=60 targets=() failed=()
  for argument; do
    case "$argument" in
      [0-9]*) seconds=$argument ;;
      *) target=${argument%_fuzz}_fuzz ;;
    esac
  done
  mapfile -t targets < <(find sensor -name '*_fuzz.cc' -printf '%f\n' |
    sed 's/\.cc$//' | sort)
  if [ -n "$target" ]; then
    printf '%s\n' "${targets[@]}" | grep -qx "$target" ||
      die "fuzz: $target: no such target (${targets[*]})"
    targets=("$target")
  fi
  [ ${#targets[@]} -gt 0 ] || die "fuzz: there are no fuzz targets"
  need_packages build test
  build_preset fuzz "${targets[@]}"
  for target in "${targets[@]}"; do
    fuzz_one "$target" "$seconds" || failed+=("$target")
  done
  say "${#targets[@]} targets, ${#failed[@]} with findings ${failed[*]}"
  [ ${#failed[@]} -eq 0 ]
}

# Seeds: testdata/TARGET/ beside the source, without its _fuzz, if there is one.
fuzz_one() {
  local target=$1 seconds=$2 source binary seeds corpus
  source=$(find sensor -name "$target.cc")
  binary=$(find build/fuzz/sensor -name "$target" -type f)
  seeds=$(dirname "$source")/testdata/${target%_fuzz}
  corpus=$NAMEWARD_CACHE/corpus/$target
  mkdir -p "$corpus" build/fuzz-findings
  local folders=("$corpus")
  [ ! -d "$seeds" ] || folders+=("$seeds")
  say "$target: $seconds s"
  "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz-findings/$target-" "${folders[@]}"
}
