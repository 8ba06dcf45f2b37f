#!/usr/bin/env bash
# Runs the tests that the manifests declare. The results are in the job's summary, and as JUnit's XML in a file. Handlers
# of functions are never called, because they are code of the branch.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file="$RUNNER_TEMP/provision-junit.xml"
text="$RUNNER_TEMP/provision-test.md"
rm -f "$file" "$text"
options=(--markdown --junit "$file")
if [[ "${IN_UNAPPLIED:-false}" == true ]]; then
  options+=(--unapplied)
fi
if [[ -n "${IN_BUDGET:-}" ]]; then
  options+=(--budget "$IN_BUDGET")
fi
read -ra names <<<"${IN_TESTS:-}"

run_tests() { provision -C "$directory" test "${options[@]}" -- "${names[@]}" >"$text"; }
code=0
hushed run_tests || code=$?
if [[ -s "$text" ]]; then
  cat "$text" >>"$GITHUB_STEP_SUMMARY"
fi
echo "junit-file=$file" >>"$GITHUB_OUTPUT"
case "$code" in
  0) ;;
  4) refuse "An expectation of a test is not met: see the summary" 4 ;;
  *) refuse "The tests could not be run as a whole: see the log and the summary" "$code" ;;
esac
