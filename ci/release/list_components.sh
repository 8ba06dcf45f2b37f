#!/usr/bin/env bash
# Writes the bill of materials (CycloneDX, JSON) of the environment in which the wheel was installed. Downloads nothing.
set -euo pipefail

environment="$1"
tag="$2"
file="$3"

project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
# The version is dynamic in pyproject.toml, where the generator does not look it up.
sed "s/^dynamic = \[\"version\"\]$/version = \"${tag#v}\"/" pyproject.toml >"$project/pyproject.toml"
python -m cyclonedx_py environment "$environment/bin/python" --pyproject "$project/pyproject.toml" \
  --mc-type application --output-reproducible --output-format JSON --output-file "$file"
