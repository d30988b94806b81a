#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format-14 over the C++ and the BPF C.  With --write it mends the files,
# else it says which differ (exit 1).
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=(--dry-run --Werror)
if [ "${1:-}" = --write ]; then
  mode=(-i)
  shift
fi
files=("$@")
if [ $# -eq 0 ]; then
  mapfile -t files < <(find bpf sensor tests tools -name testdata -prune -o \
    \( -name '*.cc' -o -name '*.h' -o -name '*.c' \) \
    ! -name vmlinux.h -print | sort)
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$(nproc)" clang-format-14 "${mode[@]}"
