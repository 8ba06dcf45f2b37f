#!/usr/bin/env bash
# Tries the command of an environment in which the wheel was installed: the version, and a project on the emulator.
set -euo pipefail

command="$1"
tag="$2"

workspace="$(mktemp -d)"
trap 'rm -rf "$workspace"' EXIT
cd "$workspace" # not in the checkout: what runs is the installed package

version="$("$command" --version)"
if [[ "$version" != "provision ${tag#v}" ]]; then
  echo "::error::the tag is $tag, and the installed command says: $version" >&2
  exit 1
fi

"$command" init
"$command" validate
code=0
"$command" --emulator plan --detailed-exitcode || code="$?"
if ((code != 2)); then
  echo "::error::a plan of a new project ended with exit code $code instead of 2" >&2
  exit 1
fi
"$command" --emulator apply --yes
"$command" --emulator plan --detailed-exitcode # fails where anything is left to do
