# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev clean
#:
#: Removes build/.  Needs and installs nothing.  The cache folder stays; to be
#: rid of it too, remove the folder that `./dev help` names.

verb_clean() {
  [ $# -eq 0 ] || die "clean: takes no arguments"
  rm -rf build
}
