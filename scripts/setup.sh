#!/usr/bin/env bash
# Installs what is missing and builds what is old; a second run takes under a second.
#   scripts/setup.sh [--with-browser]     --with-browser adds Chromium and its fonts for the tests
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p var

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else say "需要 root 或 sudo 才能安装：$*  (root or sudo is needed)"; exit 1
  fi
}

# --- system packages -------------------------------------------------------------------------
missing=()
newest() { apt-cache search --names-only "$1" | cut -d' ' -f1 | sort -V | tail -n1; }
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
pgrouting_control() { compgen -G '/usr/share/postgresql/*/extension/pgrouting.control' >/dev/null; }
postgis_control() { compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null; }

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
postgis_control || missing+=(postgis-extension)
pgrouting_control || missing+=(pgrouting-extension)
need runuser util-linux
need ffprobe ffmpeg
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
need python3 python3
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing+=(fonts-noto-cjk)
if [ "${1:-}" = --with-browser ]; then need chromium chromium; fi

if [ ${#missing[@]} -gt 0 ]; then
  say "安装系统软件包 (system packages): ${missing[*]}"
  as_root apt-get update -qq
  for i in "${!missing[@]}"; do
    # An extension's package carries the server's version in its name.
    case ${missing[$i]} in
      postgis-extension) missing[$i]=$(newest '^postgresql-[0-9]+-postgis-3$') ;;
      pgrouting-extension) missing[$i]=$(newest '^postgresql-[0-9]+-pgrouting$') ;;
    esac
  done
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >var/apt.log 2>&1 || { tail -n 20 var/apt.log >&2; exit 1; }
fi

# --- Python environment, from the lock file ----------------------------------------------------
python=python3
if [ ! -x .venv/bin/python ]; then
  say "建立 Python 环境 (Python environment)"
  "$python" -m venv .venv
fi
stamp=var/python.stamp
if [ ! -e "$stamp" ] || [ requirements-dev.lock -nt "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
  .venv/bin/python -m pip install -q --disable-pip-version-check -r requirements-uv.lock
  .venv/bin/uv pip install -q --require-hashes -r requirements-dev.lock
  .venv/bin/uv pip install -q --no-deps -e .
  .venv/bin/python -m backend.warm
  touch "$stamp"
fi

# --- console ---------------------------------------------------------------------------------
if [ -z "$(find backend/console_dist/index.html -newer web/package-lock.json 2>/dev/null)" ] || [ ! -e backend/console_dist/m/index.html ] ||
   [ -n "$(find web/src web/public web/handheld web/index.html web/vite.config.ts web/vite.handheld.config.ts -newer backend/console_dist/index.html -print -quit 2>/dev/null)" ]; then
  major=$(node --version 2>/dev/null | sed 's/v\([0-9]*\).*/\1/' || true)
  if [ "${major:-0}" -lt 20 ]; then
    # Debian 12 has Node 18; the wheel carries a current one and stays inside the environment.
    .venv/bin/uv pip install -q -r requirements-node.lock
    PATH="$PWD/.venv/bin:$PATH"
  fi
  say "构建控制台 (console)"
  ( cd web
    if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
      npm ci --no-audit --no-fund --silent
    fi
    npm run -s build )
fi
