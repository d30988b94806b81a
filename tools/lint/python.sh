#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ruff over the Python of tests and tools (ruff.toml says which rules).
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v ruff >/dev/null || {
  echo "ruff is not installed (./dev lint puts it into the cache folder)"
  exit 77
}
exec ruff check --no-cache tests tools
