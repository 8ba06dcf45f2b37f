# Functions that the scripts share. This file is sourced and never run.
# shellcheck shell=bash

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
directory="${IN_DIRECTORY:-.}"
if [[ -n "${IN_ENVIRONMENT:-}" ]]; then
  export PROVISION_ENV="$IN_ENVIRONMENT"
else
  # The settings decide: `default_environment`, or the only one. Artifacts and comments have `default` in their names.
  unset PROVISION_ENV
fi
if [[ -n "${IN_TRUSTED_HOSTS:-}" ]]; then
  export PROVISION_TRUSTED_HOSTS="$IN_TRUSTED_HOSTS"
fi

event() { python3 "$here/event.py" "$1"; }

# Ends the script with a message above the job's log.
refuse() {
  python3 "$here/annotate.py" "$1"
  exit "${2:-1}"
}

# Runs a command whose output people of a pull request may have written. A line in it that looks like one of the
# runner's commands (`::add-mask::…`) is none until the mark, which nobody can guess, ends that.
hushed() {
  local mark code=0
  mark="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  echo "::stop-commands::$mark"
  "$@" || code=$?
  printf '\n::%s::\n' "$mark"
  return "$code"
}
