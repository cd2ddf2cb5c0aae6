#!/usr/bin/env bash
# Writes python/occlusion_sensitivity/_core.pyi from the installed extension; with --check, fails if it is not current.
# Needs the [dev] extra in the environment of PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."
stub=python/occlusion_sensitivity/_core.pyi
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"${PYTHON:-python3}" -m pybind11_stubgen --output-dir "$new" --numpy-array-use-type-var occlusion_sensitivity._core
if [ "${1:-}" = --check ]; then
    diff -u "$stub" "$new/occlusion_sensitivity/_core.pyi"
else
    cp "$new/occlusion_sensitivity/_core.pyi" "$stub"
fi
