# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev fmt [-y] [file ...]
#:
#: Formats the C++ and the BPF C in place with clang-format-14 (no file: all).
#:
#: Needs no root but for packages.  Installs what is missing of
#: tools/dev/packages-test.txt.

verb_fmt() {
  need_packages test
  tools/lint/format.sh --write "$@"
}
