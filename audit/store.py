"""Rows ↔ values: the only writer of the audit's tables."""

from __future__ import annotations

from collections.abc import Iterator

from audit.limits import PAGE_MOST
from audit.models import AuditEnd, AuditRow
from audit.values import End, Row

_ONLY = 1
FIRST = End(0, "0" * 64)
_COLUMNS = ("number", "at_ms", "who", "what", "why", "before", "after", "previous", "hash")


def end(*, for_writing: bool = False) -> End:
    """Where the chain ends. ``for_writing``: and nobody else adds a row before the commit."""
    if not for_writing:
        found = AuditEnd.objects.filter(id=_ONLY).first()
        return FIRST if found is None else End(found.number, found.hash)
    first = {"number": FIRST.number, "hash": FIRST.hash}
    row, _ = AuditEnd.objects.select_for_update().get_or_create(id=_ONLY, defaults=first)
    return End(row.number, row.hash)


def append(row: Row) -> None:
    """Add a row and move the end to it; the caller holds the end."""
    AuditRow.objects.create(**{name: getattr(row, name) for name in _COLUMNS})
    AuditEnd.objects.filter(id=_ONLY).update(number=row.number, hash=row.hash)


def rows(after: int = 0) -> Iterator[Row]:
    """Every row behind a number, oldest first, with PAGE_MOST in memory at once."""
    while page := _page(after):
        yield from page
        after = page[-1].number


def _page(after: int) -> list[Row]:
    found = AuditRow.objects.filter(number__gt=after).order_by("number")
    return [Row(*columns) for columns in found.values_list(*_COLUMNS)[:PAGE_MOST]]


def newest(most: int) -> list[Row]:
    """The newest rows, newest first."""
    found = AuditRow.objects.order_by("-number").values_list(*_COLUMNS)
    return [Row(*columns) for columns in found[: min(most, PAGE_MOST)]]
