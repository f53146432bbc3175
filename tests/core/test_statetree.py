"""The state tree against the published vectors and a naive tree that shares no code with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha3_256, shake_128
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import kernel, statetree
from core.statetree import Proof, StatePageBroken, StateProofInvalid, StateProofMalformed

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "state_tree.json").read_text())
EMPTY = bytes(32)

Records = dict[bytes, bytes]


def det(i: int, size: int = 32) -> bytes:
    return shake_128(f"vector {i}".encode()).digest(size)


def h(data: bytes) -> bytes:
    return sha3_256(data).digest()


def leaf(key: bytes, value: bytes) -> bytes:
    return h(b"\x00" + key + h(value))


def oracle(records: Records, bit: int = 255) -> bytes:
    """The definition, read literally: split by bits until at most one record is left."""
    if not records:
        return EMPTY
    if len(records) == 1:
        return leaf(*next(iter(records.items())))
    sides: tuple[Records, Records] = ({}, {})
    for key, value in records.items():
        sides[int.from_bytes(key) >> bit & 1][key] = value
    return h(b"\x01" + oracle(sides[0], bit - 1) + oracle(sides[1], bit - 1))


class Pages(dict[bytes, bytes]):
    """A page source in memory that counts its calls."""

    calls = 0

    def load(self, paths: Sequence[bytes]) -> Mapping[bytes, bytes]:
        self.calls += 1
        assert len(set(paths)) == len(paths)
        return {path: self[path] for path in paths if path in self}

    def apply(self, changes: Mapping[bytes, bytes | None]) -> bytes:
        """Change values (not hashes), write the pages, return the root."""
        hashed = {key: None if value is None else h(value) for key, value in changes.items()}
        done = statetree.update(self, hashed)
        for path, page in done.pages.items():
            if page is None:
                del self[path]
            else:
                assert self.get(path) != page, "a page that did not change was written"
                self[path] = page
        return done.root


def tree_of(records: Records) -> Pages:
    done = statetree.build((key, h(value)) for key, value in records.items())
    assert done.root == oracle(records)
    return Pages({path: page for path, page in done.pages.items() if page is not None})


def vector_records(case: Mapping[str, object]) -> Records:
    listed = case["records"]
    if isinstance(listed, dict):
        return {bytes.fromhex(k[2:]): bytes.fromhex(v[2:]) for k, v in listed.items()}
    return {det(i): det(i + 1000, 40) for i in range(1000)}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=range(len(VECTORS["cases"])))
def test_vectors(case: dict[str, object]) -> None:
    records = vector_records(case)
    built = tree_of(records)
    one_by_one = Pages()
    root = statetree.root(one_by_one)
    for key, value in records.items():
        root = one_by_one.apply({key: value})
    assert "0x" + root.hex() == case["root"]
    assert statetree.root(built) == statetree.root(one_by_one) == root
    assert built == one_by_one


# Keys that share prefixes of every kind of length: few bits, placed around digit, byte and
# half-page borders, vary; everything else is one of two backgrounds.
_BITS = [0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 60, 61, 127, 128, 251, 252, 254, 255]
_keys = st.builds(
    lambda base, bits: (base ^ sum(1 << (255 - b) for b in bits)).to_bytes(32),
    st.sampled_from([0, int.from_bytes(det(7))]),
    st.sets(st.sampled_from(_BITS), max_size=4),
) | st.integers(0, 40).map(det)
_batches = st.lists(
    st.dictionaries(_keys, st.none() | st.binary(max_size=3), max_size=12), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(_batches, st.lists(_keys, max_size=5))
def test_batches_agree_with_the_naive_tree(
    batches: list[dict[bytes, bytes | None]], strangers: list[bytes]
) -> None:
    records: Records = {}
    pages = Pages()
    seen = set(strangers)
    for batch in batches:
        seen |= batch.keys()
        root = pages.apply(batch)
        records = {k: v for k, v in (records | batch).items() if v is not None}
        assert root == oracle(records) == statetree.root(pages)
        assert pages == tree_of(records)
    root = statetree.root(pages)
    for key in seen:
        proof = statetree.prove(pages, key)
        assert Proof.decode(proof.encode()) == proof
        statetree.verify(root, key, records.get(key), proof)
        with pytest.raises(StateProofInvalid):
            statetree.verify(root, key, b"wrong", proof)
        if key in records:
            with pytest.raises(StateProofInvalid):
                statetree.verify(root, key, None, proof)


def test_deleting_everything_leaves_no_page() -> None:
    records = vector_records(VECTORS["cases"][-1])
    pages = tree_of(records)
    keys = list(records)
    pages.apply(dict.fromkeys(keys[:-1]))
    assert list(pages) == [b""]
    assert pages.apply({keys[-1]: None}) == EMPTY
    assert not pages


def test_what_changes_nothing_writes_nothing() -> None:
    records = vector_records(VECTORS["cases"][-1])
    pages = tree_of(records)
    same = {key: h(value) for key, value in records.items()}
    assert statetree.update(pages, same) == (oracle(records), {})
    assert statetree.update(pages, {det(5000 + i): None for i in range(50)}).pages == {}
    assert statetree.update(pages, {}) == (oracle(records), {})


def test_a_level_costs_one_load() -> None:
    pages = tree_of(vector_records(VECTORS["cases"][-1]))
    levels = 1 + max(len(path) for path in pages)
    pages.calls = 0
    pages.apply({det(i): b"new" for i in range(1000)})
    assert pages.calls == levels


def inner_nodes(records: Records, bit: int = 255) -> int:
    """How many nodes with a hash of their own the tree of these records has."""
    if len(records) < 2:
        return 0
    ones = {key: v for key, v in records.items() if int.from_bytes(key) >> bit & 1}
    zeros = {key: v for key, v in records.items() if key not in ones}
    return 1 + inner_nodes(zeros, bit - 1) + inner_nodes(ones, bit - 1)


def test_every_node_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    records = vector_records(VECTORS["cases"][-1])
    pages = tree_of(records)
    hashed: list[bytes] = []

    def counted(data: bytes) -> object:
        hashed.append(data)
        return sha3_256(data)

    kernel.install(None)  # C does not let itself be counted
    monkeypatch.setattr("core.statetree.page.sha3_256", counted)
    pages.apply(dict.fromkeys(records, b"new"))
    nodes = [data for data in hashed if data[0] == 1]
    assert len(nodes) == inner_nodes(records)


def test_keys_and_hashes_have_one_size() -> None:
    pages = Pages()
    for key, value_hash in [(b"short", EMPTY), (EMPTY, b""), (EMPTY + b"x", EMPTY)]:
        with pytest.raises(ValueError, match="32 bytes"):
            statetree.update(pages, {key: value_hash})
        with pytest.raises(ValueError, match="32 bytes"):
            statetree.build([(key, value_hash)])
    with pytest.raises(ValueError, match="twice"):
        statetree.build([(EMPTY, EMPTY), (EMPTY, h(b""))])
    with pytest.raises(ValueError, match="32 bytes"):
        statetree.prove(pages, b"short")


def test_broken_pages_are_faults() -> None:
    records = vector_records(VECTORS["cases"][-1])
    key = next(iter(records))
    whole = tree_of(records)
    path = key.hex()[:1].encode()
    broken = [
        {p: page for p, page in whole.items() if p != path},
        {**whole, path: whole[path][:-1]},
        {**whole, path: whole[path] + b"\x00"},
        {**whole, path: b"\xff" + whole[path][1:]},
        {**whole, path: b"\xc0\x00\x00\x00" + bytes(96)},
        {**whole, path: b""},
    ]
    for pages in map(Pages, broken):
        with pytest.raises(StatePageBroken) as update_fault:
            statetree.update(pages, {key: EMPTY})
        with pytest.raises(StatePageBroken) as proof_fault:
            statetree.prove(pages, key)
        assert update_fault.value.code == proof_fault.value.code == "state.page_broken"
        assert update_fault.value.facts["path"] == path.decode()


def test_a_record_on_a_foreign_page_is_a_named_fault() -> None:
    """Its key and the new one differ before the page only, so no page below could part them."""
    ones = tree_of({b"\x10" + bytes(31): EMPTY, b"\x11" + bytes(31): EMPTY})
    zeros = tree_of({bytes(31) + b"\x01": EMPTY, b"\x01" + bytes(31): EMPTY})
    with pytest.raises(StatePageBroken) as fault:
        statetree.update(Pages({**zeros, b"0": ones[b"1"]}), {bytes(32): EMPTY})
    assert fault.value.facts["path"] == "0" and "foreign" in fault.value.message


# --- proofs -------------------------------------------------------------------------------

_SMALL = {det(i): det(i, 5) for i in range(40)} | {EMPTY: b"zero", bytes(31) + b"\x01": b"one"}
_STRANGERS = [(key, statetree.prove(tree_of(_SMALL), key)) for key in map(det, range(100, 200))]
_OTHER_KEY = next(key for key, proof in _STRANGERS if proof.other)
_EMPTY_KEY = next(key for key, proof in _STRANGERS if not proof.other)
_STATEMENTS = {
    "present": (det(3), _SMALL[det(3)]),
    "present, deep": (EMPTY, b"zero"),
    "absent, nothing there": (_EMPTY_KEY, None),
    "absent, another record": (_OTHER_KEY, None),
    "absent, deep": (bytes(30) + b"\x01\x00", None),
}


def accepted(root: bytes, key: bytes, value: bytes | None, encoded: bytes) -> bool:
    try:
        statetree.verify(root, key, value, Proof.decode(encoded))
    except (StateProofInvalid, StateProofMalformed):
        return False
    return True


@pytest.mark.parametrize("name", _STATEMENTS)
def test_every_altered_byte_is_refused(name: str) -> None:
    key, value = _STATEMENTS[name]
    pages = tree_of(_SMALL)
    root = statetree.root(pages)
    proof = statetree.prove(pages, key).encode()
    assert accepted(root, key, value, proof)
    for i in range(len(proof)):
        for flip in (1, 2, 16, 128, 255):
            bad = proof[:i] + bytes([proof[i] ^ flip]) + proof[i + 1 :]
            assert not accepted(root, key, value, bad)
        assert not accepted(root, key, value, proof[:i])
    assert not accepted(root, key, value, proof + b"\x00")
    for i in range(32):
        bad_root = root[:i] + bytes([root[i] ^ 1]) + root[i + 1 :]
        assert not accepted(bad_root, key, value, proof)


@pytest.mark.parametrize("name", _STATEMENTS)
def test_every_altered_bit_of_a_present_key_is_refused(name: str) -> None:
    key, value = _STATEMENTS[name]
    pages = tree_of(_SMALL)
    root, proof = statetree.root(pages), statetree.prove(pages, key)
    depth = len(proof.siblings)
    for bit in range(256):
        near = (int.from_bytes(key) ^ 1 << (255 - bit)).to_bytes(32)
        if value is None and bit >= depth:
            continue  # below the end of the way the same proof speaks of all keys
        with pytest.raises(StateProofInvalid):
            statetree.verify(root, near, value, proof)


def test_proofs_of_the_empty_and_the_one_record_tree() -> None:
    key, other = det(1), det(2)
    empty, one = Pages(), tree_of({key: b"a"})
    assert statetree.prove(empty, key) == Proof(())
    statetree.verify(EMPTY, key, None, Proof(()))
    assert statetree.prove(one, key) == Proof(())
    statetree.verify(leaf(key, b"a"), key, b"a", Proof(()))
    assert statetree.prove(one, other) == Proof((), (key, h(b"a")))
    statetree.verify(leaf(key, b"a"), other, None, Proof((), (key, h(b"a"))))


def refused(root: bytes, key: bytes, value: bytes | None, proof: Proof) -> None:
    with pytest.raises(StateProofInvalid) as caught:
        statetree.verify(root, key, value, proof)
    assert caught.value.code == "proof.state_invalid"


def test_shapes_that_no_tree_has_are_refused_even_where_the_hashes_fit() -> None:
    low, high, s = EMPTY, b"\x80" + bytes(31), det(9)
    lone = leaf(low, b"v")
    # a lone record, or nothing, below a node whose other side is empty
    refused(h(b"\x01" + lone + EMPTY), low, b"v", Proof((EMPTY,)))
    refused(h(b"\x01" + EMPTY + EMPTY), low, None, Proof((EMPTY,)))
    # the 'other' record is the record itself
    refused(lone, low, None, Proof((), (low, h(b"v"))))
    # the 'other' record does not lie on the key's way
    refused(h(b"\x01" + s + lone), high, None, Proof((s,), (low, h(b"v"))))
    # an 'other' record beside a present one
    refused(lone, low, b"v", Proof((), (high, h(b"v"))))
    # nothing there, under a root that is not the empty one
    refused(lone, high, None, Proof(()))
    # halves of other lengths that hash alike, and more levels than a key has bits
    joined = low + h(b"v")
    refused(h(b"\x00" + joined), high, None, Proof((), (joined[:31], joined[31:])))
    refused(h(b"\x01" + lone + s + s), low, b"v", Proof((s + s,)))
    refused(EMPTY, low, b"v", Proof((s,) * 257))
    refused(EMPTY, low + b"\x00", None, Proof(()))
    refused(lone[:31], low, b"v", Proof(()))


def test_proof_bytes_have_one_form() -> None:
    proof = Proof((EMPTY, det(1), EMPTY, det(2)), (det(3), det(4)))
    data = proof.encode()
    assert data == b"\x00\x04\x50" + det(1) + det(2) + det(3) + det(4)
    assert Proof.decode(data) == proof
    spelled_out = b"\x00\x04\xd0" + EMPTY + data[3:]
    padded = b"\x00\x04\x58" + det(0) + data[3:]
    too_many = (257).to_bytes(2) + bytes(33)
    for bad in (b"", b"\x00", b"\x00\x01", spelled_out, padded, too_many, data[:-1]):
        with pytest.raises(StateProofMalformed) as caught:
            Proof.decode(bad)
        assert caught.value.code == "proof.state_malformed"
    full = Proof((det(1),) * 256)
    assert Proof.decode(full.encode()) == full


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_hostile_proof_bytes_meet_only_refusals(data: bytes) -> None:
    assert not accepted(det(0), det(1), None, data)


# --------------------------------------------------------------------------- in key order


@given(st.dictionaries(_keys, st.binary(max_size=3), max_size=40))
def test_records_in_key_order_give_the_same_tree(records):
    pages: dict[bytes, bytes] = {}
    order: list[bytes] = []

    def put(path: bytes, page: bytes) -> None:
        assert path not in pages
        order.append(path)
        pages[path] = page

    found = statetree.build_sorted(((key, h(records[key])) for key in sorted(records)), put)
    assert found == oracle(records)
    assert pages == tree_of(records)
    assert not records or order[-1] == b""


def test_records_in_key_order_are_not_held():
    held = most = 0

    def records():
        nonlocal held, most
        for i in range(20_000):
            held += 1
            most = max(most, held)
            yield i.to_bytes(2) + bytes(30), h(b"%d" % i)

    def put(path: bytes, page: bytes) -> None:
        nonlocal held
        if len(path) == 3:  # sixteen records at most lie below
            held = 0

    statetree.build_sorted(records(), put)
    assert most < 40


@pytest.mark.parametrize("keys", [(2, 1), (1, 1)])
def test_keys_that_do_not_rise_are_refused(keys):
    with pytest.raises(ValueError, match="rise"):
        statetree.build_sorted([(bytes([k]) * 32, bytes(32)) for k in keys], lambda *_: None)
