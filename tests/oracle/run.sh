#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh DNS_DUMP [seed]: compares the decoder with dnspython and tshark.
# dnspython lies in a venv in the cache folder; tshark is Debian's.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
venv=${NAMEWARD_CACHE:-${HOME:-/root}/.cache/nameward}/venv
if ! "$venv/bin/python3" -c 'import dns' 2>/dev/null; then
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" -q install --disable-pip-version-check \
    -r "$here/../../tools/dev/requirements.txt"
fi
command -v tshark >/dev/null || {
  echo "tshark is missing (apt-get install tshark)" >&2
  exit 2
}
exec "$venv/bin/python3" -B "$here/oracle.py" "$@"
