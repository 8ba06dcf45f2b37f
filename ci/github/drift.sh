#!/usr/bin/env bash
# Checks whether the account still matches the default branch. It changes nothing and opens nothing: the plan is in the
# job's summary, and the job fails if there is a difference.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

code=0
hushed provision -C "$directory" plan --detailed-exitcode || code=$?
case "$code" in
  0) ;;
  2) refuse "The account is not as the default branch says: see the plan in the summary. Apply it, or take over into the \
manifests what others changed" 2 ;;
  3) refuse "An apply would be blocked, for instance because others changed what is managed here: see the plan in the \
summary. Take their changes over into the manifests, or undo them with: provision apply --overwrite-drift" 3 ;;
  *) refuse "No plan could be made; the log says why" "$code" ;;
esac
