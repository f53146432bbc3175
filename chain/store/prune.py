"""Drop old witnesses, bodies and undo, a run of heights at a time, each run one transaction.

What goes and how far that has come are committed together, so a run that is cut short leaves
nothing to repair: the next one goes on where the mark stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from chain.errors import PruneWindow
from chain.store import blocks, history, meta, sql
from chain.values import Part, Pruning
from core.failpoints import reach

_SECTIONS = {
    Part.WITNESSES: ("witnesses", "envelopes"),
    Part.BODIES: ("txs", "proofs", "witnesses", "envelopes"),
}
_MARKS = {
    Part.WITNESSES: ("witnesses_from",),
    Part.BODIES: ("bodies_from", "witnesses_from"),
    Part.STATE: ("state_from",),
}
# Bodies take their witnesses along, so they go first and nothing is rewritten twice.
_ORDER = (Part.BODIES, Part.WITNESSES, Part.STATE)
_BLOCKS = "block_id IN (SELECT id FROM chain_block WHERE height >= %s AND height < %s)"
_UNDO = "height > %s AND height <= %s"


def check_window(keeps: Mapping[Part, int], window: int) -> None:
    """Raises PruneWindow where less would be kept than a reorganisation may take back."""
    least = max(window, 1)
    for part, keep in keeps.items():
        if keep < least:
            raise PruneWindow(
                f"{part.value} of {keep} blocks are not enough: a reorganisation may take back "
                f"{window}",
                part=part.value,
                keep=keep,
                least=least,
            )


def plan(keeps: Mapping[Part, int], window: int) -> list[Pruning]:
    """What is to be dropped of each part, in the order to do it. Raises PruneWindow."""
    check_window(keeps, window)
    out: list[Pruning] = []
    for part in _ORDER:
        if part not in keeps:
            continue
        first, end = history.kept().start_of(part), _end(keeps[part])
        if part is Part.WITNESSES and out:
            first = max(first, out[0].end)
        end = max(first, end)
        out.append(Pruning(part, first, end, _size(part, first, end)))
    return out


def step(part: Part, *, keep: int, window: int, most: int) -> Pruning:
    """Drop a part of up to ``most`` heights, in one transaction. Raises PruneWindow."""
    check_window({part: keep}, window)
    with transaction.atomic():
        reach("prune.begun")
        meta.required(lock=True)
        first = history.kept().start_of(part)
        end = max(first, min(_end(keep), first + most))
        done = Pruning(part, first, end, _size(part, first, end))
        if done.blocks:
            _drop(part, first, end)
            _move_marks(part, end)
    reach("prune.committed")
    return done


def _end(keep: int) -> int:
    """The lowest height that loses nothing."""
    head = blocks.head()
    return 0 if head is None else max(0, head.height - keep)


def _drop(part: Part, first: int, end: int) -> None:
    if part is Part.STATE:
        sql.run(f"DELETE FROM chain_undo WHERE {_UNDO}", (first, end))
        reach("undo.pruned")
        return
    emptied = ", ".join(f"{name} = NULL" for name in _SECTIONS[part])
    sql.run(f"UPDATE chain_blockbody SET {emptied} WHERE {_BLOCKS}", _bodied(first, end))
    reach("sections.pruned")


def _move_marks(part: Part, end: int) -> None:
    for mark in _MARKS[part]:
        sql.run(f"UPDATE chain_meta SET {mark} = %s WHERE id = 1 AND {mark} < %s", (end, end))
    reach("marks.moved")


def _bodied(first: int, end: int) -> tuple[int, int]:
    """Genesis stays: it has no transactions, and every node computes it from the network file."""
    return max(first, 1), end


def _size(part: Part, first: int, end: int) -> int:
    """Bytes of the values between two heights."""
    if part is Part.STATE:
        lengths = "LENGTH(key) + LENGTH(module) + LENGTH(ident) + COALESCE(LENGTH(value), 0)"
        query = f"SELECT COALESCE(SUM({lengths}), 0) FROM chain_undo WHERE {_UNDO}"
        row = sql.one(query, (first, end))
    else:
        lengths = " + ".join(f"COALESCE(LENGTH({name}), 0)" for name in _SECTIONS[part])
        query = f"SELECT COALESCE(SUM({lengths}), 0) FROM chain_blockbody WHERE {_BLOCKS}"
        row = sql.one(query, _bodied(first, end))
    return 0 if row is None else int(row[0])
