"""The audit's face: record an action inside its transaction, read the rows, verify their chain."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from django.db import connection, transaction

from audit import store
from audit.errors import AuditBroken, ReasonMissing, TextTooLong, TextUnprintable
from audit.limits import PAGE_MOST, STATE_BYTES, WHAT_CHARS, WHO_CHARS, WHY_CHARS
from audit.values import End, Row
from core import cbor, tags
from core.hashing import tagged

log = logging.getLogger("animica.audit")

State = Mapping[str, Any]


def record(
    *, who: str, what: str, why: str, at_ms: int, before: State | None, after: State | None
) -> Row:
    """Add a row; it is there if and only if the caller's transaction commits.

    ``before`` and ``after`` are what the action changes, as plain JSON; None is "nothing". Raises
    ReasonMissing, TextTooLong, TextUnprintable.
    """
    assert connection.in_atomic_block, "an audit row belongs to the transaction of its action"
    why = " ".join(why.split())
    if not why:
        raise ReasonMissing(f"{what} needs a reason", field="why")
    _readable("who", who, WHO_CHARS)
    _readable("what", what, WHAT_CHARS)
    _readable("why", why, WHY_CHARS)
    end = store.end(for_writing=True)
    row = _linked(end, at_ms, (who, what, why, _text("before", before), _text("after", after)))
    store.append(row)
    transaction.on_commit(partial(_tell, row))
    return row


def newest(most: int = PAGE_MOST) -> list[Row]:
    """The newest rows, newest first, PAGE_MOST of them at most."""
    return store.newest(most)


def verify() -> End:
    """Compute every hash anew and compare; the end of the chain. Raises AuditBroken.

    Shows rows that were altered, removed, added or put into another order. Whoever can write the
    whole database can compute a whole new chain; the hashes in the log then tell.
    """
    end = store.FIRST
    while True:
        begun = end
        for row in store.rows(end.number):
            parts = (row.who, row.what, row.why, row.before, row.after)
            if row != _linked(end, row.at_ms, parts):
                raise AuditBroken(f"row {end.number + 1} is not what was recorded", row=row.number)
            end = End(row.number, row.hash)
        stored = store.end()
        if stored == end:
            return end
        if begun == end:  # else rows may have come while these were read: look again
            raise AuditBroken(f"the last row should be {stored.number}", row=end.number)


def _linked(end: End, at_ms: int, parts: tuple[str, str, str, str, str]) -> Row:
    """The row of these parts that follows the end."""
    number = end.number + 1
    data = cbor.encode([number, at_ms, *parts])
    digest = tagged(tags.AUDIT, bytes.fromhex(end.hash) + data).hex()
    return Row(number, at_ms, *parts, end.hash, digest)


def _text(field: str, state: State | None) -> str:
    text = orjson.dumps(state, option=orjson.OPT_SORT_KEYS).decode()
    if len(text.encode()) > STATE_BYTES:
        raise TextTooLong(f"{field} is over {STATE_BYTES:,} bytes", field=field, most=STATE_BYTES)
    return text


def _readable(field: str, text: str, most: int) -> None:
    if not text.isprintable():
        raise TextUnprintable(f"{field} has characters that cannot be read", field=field)
    if len(text) > most:
        raise TextTooLong(f"{field} is over {most} characters", field=field, most=most)


def _tell(row: Row) -> None:
    """The same in the log, whose copies elsewhere outlive a database that was tampered with."""
    facts = {"number": row.number, "who": row.who, "what": row.what, "why": row.why}
    log.info("audit", extra={**facts, "hash": row.hash})
