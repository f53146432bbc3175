"""Puts the laboratory's tables into docs/consensus-lab.md: ``python -m tools.lab_page [--write]``.

``<!-- table: NAME N -->`` stands before the Nth table of docs/figures/consensus-NAME.json, which
`animica simulate consensus --out docs/figures` wrote. Without ``--write`` the page is printed, so
that a test can compare.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from lab.tables import Table

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "consensus-lab.md"
_MARK = re.compile(r"(<!-- table: (\S+) (\d+) -->\n)((?:\|.*\n)*)")


def numbers(name: str) -> dict[str, object]:
    """What a study wrote."""
    text = (DOCS / "figures" / f"consensus-{name}.json").read_text("utf-8")
    read: dict[str, object] = json.loads(text)
    return read


def tables(name: str) -> list[Table]:
    """A study's tables."""
    listed = numbers(name)["tables"]
    assert isinstance(listed, list)
    return [Table(**table) for table in listed]


def render(page: str) -> str:
    """The page with every marked table as it is in the files."""
    return _MARK.sub(lambda m: m[1] + tables(m[2])[int(m[3])].markdown() + "\n", page)


if __name__ == "__main__":
    rendered = render(PAGE.read_text("utf-8"))
    if "--write" in sys.argv:
        PAGE.write_text(rendered, "utf-8")
    else:
        sys.stdout.write(rendered)
