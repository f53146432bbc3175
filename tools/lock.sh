#!/usr/bin/env bash
# Resolve requirements/*.in into lock files with hashes that serve Python 3.11 to 3.13.
# Further arguments go to uv, such as --upgrade or --upgrade-package NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="make lock"
for name in uv base dev; do
  .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
    --no-emit-index-url "requirements/$name.in" -o "requirements/$name.txt" "$@"
done
