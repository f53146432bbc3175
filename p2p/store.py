"""Rows ↔ values: the only writer of the peers' tables.

The book and the bans are written as a whole by the running node alone: what is the same as before
is not touched. Wishes come from any process and go to the node that takes them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import models, transaction

from p2p.errors import TooManyWishes
from p2p.kept import ADDRESSES_MOST, BANS_MOST, NAME_CHARS, REASON_CHARS, WISHES_MOST
from p2p.models import Ban as BanRow
from p2p.models import KnownAddress, Wish
from p2p.rules.addresses import Address, AddressInvalid, parse
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.events import Asked

log = logging.getLogger("animica.p2p")

K = TypeVar("K", bound=Hashable)
_AT_ONCE = 500
"""Rows of one statement; SQLite builds may refuse more than 999 parameters."""
_IN_LIST = 80
"""Rows of one insert: times their columns below the same 999."""
_ENTRY = ("peer", "source", "heard_ms", "tried_ms", "answered_ms", "failures", "anchor", "pinned")


# ------------------------------------------------------------------ the address book


def load_book() -> list[BookEntry]:
    """Every entry, by address. A row that is no address is left out, and the log says so."""
    found = []
    for text, peer, *others in _entries().values_list("address", *_ENTRY):
        if (address := _address(text)) is not None:
            found.append(BookEntry(address, bytes(peer), *others))
    return found


def save_book(entries: Collection[BookEntry]) -> None:
    """Make the table hold these entries, ADDRESSES_MOST at most, and no others."""
    assert len(entries) <= ADDRESSES_MOST, "the book keeps its own bound"
    wanted = {
        str(entry.address): (
            *(entry.id, entry.source[:NAME_CHARS], entry.heard_ms, entry.tried_ms),
            *(entry.answered_ms, entry.failures, entry.anchor, entry.pinned),
        )
        for entry in entries
    }
    stored = {
        text: (bytes(peer), *others)
        for text, peer, *others in _entries().values_list("address", *_ENTRY)
    }
    gone, changed = _difference(stored, wanted)
    if not gone and not changed:
        return
    with transaction.atomic():
        for part in _parts(gone, _AT_ONCE):
            KnownAddress.objects.filter(address__in=part).delete()
        for part in _parts(changed, _IN_LIST):
            rows = [_row(KnownAddress, _ENTRY, wanted[key], address=key) for key in part]
            KnownAddress.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["address"], update_fields=_ENTRY
            )


def _entries() -> models.QuerySet[KnownAddress]:
    return KnownAddress.objects.order_by("address")


# ------------------------------------------------------------------ bans


def load_bans() -> list[Ban]:
    """Every ban, the first to end first."""
    rows = BanRow.objects.order_by("until_ms", "peer", "host")
    columns = rows.values_list("peer", "host", "until_ms", "times", "reason")
    return [
        Ban(bytes(peer), host, until_ms, times, reason)
        for peer, host, until_ms, times, reason in columns
    ]


def save_bans(bans: Collection[Ban]) -> None:
    """Make the table hold these bans, BANS_MOST at most, and no others."""
    assert len(bans) <= BANS_MOST, "conduct keeps its own bound"
    columns = ("until_ms", "times", "reason")
    wanted = {
        (ban.id, ban.host[:NAME_CHARS]): (ban.until_ms, ban.times, ban.reason[:REASON_CHARS])
        for ban in bans
    }
    stored, numbers = {}, {}
    for number, peer, host, *others in BanRow.objects.values_list("id", "peer", "host", *columns):
        stored[bytes(peer), host] = tuple(others)
        numbers[bytes(peer), host] = number
    gone, changed = _difference(stored, wanted)
    if not gone and not changed:
        return
    with transaction.atomic():
        for part in _parts([numbers[key] for key in gone], _AT_ONCE):
            BanRow.objects.filter(id__in=part).delete()
        for keys in _parts(changed, _IN_LIST):
            rows = [_row(BanRow, columns, wanted[key], peer=key[0], host=key[1]) for key in keys]
            BanRow.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["peer", "host"], update_fields=columns
            )


# ------------------------------------------------------------------ wishes


def add_wish(wish: Asked, at_ms: int) -> None:
    """Leave a wish for the running node. Raises TooManyWishes."""
    if Wish.objects.count() >= WISHES_MOST:
        raise TooManyWishes(f"{WISHES_MOST} wishes wait for the node already", limit=WISHES_MOST)
    Wish.objects.create(
        verb=wish.verb,
        peer=wish.peer,
        address="" if wish.address is None else str(wish.address),
        ban_ms=wish.ban_ms,
        at_ms=at_ms,
    )


def any_wish() -> bool:
    """Whether a wish waits."""
    return Wish.objects.exists()


def take_wishes() -> list[Asked]:
    """Every waiting wish, in the order in which they were made; they wait no longer."""
    if not any_wish():  # nearly always, and without a transaction
        return []
    with transaction.atomic():
        rows = list(Wish.objects.select_for_update().order_by("id"))
        Wish.objects.filter(id__in=[row.id for row in rows]).delete()
    asked = []
    for row in rows:
        address = _address(row.address) if row.address else None
        if row.address and address is None:
            continue
        asked.append(Asked(row.verb, bytes(row.peer), address, row.ban_ms))
    return asked


def standing(peer: bytes) -> dict[str, object]:
    """What the tables say of a peer, as plain JSON for the audit."""
    ban = BanRow.objects.filter(peer=peer).order_by("-until_ms").first()
    return {
        "bannedUntilMs": None if ban is None else ban.until_ms,
        "pinned": KnownAddress.objects.filter(peer=peer, pinned=True).exists(),
    }


# ------------------------------------------------------------------ parts


def _address(text: str) -> Address | None:
    try:
        return parse(text)
    except AddressInvalid:
        log.error("a stored address is none", extra={"address": text[:100]})
        return None


def _difference(stored: Mapping[K, Any], wanted: Mapping[K, Any]) -> tuple[list[K], list[K]]:
    """Keys whose rows go, and keys whose rows are to be written."""
    gone = [key for key in stored if key not in wanted]
    return gone, [key for key, row in wanted.items() if stored.get(key) != row]


def _parts(items: Sequence[K], size: int) -> list[Sequence[K]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _row(
    model: type[models.Model], columns: Sequence[str], values: Sequence[Any], **key: Any
) -> Any:
    return model(**dict(zip(columns, values, strict=True)), **key)
