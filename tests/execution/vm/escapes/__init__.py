"""Ways out of the contract language, one row each, and what must become of each.

table   what a row is
names, text, nesting, numbers, sizes, work, keys, abi, calls, money   the rows, by what they abuse
world   a ledger in memory on which they run
page    docs/contracts/escapes.md, made from the rows
"""

from __future__ import annotations

from tests.execution.vm.escapes import (
    abi,
    calls,
    keys,
    money,
    names,
    nesting,
    numbers,
    sizes,
    text,
    work,
)
from tests.execution.vm.escapes.table import ESCAPES, Escape

__all__ = ["ESCAPES", "Escape", "GROUPS"]

GROUPS = {
    "names": names.__doc__,
    "text": text.__doc__,
    "nesting": nesting.__doc__,
    "numbers": numbers.__doc__,
    "sizes": sizes.__doc__,
    "work": work.__doc__,
    "keys": keys.__doc__,
    "abi": abi.__doc__,
    "calls": calls.__doc__,
    "money": money.__doc__,
}
