#!/usr/bin/env bash
# Lists what lint finds, in the job's summary, and as SARIF where a file for it is named. A finding stops no plan.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
unset OPENAI_API_KEY GITHUB_TOKEN

said="$(mktemp)"
trap 'rm -f "$said"' EXIT
provision -C "$directory" --no-color lint --offline >"$said" 2>&1 || true
hushed cat "$said"
python3 "$here/fence.py" "provision lint" text <"$said" >>"$GITHUB_STEP_SUMMARY"
if [[ -n "${IN_SARIF:-}" ]]; then
  # A link that the branch brought along would lead elsewhere.
  [[ ! -L "$IN_SARIF" ]] || refuse "\`sarif\` names a link: ${IN_SARIF@Q}"
  provision -C "$directory" lint --offline --format sarif >"$IN_SARIF" 2>/dev/null || true
fi
