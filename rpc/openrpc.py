"""The node's OpenRPC document and its committed copy, ``docs/api/openrpc.json``.

python -m rpc.openrpc            say whether the copy is what the code gives
python -m rpc.openrpc --write    write the copy
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import orjson

SNAPSHOT = Path(__file__).resolve().parent.parent / "docs" / "api" / "openrpc.json"


@cache
def encoded() -> bytes:
    """The document of all methods, as it is served."""
    from rpc import methods, schema

    return orjson.dumps(schema.document(methods.load().all()))


def snapshot() -> bytes:
    """The document as it is committed: indented, so that changes read well."""
    return orjson.dumps(orjson.loads(encoded()), option=orjson.OPT_INDENT_2) + b"\n"


def main(arguments: list[str]) -> int:
    """Write or compare the copy; 1 when it differs."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "animica_site.settings")
    django.setup()
    if "--write" in arguments:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_bytes(snapshot())
        return 0
    same = SNAPSHOT.exists() and SNAPSHOT.read_bytes() == snapshot()
    sys.stdout.write("The copy is up to date.\n" if same else "It differs: run with --write.\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
