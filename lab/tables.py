"""What a study ends in: tables, plots as data, and their text, Markdown and JSON forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Table:
    """Cells are text, as shown."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """Aligned columns: the first to the left, the others to the right."""
        widths = [max(len(row[place]) for row in self._all()) for place in range(len(self.head))]
        lines = [self.title]
        for row in self._all():
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  " + "  ".join(cells).rstrip())
        return "\n".join(lines)

    def markdown(self) -> str:
        """A table of a document."""
        rule = ["---"] + ["---:"] * (len(self.head) - 1)
        rows = [self.head, rule, *self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)

    def _all(self) -> list[Sequence[str]]:
        return [self.head, *self.rows]


@dataclass(frozen=True)
class Series:
    """One line of a plot; ``style`` is ``line``, ``dashed``, ``dots`` or ``steps``."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: str = "line"


@dataclass(frozen=True)
class Plot:
    """A plot as data. ``name`` is part of its file's name."""

    name: str
    title: str
    x: str
    y: str
    series: Sequence[Series]
    log: str = ""


@dataclass(frozen=True)
class Result:
    """A study's answer, and what it takes to get it again."""

    study: str
    network: str
    seed: int
    blocks: int
    tables: Sequence[Table]
    plots: Sequence[Plot] = ()

    def file_name(self, part: str) -> str:
        """Without ending; mainnet, the usual network, is not named."""
        where = "" if self.network == "mainnet" else f"-{self.network}"
        return f"consensus-{part}{where}"

    def text(self) -> str:
        """For people."""
        top = f"{self.study} on {self.network}, seed {self.seed}, {self.blocks:,} blocks a run"
        return "\n\n".join([top, *(table.text() for table in self.tables)])

    def to_map(self) -> dict[str, object]:
        """For programs; plots with the numbers that they show."""
        return asdict(self)


def percent(part: float, digits: int = 1) -> str:
    """A fraction as percent."""
    return f"{100 * part:.{digits}f} %"


def thin(values: Sequence[float], most: int = 300, digits: int = 4) -> list[float]:
    """At most so many of the values, evenly spaced and rounded: what a plot can show."""
    step = max(1, -(-len(values) // most))
    return [round(value, digits) for value in values[::step]]
