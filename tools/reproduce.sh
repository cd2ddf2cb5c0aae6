#!/usr/bin/env bash
# Builds again every number, table and picture that the documents quote, and says which differ: tools/reproduce.sh --help
# Needs Python ≥ 3.11 and a C++ compiler; all else comes into build/reproduce.
set -euo pipefail
cd "$(dirname "$0")/.."
python=build/reproduce/venv/bin/python
[ -x "$python" ] || python3 -m venv build/reproduce/venv
"$python" -m pip install --quiet ".[test]"
if [[ " $* " == *" --measure "* ]]; then
    read -ra packages < <("$python" tools/reproduce.py --packages "$@")
    [ ${#packages[@]} -eq 0 ] || "$python" -m pip install --quiet "${packages[@]}"
fi
exec "$python" tools/reproduce.py "$@"
