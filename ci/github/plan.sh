#!/usr/bin/env bash
# Makes a plan for review, and the text of the comment.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file="$RUNNER_TEMP/provision.plan"
text="$RUNNER_TEMP/provision.md"

code=0
hushed provision -C "$directory" plan --out "$file" || code=$?
# The text gets this name only when it is complete. Without this file, the comment says that there is no plan.
show_markdown() { provision -C "$directory" show "$file" --markdown >"$text.part" && mv -f "$text.part" "$text"; }
if [[ -f "$file" ]]; then
  hushed show_markdown
fi

artifact_name='^[A-Za-z0-9_.-]+$' # a line break would be another output
if [[ ! "$IN_PLAN_NAME-${IN_ENVIRONMENT:-default}" =~ $artifact_name ]]; then
  refuse "\`plan-name\` and \`environment\` may hold letters, digits, \`_\`, \`.\` and \`-\` only"
fi
sha="$(event pull_request.head.sha)"
{
  echo "plan-file=$file"
  echo "artifact=$IN_PLAN_NAME-${IN_ENVIRONMENT:-default}-${sha:-$GITHUB_SHA}"
} >>"$GITHUB_OUTPUT"
exit "$code"
