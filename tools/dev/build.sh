# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev build [-y] [preset]
#:
#: Builds everything of a preset of CMakePresets.json: release (default), dev,
#: asan, tsan, fuzz.  Leaves the sensor at build/release/nameward.
#:
#: Needs no root but for packages.  Installs what is missing of
#: tools/dev/packages-build.txt (fuzz: packages-test.txt too).
#: Keeps compiled objects in the cache folder (ccache).

verb_build() {
  local preset=${1:-release}
  [ $# -le 1 ] || die "build: one preset at a time"
  case "$preset" in
    release | dev | asan | tsan) need_packages build ;;
    fuzz) need_packages build test ;;
    *) die "build: $preset: no such preset (release, dev, asan, tsan, fuzz)" ;;
  esac
  build_preset "$preset"
}
