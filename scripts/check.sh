#!/usr/bin/env bash
# The checks of CI, in seconds to a minute: style, types, import directions, spelling, compose, console.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
PATH="$PWD/$bin:$PATH"
step() { printf '%s\n' "check: $*" >&2; }

step ruff;        ruff check -q . && ruff format -q --check .
step mypy;        mypy
step directions;  lint-imports --no-cache >var/imports.log || { cat var/imports.log; exit 1; }
step spelling;    typos
step compose;     python scripts/check_compose.py
step console;     ( cd web && npm run -s check )
