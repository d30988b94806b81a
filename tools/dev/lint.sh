# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev lint [-y]
#:
#: The tests with the label lint: clang-format-14, clang-tidy-14 (a file is
#: looked at again only when it or a header of ours changed), shellcheck, ruff,
#: and tests/arch: who may include whom, how long a file or a function may be.
#:
#: Needs no root but for packages.  Installs what is missing of
#: tools/dev/packages-{build,test}.txt, and ruff into the cache folder's venv.

verb_lint() {
  [ $# -eq 0 ] || die "lint: takes no arguments"
  # shellcheck source=tools/dev/test.sh
  . tools/dev/test.sh
  verb_test lint
}
