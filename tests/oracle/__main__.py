"""The oracle of consensus arithmetic: computes the vectors from the specification alone.

It shares no code with the node and imports nothing but the standard library and gmpy2.

    python -m tests.oracle            (compare the files with what they should hold)
    python -m tests.oracle --write    (write them)
    python -m tests.oracle --table    (print the supply table of docs/spec/fees.md)
"""

from __future__ import annotations

import argparse
import sys

from tests.oracle import files


def main() -> int:
    """Exit status 1 where a file differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle")
    parser.add_argument("--write", action="store_true", help="write tests/vectors/*.json")
    parser.add_argument("--table", action="store_true", help="print the supply table")
    chosen = parser.parse_args()
    if chosen.table:
        print(files.supply_table())
        for name in ("mainnet", "testnet"):
            height, year = files.limit_years(name)
            print(f"{name}: below 2^63 nANM up to block {height:,}, year {year:,}")
        return 0
    differing = []
    for name in files.FILES:
        text, path = files.text(name), files.path(name)
        if chosen.write:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differing.append(path.name)
    if differing:
        print(f"other than the oracle says: {', '.join(differing)}", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
