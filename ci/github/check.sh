#!/usr/bin/env bash
# Checks a pull request without any secret, and writes the result into the job's summary.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
unset OPENAI_API_KEY GITHUB_TOKEN PROVISION_TRUSTED_HOSTS

checks=("validate" "lint --offline")
said="$(mktemp)"
trap 'rm -f "$said"' EXIT
worst=0
for check in "${checks[@]}"; do
  read -ra words <<<"$check"
  code=0
  provision -C "$directory" --no-color "${words[@]}" >"$said" 2>&1 || code=$?
  hushed cat "$said"
  python3 "$here/fence.py" "provision ${words[0]}" text <"$said" >>"$GITHUB_STEP_SUMMARY"
  if ((code > worst)); then
    worst="$code"
  fi
done

# Appends what differs between two folders, `base` and `head`, of the folder that is named first.
# By lines, because a text could forge marks between words.
# As text, because git shows no difference of a binary file, and a NUL byte or an attribute makes a file binary.
# Git must find no repository here, because files of a branch can look like one, whose configuration names programs.
compare() {
  env GIT_DIR=/dev/null GIT_CEILING_DIRECTORIES=/ GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
    git -C "$sides/$1" --no-pager -c core.fsmonitor=false -c core.hooksPath=/dev/null -c safe.bareRepository=explicit \
    -c core.quotePath=false diff --no-index --text --no-color --no-prefix --no-ext-diff --no-textconv \
    "$2" -- base head >>"$said" || (($? == 1)) || refuse "the checkouts could not be compared"
}

# The whole checkouts are compared, because manifests read prompts, files and schemas from anywhere in them. What
# differs in the folder of the manifests comes first, and a list of all files comes before what differs in them.
if [[ -n "${IN_BASE:-}" ]]; then
  sides="$(mktemp -d)"
  trap 'rm -rf "$said" "$sides"' EXIT
  python3 "$here/checkouts.py" "$IN_BASE" "$directory" "$IN_MANIFESTS" "$sides" ||
    refuse "there is no folder ${IN_MANIFESTS@Q} in both checkouts to compare"
  : >"$said"
  for form in --numstat --patch; do
    compare manifests "$form"
    compare others "$form"
  done
  python3 "$here/fence.py" "Differences of the manifests" diff <"$said" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$worst"
