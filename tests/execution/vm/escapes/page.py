"""docs/contracts/escapes.md, made from the rows; ``--write`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.execution.vm.escapes import ESCAPES, GROUPS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "contracts" / "escapes.md"
HEAD = """# Escapes

Ways to get out of the contract language, to stop a node, or to have work done that nobody pays.
Each is a contract that the suite runs (`tests/execution/vm/test_escapes.py`), with a cold and a
warm cache of programs: the outcome must be the one named here, both times with the same gas and
changes, and no row may end in `vm.fault`, take more than 30 seconds or 512 MiB. *Harmless* means
that it does what it would do in Python and gives nothing away. The rules behind the outcomes are in
the [specification](../spec/contracts.md).

This page is made from the rows: `python -m tests.execution.vm.escapes.page --write`.
"""


def render() -> str:
    """The page."""
    parts = [HEAD]
    for group, about in GROUPS.items():
        listed = [row for row in ESCAPES if row.group == group]
        lines = [f"| `{row.name}` | {row.trick} | {row.outcome.text()} |" for row in listed]
        title = f"## {group.capitalize()}\n\n{about}\n".replace("\\\n", "\n")
        table = "\n".join(["| row | trick | outcome |", "|---|---|---|", *lines])
        parts.append(f"{title}\n{table}\n")
    parts.append(f"{len(ESCAPES)} rows.\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(render(), "utf-8")
    elif PAGE.read_text("utf-8") != render():
        raise SystemExit("docs/contracts/escapes.md is stale: add --write")
