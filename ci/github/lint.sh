#!/usr/bin/env bash
# Lists the findings of lint in the job's summary, and as SARIF if a file for it is named. A finding prevents no plan.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
unset OPENAI_API_KEY GITHUB_TOKEN

# Succeeds if no folder of a relative path is a link.
leads_nowhere_else() {
  python3 -I -c 'if True:
    import os, sys
    folder = os.path.dirname(sys.argv[1])
    sys.exit(os.path.realpath(folder) != os.path.normpath(os.path.join(os.path.realpath("."), folder)))' "$1"
}

said="$(mktemp)"
trap 'rm -f "$said"' EXIT
provision -C "$directory" --no-color lint --offline >"$said" 2>&1 || true
hushed cat "$said"
python3 "$here/fence.py" "provision lint" text <"$said" >>"$GITHUB_STEP_SUMMARY"
if [[ -n "${IN_SARIF:-}" ]]; then
  # The file, or a folder of its path, could be a link of the branch that leads elsewhere.
  [[ ! -L "$IN_SARIF" ]] && { [[ "$IN_SARIF" == /* ]] || leads_nowhere_else "$IN_SARIF"; } ||
    refuse "\`sarif\` names a link: ${IN_SARIF@Q}"
  provision -C "$directory" lint --offline --format sarif >"$IN_SARIF" 2>/dev/null || true
fi
