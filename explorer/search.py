"""The search: from what a reader typed to the page that shows it, or a sentence why not."""

from __future__ import annotations

from django.urls import reverse

from chain import queries
from core.errors import EncodingRefused
from explorer import format, reading
from explorer.errors import NothingFound, NotSearchable
from mempool import service as mempool
from pq import addresses

LONGEST = 200
_HASH_DIGITS = 64


def find(text: str) -> str:
    """The URL of what ``text`` names: a height, block hash, txid or address.

    Raises ``NothingFound``, ``NotSearchable``, or the ``EncodingRefused`` of a bad address.
    """
    words = text.strip()
    if len(words) > LONGEST:
        raise NotSearchable(f"the search has {len(words)} characters, the most is {LONGEST}")
    if (wanted := reading.hash32(words)) is not None:
        return _by_hash(wanted)
    if (height := reading.height(words)) is not None:
        return _by_height(height)
    if (digits := reading.hex_digits(words)) is not None and words[:2].lower() == "0x":
        raise NotSearchable(f"a hash has {_HASH_DIGITS} hex digits, this one has {len(digits)}")
    if "1" in words and " " not in words and words.lower().startswith(addresses.PREFIX):
        return _by_address(words)
    if digits is not None and len(digits) > _HASH_DIGITS // 2:
        raise NotSearchable(f"a hash has {_HASH_DIGITS} hex digits, this one has {len(digits)}")
    raise NotSearchable("this is neither a height, a hash nor an address")


def _by_height(height: int) -> str:
    if queries.block_by_height(height) is None:
        top = queries.head().header.height
        raise NothingFound(
            f"there is no block {format.grouped(height)} yet; the newest is {format.grouped(top)}"
        )
    return reverse("explorer:block", args=[str(height)])


def _by_hash(wanted: bytes) -> str:
    text = format.hex0x(wanted)
    if queries.block_by_hash(wanted) is not None:
        return reverse("explorer:block", args=[text])
    pool = mempool.current()
    known = queries.outcome(wanted) or pool.get(wanted) or pool.dropped(wanted)
    if known is None:
        raise NothingFound("this node knows no block and no transaction of this hash")
    return reverse("explorer:tx", args=[text])


def _by_address(text: str) -> str:
    try:
        address = addresses.from_text(text)
    except EncodingRefused as refusal:
        refusal.facts.setdefault("field", "address")
        raise
    return reverse("explorer:address", args=[addresses.to_text(address)])
