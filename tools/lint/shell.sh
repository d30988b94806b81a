#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over every shell script of the tree.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t files < <(find tools tests -name '*.sh' | sort)
exec shellcheck --external-sources dev .ci/run "${files[@]}"
