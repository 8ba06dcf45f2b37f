#!/usr/bin/env bash
# Applies the plan that was reviewed, and nothing that is not in it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

options=(--max-age "$IN_MAX_AGE" --lock-timeout "$IN_LOCK_TIMEOUT")
if [[ -n "${IN_CONFIRM:-}" ]]; then
  options+=(--confirm "$IN_CONFIRM")
fi
if [[ "${IN_TEST_APPLIED:-false}" == true ]]; then
  file="$RUNNER_TEMP/provision-junit.xml"
  rm -f "$file"
  options+=(--test --junit "$file")
  if [[ "${IN_ROLLBACK_ON_FAILURE:-false}" == true ]]; then
    options+=(--rollback-on-failure)
  fi
  if [[ -n "${IN_BUDGET:-}" ]]; then
    options+=(--budget "$IN_BUDGET")
  fi
  echo "junit-file=$file" >>"$GITHUB_OUTPUT"
elif [[ "${IN_ROLLBACK_ON_FAILURE:-false}" == true ]]; then
  refuse "\`rollback-on-failure\` is about tests: set \`test-applied\` too"
fi

code=0
hushed provision -C "$directory" apply "$RUNNER_TEMP/provision.plan" "${options[@]}" || code=$?
if ((code == 3)); then
  refuse "The reviewed plan was not applied; the log says why. To continue, run this workflow by hand: it makes a new plan, \
and applies it after your approval" 3
fi
if ((code == 4)); then
  refuse "It was applied, and an expectation of a test is not met: the log says which, and what was rolled back" 4
fi
exit "$code"
