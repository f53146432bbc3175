"""Keys of state records: what they are, and which of them are remembered."""

from __future__ import annotations

from hashlib import sha3_256

import pytest

from chain.store import keys
from core.hashing import tagged


@pytest.fixture
def hashed(monkeypatch) -> list[bytes]:
    """The ids that are hashed, with both memories empty at first."""
    ids: list[bytes] = []

    def counting(tag: bytes, id: bytes) -> bytes:
        ids.append(id)
        return tagged(tag, id)

    monkeypatch.setattr(keys, "tagged", counting)
    monkeypatch.setattr(keys, "_known", {})
    keys._other.cache_clear()
    return ids


def test_a_key_is_the_modules_tagged_hash_of_the_id(hashed):
    records = [(module, b"id") for module in ("account", "key", "nullifier", "storage")]
    expected = [
        sha3_256(f"animica/state/{module}/v1".encode() + b"\0id").digest() for module, _ in records
    ]
    for _ in range(2):
        assert keys.keys_of(records) == expected
        assert [keys.key_of(*record) for record in records] == expected


def test_a_record_is_hashed_once_however_often_a_block_asks(hashed):
    records = [("account", b"a"), ("key", b"a"), ("nullifier", b"n")]
    for _ in range(4):
        keys.keys_of(records)
    assert hashed == [b"a", b"a", b"n"]


def test_records_that_come_once_push_no_account_out(hashed):
    lasting = [("account", b"a"), ("key", b"a")]
    keys.keys_of(lasting)
    keys.keys_of([("nullifier", n.to_bytes(4, "big")) for n in range(keys.REMEMBERED + 1)])
    hashed.clear()
    keys.keys_of(lasting)
    assert hashed == []


def test_both_memories_are_bounded(hashed, monkeypatch):
    monkeypatch.setattr(keys, "REMEMBERED", 4)
    accounts = [("account", bytes([n])) for n in range(11)]
    assert keys.keys_of(accounts) == [keys.key_of(*record) for record in accounts]
    assert len(keys._known) <= 4
    assert keys._other.cache_info().maxsize == keys.REMEMBERED_OTHERS
