# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev test [-y] [suite ...]
#:
#: Builds what the suites need, runs them and ends with "N passed, N failed,
#: N skipped"; each skipped test stands above it with its reason.  No word: all.
#:
#:   unit      the C++ tests beside the code            asan, tsan: the same under
#:   oracle    our decoder against tshark and dnspython sanitizers (tsan: only the
#:   replay    recordings and pcaps with known answers  modules that use threads)
#:   lint      see ./dev lint
#:   live      the sensor on this kernel: real DNS servers and clients, in network
#:             namespaces and cgroups of the test's own, removed afterwards
#:   image     what the container image holds, and that it runs
#:   cluster   a whole Kubernetes node, see ./dev cluster --help
#:   kafka     alerts through a real Apache Kafka broker, stopped, killed, mistrusted
#:   flink     docs/soc's correlations by Flink's SQL client over that broker
#:   kernels   the sensor under other kernels in qemu, fetched from Debian's mirror
#:
#: Any other label of `ctest --print-labels` works too.  live, cluster, kafka and
#: flink need root (else they are skipped, which the last line counts).  Logs and
#: JUnit files stay in build/test-results.  Installs what is missing of
#: tools/dev/packages-{build,test}.txt; Python tools, kernels and the cluster's
#: program go into the cache folder that ./dev help names.

results=build/test-results
threaded_modules=(base source kube deliver app)

verb_test() {
  local suites=("$@")
  need_packages build test
  need_venv
  rm -rf "$results"
  mkdir -p "$results"
  begin_cluster_program "${suites[@]}"
  get_jars_if_wanted "${suites[@]}" &
  jars=$!
  if [ ${#suites[@]} -eq 1 ] && [ "${suites[0]}" = asan ]; then
    lane asan
  elif [ ${#suites[@]} -eq 1 ] && [ "${suites[0]}" = tsan ]; then
    lane tsan
  else
    prepare_release "${suites[@]}"
    [ ${#suites[@]} -gt 0 ] || suites=(asan tsan "${labels[@]}" unlabelled)
    known_suites "${suites[@]}"
    wait "$jars"
    run_lanes "${suites[@]}"
  fi
  python3 tools/dev/test_summary.py "$results"
}

# Beside the build.  Without Maven's registry the tests skip, and say so.
get_jars_if_wanted() {
  local part
  for part in kafka flink; do
    case " ${*:-kafka flink} " in *" $part "* | *" flink "*) ;; *) continue ;; esac
    bash "tests/e2e/$part/get_$part.sh" >"$results/$part-jars.txt" 2>&1 ||
      say "the jars of $part could not be fetched: see $results/$part-jars.txt"
  done
}

# The cluster's program takes minutes to build, the first time: begin now.  The
# clusters of two trees must not meet.
begin_cluster_program() {
  case " ${*:-cluster} " in *" cluster "*) ;; *) return 0 ;; esac
  # shellcheck source=tools/dev/cluster.sh
  . tools/dev/cluster.sh
  export NW_CLUSTER=${NW_CLUSTER:-test-$$}
  cluster_program_in_background "$results/cluster-program.txt"
  trap 'end_cluster' EXIT
}

end_cluster() {
  kill "$cluster_program" 2>/dev/null || true
  python3 tests/e2e/cluster/cluster.py down >/dev/null 2>&1 || true
}

# The release build, and the labels its tests carry.  lint alone needs only the
# compile commands and the generated skeleton.
prepare_release() {
  local targets=()
  [ "$*" = lint ] && targets=(lint_inputs)
  say "release build ..."
  build_preset release "${targets[@]}" >"$results/build-release.txt" || {
    tail -n 60 "$results/build-release.txt" >&2
    die "the release build failed"
  }
  mapfile -t labels < <(ctest --test-dir build/release --print-labels |
    sed -n 's/^  \([a-z_]*\)$/\1/p')
}

known_suites() {
  for suite; do
    case " asan tsan unlabelled ${labels[*]} " in
      *" $suite "*) ;;
      *) die "test: $suite: no such suite (asan tsan ${labels[*]})" ;;
    esac
  done
}

# Two lanes side by side: the sanitizer builds, and everything that runs on the
# release build.  Each lane is a process group, so that an interrupt ends it all.
run_lanes() {
  local release=() sanitizers=()
  for suite; do
    case "$suite" in
      asan | tsan) sanitizers+=("$suite") ;;
      *) release+=("$suite") ;;
    esac
  done
  set -m
  trap 'stop_lanes; exit 130' INT TERM
  # What runs meanwhile has deadlines; compilers have none.
  (renice -n 10 -p "$BASHPID" >/dev/null && lane "${sanitizers[@]}") &
  lanes=($!)
  lane "${release[@]}" &
  lanes+=($!)
  for pid in "${lanes[@]}"; do wait "$pid" || true; done
  trap - INT TERM
  set +m
}

stop_lanes() {
  for pid in "${lanes[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  wait
}

lane() {
  for suite; do
    case "$suite" in
      asan) run_sanitizer asan '' ;;
      tsan) run_sanitizer tsan "${threaded_modules[*]}" ;;
      unlabelled) run_ctest unlabelled build/release -LE . --no-tests=ignore ;;
      *) run_ctest "$suite" build/release -L "^$suite\$" --no-tests=error ;;
    esac
  done
}

# run_sanitizer PRESET MODULES: the unit tests of these modules ('': of all).
run_sanitizer() {
  local preset=$1 modules=$2 targets=() folders=()
  if [ -z "$modules" ]; then
    targets=(unit_tests)
    folders=(.)
  fi
  for module in $modules; do
    [ -e "sensor/$module/CMakeLists.txt" ] || continue
    compgen -G "sensor/$module/*_test.cc" >/dev/null || continue
    targets+=("${module}_test")
    folders+=("sensor/$module")
  done
  say "$preset build ..."
  build_preset "$preset" "${targets[@]}" >"$results/$preset-build.txt" 2>&1 || {
    tail -n 60 "$results/$preset-build.txt" >&2
    echo "the $preset build failed" >"$results/$preset.failed"
    return 0
  }
  for folder in "${folders[@]}"; do
    run_ctest "$preset-${folder##*/}" "build/$preset/$folder" -L unit \
      --no-tests=error
  done
}

# run_ctest NAME FOLDER ARGUMENT...: its output in NAME.log, its counts in
# NAME.xml, and a file NAME.failed if ctest itself said so.
run_ctest() {
  local name=${1%-.} folder=$2
  shift 2
  say "$name ..."
  ctest --test-dir "$folder" --output-on-failure --parallel "$(cores)" \
    --output-junit "$PWD/$results/$name.xml" "$@" >"$results/$name.log" 2>&1 && return 0
  echo "ctest: exit status $?" >"$results/$name.failed"
  cat "$results/$name.log" >&2
}
