#!/usr/bin/env bash
# Build the native kernel beside its source, if there is a C compiler; without one the node runs
# the portable code, which gives the same results. `animica doctor` says which of them runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

compiler=${CC:-$(command -v cc || command -v gcc || command -v clang || true)}
if [ -z "$compiler" ]; then
  rm -f _kernel.so
  echo "No C compiler: the portable code will be used (slower; apt-get install gcc libc6-dev, then make install)"
  exit 0
fi
source=$(sha256sum kernel.c)
# Into a file of its own first: a running node keeps the library that it has open.
if "$compiler" -O3 -std=gnu11 -shared -fPIC -DANIMICA_SOURCE="\"${source%% *}\"" -o _kernel.so.part kernel.c 2>_kernel.log; then
  mv _kernel.so.part _kernel.so
  rm -f _kernel.log
else
  rm -f _kernel.so _kernel.so.part
  echo "The native kernel does not compile here (native/_kernel.log says why): the portable code will be used"
fi
