"""Gas by function: how often each was called, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = ("contract", "function", "", "calls", "min", "avg", "max")


@dataclass
class Row:
    """Calls of one function in one way (``send``, ``view`` or ``inside``), and their gas."""

    calls: int = 0
    least: int = 0
    most: int = 0
    total: int = 0

    @property
    def average(self) -> int:
        """Rounded down."""
        return self.total // self.calls if self.calls else 0


class GasReport:
    """Counts calls. ``send`` has the receipt's gas, ``view`` and ``inside`` the call's own."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Row] = {}

    def add(self, contract: str, function: str, way: str, gas: int) -> None:
        """Count one call."""
        row = self.rows.setdefault((contract, function, way), Row(least=gas))
        row.calls += 1
        row.total += gas
        row.least, row.most = min(row.least, gas), max(row.most, gas)

    def view(self) -> list[dict[str, object]]:
        """JSON values, by contract, function and way."""
        return [
            {
                "contract": contract,
                "function": function,
                "way": way,
                "calls": row.calls,
                "min": row.least,
                "avg": row.average,
                "max": row.most,
            }
            for (contract, function, way), row in sorted(self.rows.items())
        ]

    def text(self) -> str:
        """A table; empty without calls."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if not self.rows:
            return
        cells: list[tuple[str, ...]] = [_HEAD]
        for key, row in sorted(self.rows.items()):
            numbers = (row.calls, row.least, row.average, row.most)
            cells.append((*key, *(f"{number:,}" for number in numbers)))
        widths = [max(len(line[i]) for line in cells) for i in range(len(_HEAD))]
        for line in cells:
            named = [cell.ljust(width) for cell, width in zip(line[:3], widths, strict=False)]
            counted = [c.rjust(w) for c, w in zip(line[3:], widths[3:], strict=True)]
            yield "  ".join(named + counted).rstrip()
