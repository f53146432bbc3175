#!/usr/bin/env bash
# Make .venv hold exactly what the lock file names, and the project itself.
#   tools/install.sh base   what the node runs on
#   tools/install.sh dev    also what tests and lint need
set -euo pipefail
cd "$(dirname "$0")/.."

level=${1:?usage: tools/install.sh base|dev}
# Once the tools for development are in, a change of the base keeps them.
if [ -e .venv/.dev ]; then level=dev; fi

usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if usable "$name"; then echo "$name"; return; fi
  done
}

# Print the one line that installs what is missing, and stop.
require_system() {
  local missing=()
  python=$(find_python)
  if [ -z "$python" ]; then
    missing+=(python3 python3-venv)
  elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    missing+=("${python##*/}-venv")
  fi
  command -v git >/dev/null || missing+=(git)
  command -v make >/dev/null || missing+=(make)
  if [ ${#missing[@]} -gt 0 ]; then
    echo "Missing on this machine (Python 3.11 to 3.13, its venv package, git and make are needed):" >&2
    echo "  sudo apt-get install -y ${missing[*]}" >&2
    exit 1
  fi
}

make_venv() {
  if usable .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then return; fi
  echo "Making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
}

# uv takes seconds where pip takes half a minute; pip does the same work where uv has no wheel.
have_uv() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    --only-binary :all: -r requirements/uv.txt
}

sync() {
  local lock=requirements/$level.txt
  echo "Installing $lock"
  if have_uv; then
    .venv/bin/uv pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes "$lock"
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-build-isolation --no-deps --editable .
  else
    echo "uv cannot be installed here; pip installs the same lock file, more slowly"
    .venv/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r "$lock"
    .venv/bin/python -m pip install --disable-pip-version-check --quiet --no-build-isolation --no-deps --editable .
  fi
}

require_system
make_venv
sync
native/build.sh
touch .venv/.base
if [ "$level" = dev ]; then touch .venv/.dev; fi
