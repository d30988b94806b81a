#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh ALERT_LINES NAMEWARD: holds alerts against the schema and the model.
# jsonschema and py-ocsf-models lie in a venv in the cache folder.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
venv=${NAMEWARD_CACHE:-${HOME:-/root}/.cache/nameward}/venv
if ! "$venv/bin/python3" -c 'import jsonschema, py_ocsf_models' 2>/dev/null; then
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" -q install --disable-pip-version-check \
    -r "$here/../../tools/dev/requirements.txt"
fi
exec "$venv/bin/python3" -B "$here/check_alerts.py" "$@"
