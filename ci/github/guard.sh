#!/usr/bin/env bash
# Refuses events in which a stranger may have chosen what is read while there are secrets. Everything that is not known to
# be safe is refused. `check` has no secrets, so nothing is refused for it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Files of an earlier use of the action are not used.
rm -f "$RUNNER_TEMP/provision.plan" "$RUNNER_TEMP/provision.md" "$RUNNER_TEMP/provision-junit.xml"

branch="$(event repository.default_branch)"
case "$IN_COMMAND" in
  check) exit 0 ;;
  plan | apply | drift | test) ;;
  *) refuse "\`command\` is plan, apply, drift, test or check, not ${IN_COMMAND@Q}" ;;
esac
case "$GITHUB_EVENT_NAME" in
  pull_request | merge_group | push | workflow_dispatch | schedule) ;;
  *) refuse "no plan is made on $GITHUB_EVENT_NAME: it has secrets where a fork may have chosen what is read" ;;
esac

if [[ "$GITHUB_EVENT_NAME" != pull_request && -n "$branch" && "$GITHUB_REF" == "refs/heads/$branch" ]]; then
  exit 0 # what is on the default branch was reviewed
fi
if [[ "$IN_COMMAND" == apply ]]; then
  refuse "what is applied is on the default branch, and this is $GITHUB_REF"
fi
if [[ "$IN_COMMAND" == drift ]]; then
  refuse "drift is looked for on the default branch, and this is $GITHUB_REF"
fi
if [[ "$GITHUB_EVENT_NAME" == pull_request && "$(event pull_request.head.repo.full_name)" != "$GITHUB_REPOSITORY" ]]; then
  refuse "this pull request comes from a fork: use \`command: check\`, which needs no secrets"
fi
if [[ -z "${IN_BASE:-}" ]]; then
  refuse "\`base\` is not set: name a checkout of the default branch, whose settings say where secrets may go"
fi
hushed provision -C "$directory" validate --base "$IN_BASE"
