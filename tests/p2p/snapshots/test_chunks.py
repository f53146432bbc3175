"""Chunks and manifests as bytes: one form each, and every one proven or refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import cbor, statetree
from core.errors import EncodingRefused, Refused
from core.hashing import sha3
from core.limits import CODE_BYTES
from core.statetree import FIRST_KEY, LAST_KEY
from p2p.rules import limits
from p2p.rules.snapshots import chunks
from p2p.rules.snapshots.chunks import Piece, pieces, proven
from p2p.rules.snapshots.manifest import Manifest, ManifestInvalid
from tests.p2p.snapshots.states import Pages, keyed, make, records_of, small_chunks
from tests.site.ledgers import chain

HEADER = chain()[20].header


@pytest.fixture
def small(monkeypatch):
    small_chunks(monkeypatch)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 100])
def test_chunks_cover_the_state_once_and_prove_it(small, count):
    made = make(records_of(count), HEADER)
    found, first = {}, FIRST_KEY
    for data in made.chunks:
        piece = proven(data, made.header.roots.state)
        assert piece.first == first and len(piece.records) <= 8
        assert not found.keys() & dict(piece.records).keys()
        found.update(piece.records)
        first = piece.following
    assert first is None and found == made.records
    assert len(made.chunks) == count // 8 + 1
    assert [len(piece.records) for piece in made.pieces[:-1]] == [8] * (count // 8)


def test_a_chunk_ends_where_its_bytes_are_reached(monkeypatch):
    monkeypatch.setattr(limits, "CHUNK_BYTES", 500)
    made = make(records_of(60), HEADER)
    for piece in made.pieces[:-1]:
        sizes = [len(id) + len(value) for (_, id), value in piece.records]
        assert sum(sizes) >= 500 > sum(sizes[:-1])
    for data in made.chunks:
        proven(data, made.header.roots.state)


def test_cutting_can_begin_in_the_middle(small):
    made = make(records_of(40), HEADER)
    third = made.pieces[3]
    rest = [row for row in keyed(made.records) if row[0] >= third.first]
    assert list(pieces(rest, third.first)) == made.pieces[3:]


def test_a_state_that_ends_with_the_highest_key_has_no_chunk_behind_it():
    rows = [(bytes(31) + b"\x01", ("a", b""), b""), (LAST_KEY, ("b", b""), b"")]
    cut = list(pieces(rows * 1))
    assert [piece.last for piece in cut] == [LAST_KEY]
    limits_reached = [(LAST_KEY, ("b", bytes(limits.CHUNK_BYTES)), b"")]
    assert list(pieces(limits_reached)) == [
        Piece(FIRST_KEY, LAST_KEY, ((("b", bytes(limits.CHUNK_BYTES)), b""),))
    ]


def test_the_largest_chunk_has_room_in_its_message():
    """Records of many bytes, the last one as large as any, and the longest proof."""
    heads = 14 * limits.CHUNK_RECORDS
    proof = 1_024 * 65
    assert heads + proof + CODE_BYTES + 4_096 < limits.CHUNK_FRAME_BYTES


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_altered_byte_is_believed(data):
    made = _hundred()
    index = data.draw(st.integers(0, len(made.chunks) - 1))
    whole = bytearray(made.chunks[index])
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        proven(bytes(whole), made.header.roots.state)


_made = {}


def _hundred():
    if not _made:
        _made[0] = make(records_of(100), HEADER)
    return _made[0]


def forged(**changes):
    made = _hundred()
    value = cbor.decode(made.chunks[0], limit=10**6, what="chunk") | changes
    return cbor.encode(value), made


@pytest.mark.parametrize(
    "changes",
    [
        {"first": bytes(31)},
        {"first": LAST_KEY},
        {"first": bytes(31) + b"\x01"},
        {"proof": b"\x00"},
        {"proof": b"\x09"},
        {"records": []},
        {"records": [[1, b"", b""]]},
        {"records": [["", b"", b""]]},
        {"records": [["Account", b"", b""]]},
        {"records": [["a" * 17, b"", b""]]},
        {"records": [["account", "", b""]]},
        {"records": [["account", b"", 5]]},
        {"records": [["account", b""]]},
        {"records": [{"a": 1}]},
        {"records": {"a": 1}},
        {"more": 1},
    ],
)
def test_other_forms_are_refused(changes):
    data, made = forged(**changes)
    with pytest.raises(Refused):
        proven(data, made.header.roots.state)


def test_records_left_out_added_or_moved_are_refused(small):
    made = make(records_of(100), HEADER)
    value = cbor.decode(made.chunks[2], limit=10**6, what="chunk")
    rows = value["records"]
    for other in (
        rows[:-1],
        rows[1:],
        rows[::-1],
        [*rows[:3], *rows[4:]],
        [*rows, rows[-1]],
        [rows[0], *rows],
        [*rows[:-1], ["account", b"\x01" * 34, b"\xa0"]],
    ):
        with pytest.raises(Refused):
            proven(cbor.encode({**value, "records": other}), made.header.roots.state)


@pytest.mark.parametrize("limit", ["records", "bytes"])
def test_a_true_range_that_is_cut_elsewhere_is_no_chunk(monkeypatch, limit):
    """Half a chunk with a true proof, and two chunks in one: a state is cut in one way."""
    if limit == "records":
        small_chunks(monkeypatch)
    else:
        monkeypatch.setattr(limits, "CHUNK_BYTES", 500)
    made = make(records_of(100), HEADER)
    rows = keyed(made.records)
    pages = Pages(statetree.build([(key, sha3(value)) for key, _, value in rows]).pages)
    one = len(made.pieces[0].records)
    for count in (one // 2, one + 1, one + len(made.pieces[1].records)):
        part = rows[:count]
        piece = Piece(FIRST_KEY, part[-1][0], tuple((record, value) for _, record, value in part))
        proof = statetree.prove_range(pages, piece.first, piece.last)
        with pytest.raises(Refused):
            proven(chunks.encode(piece, proof), made.header.roots.state)


def test_a_chunk_of_another_state_is_refused(small):
    one, two = make(records_of(50), HEADER), make(records_of(50, b"other"), HEADER)
    for data in one.chunks:
        with pytest.raises(Refused):
            proven(data, two.header.roots.state)


def test_too_many_records_are_refused_before_they_are_parsed():
    data = cbor.encode(
        {
            "first": FIRST_KEY,
            "proof": b"",
            "records": [["a", b"", b""]] * (limits.CHUNK_RECORDS + 3),
        }
    )
    with pytest.raises(EncodingRefused) as refusal:
        proven(data, bytes(32))
    assert refusal.value.code == "cbor.too_many_items"


def test_too_many_bytes_are_refused():
    with pytest.raises(EncodingRefused) as refusal:
        proven(bytes(chunks.DATA_BYTES + 1), bytes(32))
    assert refusal.value.code == "cbor.too_large"


# ------------------------------------------------------------------ manifests


def test_a_manifest_comes_back_as_it_was():
    manifest = Manifest(HEADER, 3, 20_000, 1_000_000)
    assert Manifest.decode(manifest.encode()) == manifest
    assert len(manifest.encode()) < limits.MANIFEST_BYTES


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"chunks": 0},
        {"chunks": limits.CHUNKS_MOST + 1},
        {"header": b""},
        {"header": chain()[0].header.encoded},
        {"header": 5},
        {"records": b""},
        {"bytes": "1"},
        {"other": 1},
    ],
)
def test_other_manifests_are_refused(changes):
    value = cbor.decode(Manifest(HEADER, 3, 4, 5).encode(), limit=10**4, what="manifest")
    with pytest.raises(EncodingRefused):
        Manifest.decode(cbor.encode(value | changes))


def test_a_manifest_of_genesis_says_why():
    with pytest.raises(ManifestInvalid, match="genesis"):
        Manifest.decode(Manifest(chain()[0].header, 1, 1, 1).encode())
