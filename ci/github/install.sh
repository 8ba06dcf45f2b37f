#!/usr/bin/env bash
# Installs this version of provision outside of the workspace, and puts it on the PATH.
set -euo pipefail

venv="$RUNNER_TEMP/provision"
extras="${IN_EXTRAS:-}"
if [[ ! "$extras" =~ ^[a-z0-9,]*$ ]]; then
  echo "::error::\`extras\` names extras, separated by commas"
  exit 1
fi

# -I: the working folder is a branch under review, and Python would import from it.
python3 -I -m venv "$venv"
"$venv/bin/python" -I -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH${extras:+[$extras]}"
echo "$venv/bin" >>"$GITHUB_PATH"
