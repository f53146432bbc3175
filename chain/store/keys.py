"""Where records stand in the state tree, remembered for those that come again.

Accounts and public keys come again in block after block. Other records, such as nullifiers that end
with a block, mostly do not, and among the accounts they would push those out; so they have a small
memory of their own, which serves the reads and writes of one block. Source: docs/spec/state.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from core import tags
from core.hashing import Tag, tagged
from core.ports import RecordKey
from execution.accounts import KEY_MODULE, MODULE

COME_AGAIN = frozenset((MODULE, KEY_MODULE))
REMEMBERED = 2**16
"""Keys of records that come again; when there are so many, the memory is begun anew."""
REMEMBERED_OTHERS = 2**13

_known: dict[RecordKey, bytes] = {}


def keys_of(records: Iterable[RecordKey]) -> list[bytes]:
    """The state keys of records, 32 bytes each, in their order."""
    known = _known.get
    return [known(record) or _found(record) for record in records]


def key_of(module: str, id: bytes) -> bytes:
    """The state key of one record, 32 bytes."""
    return keys_of(((module, id),))[0]


def _found(record: RecordKey) -> bytes:
    """A key that is not among those of accounts yet."""
    if record[0] not in COME_AGAIN:
        return _other(*record)
    key = tagged(_tag(record[0]), record[1])
    if len(_known) >= REMEMBERED:
        _known.clear()
    _known[record] = key
    return key


@lru_cache(maxsize=REMEMBERED_OTHERS)
def _other(module: str, id: bytes) -> bytes:
    return tagged(_tag(module), id)


@lru_cache(maxsize=256)
def _tag(module: str) -> Tag:
    return tags.state(module)
