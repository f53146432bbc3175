"""The gas numbers, read out of the tables of docs/spec/contracts.md."""

from __future__ import annotations

import re
from pathlib import Path

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec" / "contracts.md"

_ROW = re.compile(r"^\| `([A-Z]+)` \| ([\d,]+) \|", re.MULTILINE)


def static_table() -> dict[str, int]:
    """Name of the cost -> gas, as in the table "Static costs"."""
    section = SPEC.read_text().split("### Static costs")[1].split("### Dynamic costs")[0]
    return {name: int(number.replace(",", "")) for name, number in _ROW.findall(section)}


STATIC = static_table()

# The dynamic rows that are plain numbers. The formulas stand where the operations are.
SLOT_FIRST, SLOT_AGAIN = 4_000, 100
SLOT_CHANGE_FIRST, SLOT_CHANGE_AGAIN = 3_000, 300
OLD_BYTE, OLD_FREE = 10, 100
GROWN_BYTE, FREED_BYTE, READ_BYTE = 50, 25, (4, 48, 300)
SLOT_FRAME = 64
ACCOUNT_FIRST, ACCOUNT_AGAIN = 4_000, 100
PAY = 3_000
CALL_BASE, RUN_BASE = 1_000, 1_000
TOKEN = 1_500
SOURCE_BYTE, CALLDATA_BYTE, ARGUMENT_BYTE = 4, 32, (0, 48, 128)
VERIFY = {0x1003: 40_000, 0x1002: 200_000}
