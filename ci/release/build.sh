#!/usr/bin/env bash
# Builds the source distribution, and from it the wheel, into the given folder. Checks what the index would refuse.
# Uses what requirements/release.txt locks; downloads nothing.
set -euo pipefail

folder="$1"
# The files in the archives get the time of the commit, so that another build of the commit makes the same archives.
SOURCE_DATE_EPOCH="$(git log -1 --pretty=%ct)"
export SOURCE_DATE_EPOCH
python -m build --no-isolation --outdir "$folder"
python -m twine check --strict "$folder"/*
