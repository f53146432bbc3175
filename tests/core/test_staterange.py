"""Range proofs against a plain model of the tree, and under every alteration of small ones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from hashlib import sha3_256, shake_128

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import statetree
from core.statetree import (
    RangeProof,
    StatePageBroken,
    StateProofInvalid,
    StateProofMalformed,
)

EMPTY, LOW, HIGH = bytes(32), bytes(32), b"\xff" * 32
Records = dict[bytes, bytes]
Listed = list[tuple[bytes, bytes]]


def det(i: int, size: int = 32) -> bytes:
    return shake_128(f"range {i}".encode()).digest(size)


def h(data: bytes) -> bytes:
    return sha3_256(data).digest()


def oracle(records: Records, bit: int = 255) -> bytes:
    """The definition, read literally, over key -> H(value)."""
    if not records:
        return EMPTY
    if len(records) == 1:
        ((key, value_hash),) = records.items()
        return h(b"\x00" + key + value_hash)
    ones = {key: v for key, v in records.items() if int.from_bytes(key) >> bit & 1}
    zeros = {key: v for key, v in records.items() if key not in ones}
    return h(b"\x01" + oracle(zeros, bit - 1) + oracle(ones, bit - 1))


class Pages(dict[bytes, bytes]):
    """A page source in memory that counts its calls."""

    calls = 0

    def load(self, paths: Sequence[bytes]) -> Mapping[bytes, bytes]:
        self.calls += 1
        return {path: self[path] for path in paths if path in self}


def tree_of(records: Records) -> tuple[bytes, Pages]:
    built = statetree.build(records.items())
    assert built.root == oracle(records)
    return built.root, Pages({path: page for path, page in built.pages.items() if page})


def within(records: Records, first: bytes, last: bytes) -> Listed:
    return sorted((k, v) for k, v in records.items() if first <= k <= last)


def accepted(root: bytes, first: bytes, last: bytes, records: Listed, encoded: bytes) -> bool:
    try:
        statetree.verify_range(root, first, last, records, RangeProof.decode(encoded))
    except (StateProofInvalid, StateProofMalformed):
        return False
    return True


# Keys that share prefixes of every kind of length, as in the tests of the tree itself.
_BITS = [0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 60, 61, 127, 128, 251, 252, 254, 255]
_keys = st.builds(
    lambda base, bits: (base ^ sum(1 << (255 - b) for b in bits)).to_bytes(32),
    st.sampled_from([0, 2**256 - 1, int.from_bytes(det(7))]),
    st.sets(st.sampled_from(_BITS), max_size=4),
) | st.integers(0, 40).map(det)
_trees = st.dictionaries(_keys, st.integers(0, 9).map(lambda i: det(i)), max_size=14)


@settings(max_examples=300, deadline=None)
@given(_trees, st.lists(_keys, min_size=2, max_size=2), st.data())
def test_ranges_of_any_tree(records: Records, ends: list[bytes], data: st.DataObject) -> None:
    root, pages = tree_of(records)
    known = sorted(records)
    if known and data.draw(st.booleans()):
        ends[0] = data.draw(st.sampled_from(known))
    first, last = sorted(ends)
    proof = statetree.prove_range(pages, first, last)
    encoded = proof.encode()
    assert RangeProof.decode(encoded) == proof
    held = within(records, first, last)
    statetree.verify_range(root, first, last, held, proof)
    for i, (key, value_hash) in enumerate(held):
        without = held[:i] + held[i + 1 :]
        assert not accepted(root, first, last, without, encoded)
        other = [*held[:i], (key, h(value_hash)), *held[i + 1 :]]
        assert not accepted(root, first, last, other, encoded)
        assert not accepted(root, first, last, [*held[: i + 1], *held[i:]], encoded)
    stranger = data.draw(_keys)
    if stranger not in records and first <= stranger <= last:
        added = sorted([*held, (stranger, det(3))])
        assert not accepted(root, first, last, added, encoded)
    for a, b in itertools.pairwise(range(len(held))):
        swapped = held.copy()
        swapped[a], swapped[b] = swapped[b], swapped[a]
        assert not accepted(root, first, last, swapped, encoded)


@settings(max_examples=100, deadline=None)
@given(_trees, _keys)
def test_a_range_of_one_key_is_a_proof_of_that_key(records: Records, key: bytes) -> None:
    root, pages = tree_of(records)
    proof = statetree.prove_range(pages, key, key)
    statetree.verify_range(root, key, key, within(records, key, key), proof)


@settings(max_examples=100, deadline=None)
@given(_trees, st.lists(_keys, max_size=4))
def test_pages_of_a_range_put_the_whole_tree_together(records: Records, cuts: list[bytes]) -> None:
    root, pages = tree_of(records)
    found: Listed = []
    start = 0
    for cut in [*sorted(set(cuts) - {HIGH}), HIGH]:
        first = start.to_bytes(32)
        part = within(records, first, cut)
        statetree.verify_range(root, first, cut, part, statetree.prove_range(pages, first, cut))
        found += part
        start = int.from_bytes(cut) + 1
    assert dict(found) == records


# --------------------------------------------------------------------- every alteration

_SMALL = {det(i): det(i + 100) for i in range(9)}


def _deep(end: bytes) -> bytes:
    """A key that parts from its neighbours five bytes down."""
    return (bytes(5) + end).ljust(32, b"\x00")


_DEEP = {
    _deep(end): det(i)
    for i, end in enumerate([b"\x01", b"\x01\x01", b"\x01\x02", b"\x02\x01", b"\xff"])
}
_LONE = {det(5): det(6)}
_ORDER = sorted(_SMALL)
_CASES = {
    "whole": (_SMALL, LOW, HIGH),
    "inner records": (_SMALL, _ORDER[3], _ORDER[5]),
    "one record": (_SMALL, _ORDER[4], _ORDER[4]),
    "to the end": (_SMALL, _ORDER[6], HIGH),
    "no record between two": (
        _SMALL,
        (int.from_bytes(_ORDER[3]) + 1).to_bytes(32),
        (int.from_bytes(_ORDER[4]) - 1).to_bytes(32),
    ),
    "deep": (_DEEP, _deep(b"\x01\x01"), _deep(b"\x01\x02")),
    "deep, none": (_DEEP, _deep(b"\x01\x03"), _deep(b"\x02\x00")),
    "empty tree": ({}, det(1), HIGH),
    "empty tree, whole": ({}, LOW, HIGH),
    "lone record in": (_LONE, det(5), HIGH),
    "lone record left": (_LONE, (int.from_bytes(det(5)) + 1).to_bytes(32), HIGH),
    "lone record right": (_LONE, LOW, (int.from_bytes(det(5)) - 1).to_bytes(32)),
}


@pytest.mark.parametrize("name", _CASES)
def test_every_altered_byte_of_proof_and_records_is_refused(name: str) -> None:
    records, first, last = _CASES[name]
    root, pages = tree_of(records)
    held = within(records, first, last)
    encoded = statetree.prove_range(pages, first, last).encode()
    assert accepted(root, first, last, held, encoded)
    for i in range(len(encoded)):
        for flip in (1, 2, 3, 4, 128, 255):
            bad = encoded[:i] + bytes([encoded[i] ^ flip]) + encoded[i + 1 :]
            assert not accepted(root, first, last, held, bad)
        assert not accepted(root, first, last, held, encoded[:i])
        assert not accepted(root, first, last, held, encoded[:i] + encoded[i + 1 :])
    for mark in range(5):
        assert not accepted(root, first, last, held, encoded + bytes([mark]))
        assert not accepted(root, first, last, held, bytes([mark]) + encoded)
    flat = b"".join(key + value_hash for key, value_hash in held)
    for i in range(len(flat)):
        for flip in (1, 128):
            bad = flat[:i] + bytes([flat[i] ^ flip]) + flat[i + 1 :]
            parts = [(bad[j : j + 32], bad[j + 32 : j + 64]) for j in range(0, len(bad), 64)]
            assert not accepted(root, first, last, parts, encoded)
    for i in range(32):
        bad_root = root[:i] + bytes([root[i] ^ 1]) + root[i + 1 :]
        assert not accepted(bad_root, first, last, held, encoded)


@pytest.mark.parametrize("name", _CASES)
def test_every_dropped_moved_or_doubled_part_and_record_is_refused(name: str) -> None:
    records, first, last = _CASES[name]
    root, pages = tree_of(records)
    held = within(records, first, last)
    proof = statetree.prove_range(pages, first, last)

    def refused(records: Listed, parts: Sequence[bytes | None]) -> None:
        with pytest.raises(StateProofInvalid) as caught:
            statetree.verify_range(root, first, last, records, RangeProof(tuple(parts)))
        assert caught.value.code == "proof.state_invalid"

    for changed in _rearranged(list(proof.parts)):
        refused(held, changed)
    for changed in _rearranged(held):
        refused(changed, proof.parts)
    # records beside the range, offered as if they were in it
    for key in sorted(records.keys() - dict(held).keys()):
        refused(sorted([*held, (key, records[key])]), proof.parts)
    if len(held) > 1:
        refused(held[::-1], proof.parts)


def _rearranged(items: list) -> list[list]:
    """All lists with one item dropped, doubled or exchanged with one near, that differ."""
    out = []
    for i in range(len(items)):
        out.append(items[:i] + items[i + 1 :])
        out.append(items[: i + 1] + items[i:])
        for j in range(i + 1, min(i + 4, len(items))):
            swapped = items.copy()
            swapped[i], swapped[j] = swapped[j], swapped[i]
            out.append(swapped)
    return [changed for changed in out if changed != items]


@pytest.mark.parametrize("name", _CASES)
def test_a_proof_is_for_its_own_range(name: str) -> None:
    """A range with other records in it cannot be shown with the proof and records of this one."""
    records, first, last = _CASES[name]
    root, pages = tree_of(records)
    held = within(records, first, last)
    proof = statetree.prove_range(pages, first, last)
    for key in [LOW, HIGH, *records, det(50), det(51)]:
        for other in ((min(key, last), last), (first, max(key, first))):
            if within(records, *other) == held:
                continue
            with pytest.raises(StateProofInvalid):
                statetree.verify_range(root, *other, held, proof)


def test_shapes_that_no_tree_has_are_refused_even_where_the_hashes_fit() -> None:
    high = b"\x80" + bytes(31)
    lone = h(b"\x00" + LOW + det(1))

    def refused(root: bytes, first: bytes, last: bytes, records: Listed, *parts) -> None:
        with pytest.raises(StateProofInvalid):
            statetree.verify_range(root, first, last, records, RangeProof(parts))

    # a node over one record, or over nothing
    refused(h(b"\x01" + lone + EMPTY), LOW, LOW, [(LOW, det(1))], None, *[b""] * 2)
    refused(h(b"\x01" + EMPTY + EMPTY), high, high, [], None, b"", b"")
    # nothing outside, spelled as a hash
    two = {LOW: det(1), bytes(31) + b"\x01": det(2)}
    root, pages = tree_of(two)
    parts = statetree.prove_range(pages, LOW, LOW).parts
    assert b"" in parts
    spelled = tuple(EMPTY if part == b"" else part for part in parts)
    refused(root, LOW, LOW, [(LOW, det(1))], *spelled)
    # a record hidden as if it were outside, a hash where the range is
    refused(lone, LOW, high, [], LOW + det(1))
    refused(lone, LOW, high, [], lone)
    refused(lone, LOW, high, [(LOW, det(1))], high + det(1))
    # a record beside the range that lies under another place than it is shown at
    strange = h(b"\x00" + high + det(1))
    right = h(b"\x00" + HIGH + det(2))
    refused(h(b"\x01" + strange + right), LOW, b"\x40" + bytes(31), [], None, high + det(1), right)
    # sizes
    refused(lone[:31], LOW, HIGH, [(LOW, det(1))])
    refused(lone, LOW[:31], HIGH, [(LOW, det(1))])
    refused(lone, LOW, HIGH + b"\x00", [(LOW, det(1))])
    refused(lone, LOW, HIGH, [(LOW[:31], b"\x00" + det(1))])
    refused(EMPTY, HIGH, LOW, [])


def test_bytes_have_one_form_and_a_bound() -> None:
    proof = RangeProof((None, b"", det(1), det(2) + det(3)))
    data = b"\x01\x00\x02" + det(1) + b"\x03" + det(2) + det(3)
    assert proof.encode() == data
    assert RangeProof.decode(data) == proof
    assert RangeProof.decode(b"") == RangeProof(())
    longest = b"\x01" * 1_024
    assert RangeProof.decode(longest).encode() == longest
    for bad in (b"\x04", b"\xff", data[:-1], b"\x02" + det(1)[:-1], longest + b"\x00"):
        with pytest.raises(StateProofMalformed) as caught:
            RangeProof.decode(bad)
        assert caught.value.code == "proof.state_malformed"


@settings(deadline=None)
@given(st.binary(max_size=300), _keys, _keys)
def test_hostile_bytes_meet_only_refusals(data: bytes, one: bytes, other: bytes) -> None:
    first, last = sorted((one, other))
    assert not accepted(det(0), first, last, [], data)


def test_a_way_as_long_as_a_key_is_walked() -> None:
    """Neighbours in the last bit at both ends: the most parts and the deepest descent."""
    middle = 1 << 255
    ends = [(middle + i).to_bytes(32) for i in (-2, -1, 0, 1)]
    records = {key: det(i) for i, key in enumerate(ends)}
    root, pages = tree_of(records)
    first, last = ends[1], ends[2]
    proof = statetree.prove_range(pages, first, last)
    assert len(proof.parts) == 1 + 2 * 255 + 2 * 255  # the root, then ways down and hashes
    statetree.verify_range(root, first, last, within(records, first, last), proof)


def test_pages_are_loaded_in_batches() -> None:
    records = {det(i): det(i + 1) for i in range(3_000)}
    _, pages = tree_of(records)
    for first, last in [(LOW, HIGH), (det(1), HIGH), tuple(sorted((det(1), det(2))))]:
        pages.calls = 0
        statetree.prove_range(pages, first, last)
        assert pages.calls == 1


def test_broken_pages_and_ranges() -> None:
    records = {det(i): det(i + 1) for i in range(300)}
    _, pages = tree_of(records)
    gone = Pages({p: page for p, page in pages.items() if p != det(1).hex()[:1].encode()})
    with pytest.raises(StatePageBroken):
        statetree.prove_range(gone, det(1), HIGH)
    for first, last in [(HIGH, LOW), (LOW[:-1], HIGH), (LOW, HIGH + b"\x00")]:
        with pytest.raises(ValueError, match="32 bytes"):
            statetree.prove_range(pages, first, last)


def test_a_leaf_is_made_from_a_record() -> None:
    key = h(b"animica/state/account/v1\x00" + b"id")
    assert statetree.leaf_of("account", b"id", b"value") == (key, h(b"value"))
