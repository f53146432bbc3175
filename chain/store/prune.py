"""Drop old witnesses, bodies and undo, a run of heights at a time, each run one transaction.

What goes and how far that has come are committed together, so a run that is cut short leaves
nothing to repair: the next one goes on where the mark stands.
"""

from __future__ import annotations

from django.db import transaction

from chain.errors import PruneWindow
from chain.store import blocks, history, meta, sql
from chain.values import Part, Pruning

_SECTIONS = {
    Part.WITNESSES: ("witnesses", "envelopes"),
    Part.BODIES: ("txs", "proofs", "witnesses", "envelopes"),
}
_MARKS = {
    Part.WITNESSES: ("witnesses_from",),
    Part.BODIES: ("bodies_from", "witnesses_from"),
    Part.STATE: ("state_from",),
}
# Genesis has no transactions; what is in its body every node computes from the network file.
_BLOCKS = "block_id IN (SELECT id FROM chain_block WHERE height >= %s AND height < %s)"
_UNDO = "height > %s AND height <= %s"


def plan(part: Part, *, keep: int, window: int) -> Pruning:
    """What dropping all but the newest ``keep`` blocks' part would drop. Raises PruneWindow."""
    end = _end(keep, window)
    first = min(history.kept().start_of(part), end)
    return Pruning(part, first, end, _size(part, first, end))


def step(part: Part, *, keep: int, window: int, most: int) -> Pruning:
    """Drop a part of up to ``most`` heights, in one transaction. Raises PruneWindow.

    ``window`` is how many blocks a reorganisation may take back; it is never cut into.
    """
    with transaction.atomic():
        meta.required(lock=True)
        first = history.kept().start_of(part)
        end = max(first, min(_end(keep, window), first + most))
        size = _size(part, first, end)
        if end > first:
            _drop(part, first, end)
            for mark in _MARKS[part]:
                sql.run(
                    f"UPDATE chain_meta SET {mark} = %s WHERE id = 1 AND {mark} < %s", (end, end)
                )
        return Pruning(part, first, end, size)


def _end(keep: int, window: int) -> int:
    """The first height that keeps everything."""
    least = max(window, 1)
    if keep < least:
        raise PruneWindow(
            f"a reorganisation may take back {window} blocks, so more than {keep} must be kept",
            keep=keep,
            least=least,
        )
    head = blocks.head()
    return 0 if head is None else max(0, head.height - keep)


def _drop(part: Part, first: int, end: int) -> None:
    if part is Part.STATE:
        sql.run(f"DELETE FROM chain_undo WHERE {_UNDO}", (first, end))
        return
    emptied = ", ".join(f"{name} = NULL" for name in _SECTIONS[part])
    sql.run(f"UPDATE chain_blockbody SET {emptied} WHERE {_BLOCKS}", (max(first, 1), end))


def _size(part: Part, first: int, end: int) -> int:
    """Bytes of the values between two heights."""
    if part is Part.STATE:
        lengths = "LENGTH(key) + LENGTH(module) + LENGTH(ident) + COALESCE(LENGTH(value), 0)"
        query = f"SELECT COALESCE(SUM({lengths}), 0) FROM chain_undo WHERE {_UNDO}"
        row = sql.one(query, (first, end))
    else:
        lengths = " + ".join(f"COALESCE(LENGTH({name}), 0)" for name in _SECTIONS[part])
        query = f"SELECT COALESCE(SUM({lengths}), 0) FROM chain_blockbody WHERE {_BLOCKS}"
        row = sql.one(query, (max(first, 1), end))
    return 0 if row is None else int(row[0])
