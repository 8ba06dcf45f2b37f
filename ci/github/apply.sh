#!/usr/bin/env bash
# Applies the plan that was reviewed, and nothing that is not in it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

options=(--max-age "$IN_MAX_AGE" --lock-timeout "$IN_LOCK_TIMEOUT")
if [[ -n "${IN_CONFIRM:-}" ]]; then
  options+=(--confirm "$IN_CONFIRM")
fi

code=0
hushed provision -C "$directory" apply "$RUNNER_TEMP/provision.plan" "${options[@]}" || code=$?
if ((code == 3)); then
  refuse "The reviewed plan was not applied; the log says why. To continue, run this workflow by hand: it makes a new plan, \
and applies it after your approval" 3
fi
exit "$code"
