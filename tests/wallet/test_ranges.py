"""Answers of ``state.getRange``: whole ones pass, altered ones do not."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from core.errors import EncodingRefused
from core.exact import target
from core.hashing import tagged
from core.statetree import FIRST_KEY, LAST_KEY, StateProofInvalid
from core.tags import state
from tests.wallet.played import CHAIN, Pages, account_record, header_over, range_answer, sealed
from wallet.errors import HeaderUnproven, NodeAnswerInvalid
from wallet.ranges import verify_records

REFUSALS = (HeaderUnproven, StateProofInvalid, EncodingRefused, NodeAnswerInvalid)
RECORDS = {("account", bytes([n]) * 34): account_record(n, 10 + n) for n in range(1, 9)}
RECORDS["key", b"\x07" * 34] = b"\x41\x07"
PAGES = Pages(RECORDS)
HEADER = sealed(header_over(PAGES.root))
KEYS = sorted(PAGES.records)
RANGES = {
    "whole": (FIRST_KEY, LAST_KEY, 256),
    "inner": (KEYS[2], KEYS[5], 256),
    "ends early": (KEYS[1], LAST_KEY, 3),
    "none": (
        (int.from_bytes(KEYS[3]) + 1).to_bytes(32),
        (int.from_bytes(KEYS[4]) - 1).to_bytes(32),
        9,
    ),
}


def checked(view, first, last, **more):
    return verify_records(view, first, last, **{"chain": CHAIN, **more})


@pytest.mark.parametrize("name", RANGES)
def test_a_range_is_proven(name):
    first, last, limit = RANGES[name]
    found = checked(range_answer(PAGES, HEADER, first, last, limit), first, last, height=7)
    assert found.header == HEADER and found.first == first
    held = [key for key in KEYS if first <= key <= found.last]
    assert [tagged(state(m), i) for m, i, _ in found.records] == held
    assert all(RECORDS[m, i] == v for m, i, v in found.records)
    assert found.last == (KEYS[3] if name == "ends early" else last)
    after = None if found.last == LAST_KEY else (int.from_bytes(found.last) + 1).to_bytes(32)
    assert found.following == after


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("field", ["header", "blockHash", "first", "last", "proof"])
def test_any_altered_byte_fails(name, field):
    first, last, limit = RANGES[name]
    view = range_answer(PAGES, HEADER, first, last, limit)
    original = bytes.fromhex(view[field][2:])
    for place in range(len(original)):
        for bit in (0x01, 0x80):
            altered = bytearray(original)
            altered[place] ^= bit
            view[field] = "0x" + altered.hex()
            with pytest.raises(REFUSALS):
                checked(view, first, last)


@pytest.mark.parametrize("name", [name for name in RANGES if name != "none"])
def test_any_altered_record_fails(name):
    first, last, limit = RANGES[name]
    view = range_answer(PAGES, HEADER, first, last, limit)
    rows = view["records"]
    changes = [rows[:i] + rows[i + 1 :] for i in range(len(rows))]
    changes += [rows[: i + 1] + rows[i:] for i in range(len(rows))]
    changes += [[*rows[:i], rows[i + 1], rows[i], *rows[i + 2 :]] for i in range(len(rows) - 1)]
    for i, row in enumerate(rows):
        for part in ("module", "id", "value"):
            for value in (None, 5, "", "0x", row[part][:-1] + "f", row[part] + "00"):
                if value != row[part]:
                    changes.append([*rows[:i], {**row, part: value}, *rows[i + 1 :]])
        changes.append([*rows[:i], None, *rows[i + 1 :]])
    changes += [None, {}, rows * 300]
    for changed in changes:
        with pytest.raises(REFUSALS):
            checked({**view, "records": changed}, first, last)


@pytest.mark.parametrize("field", ["header", "blockHash", "height", "first", "last", "proof"])
@pytest.mark.parametrize("change", ["missing", None, -1, "", "0x", "0xzz", "cut", "longer"])
def test_any_altered_field_fails(field, change):
    first, last, limit = RANGES["inner"]
    view = range_answer(PAGES, HEADER, first, last, limit)
    original = copy.copy(view)
    if change == "missing":
        del view[field]
    elif change in ("cut", "longer"):
        text = str(view[field])
        view[field] = text[:-2] if change == "cut" else text + "00"
    else:
        view[field] = change
    assert view != original
    with pytest.raises(REFUSALS):
        checked(view, first, last)


def test_a_page_may_not_stop_but_at_a_record():
    stop = (int.from_bytes(KEYS[3]) + 1).to_bytes(32)
    view = range_answer(PAGES, HEADER, KEYS[1], stop)
    assert checked(view, KEYS[1], stop).last == stop
    with pytest.raises(StateProofInvalid):
        checked(view, KEYS[1], LAST_KEY)
    empty = range_answer(PAGES, HEADER, FIRST_KEY, FIRST_KEY)
    with pytest.raises(StateProofInvalid):
        checked(empty, FIRST_KEY, LAST_KEY)
    beyond = range_answer(PAGES, HEADER, KEYS[1], KEYS[6])
    with pytest.raises(StateProofInvalid):
        checked(beyond, KEYS[1], KEYS[5])


def test_another_range_another_block_another_chain():
    view = range_answer(PAGES, HEADER, KEYS[2], KEYS[5])
    for first, last in ((KEYS[1], KEYS[5]), (KEYS[3], KEYS[5]), (KEYS[2], KEYS[4])):
        with pytest.raises(StateProofInvalid):
            checked(view, first, last)
    for height in (0, 6, 8):
        with pytest.raises(HeaderUnproven):
            checked(view, KEYS[2], KEYS[5], height=height)
    with pytest.raises(HeaderUnproven):
        checked(view, KEYS[2], KEYS[5], chain=1)


def test_a_state_of_ones_own_needs_its_own_seal():
    forged = Pages({**RECORDS, ("account", b"\x01" * 34): account_record(0, 2**63)})
    unsealed = replace(HEADER, roots=replace(HEADER.roots, state=forged.root))
    goal = target(unsealed.theta)
    unsealed = sealed(unsealed, meets=lambda draw: draw >= goal)
    with pytest.raises(HeaderUnproven):
        checked(range_answer(forged, unsealed, FIRST_KEY, LAST_KEY), FIRST_KEY, LAST_KEY)


def test_genesis_is_believed_only_by_its_hash():
    genesis = header_over(PAGES.root, height=0)
    view = range_answer(PAGES, genesis, FIRST_KEY, LAST_KEY)
    for trusted in (None, bytes(32)):
        with pytest.raises(HeaderUnproven):
            checked(view, FIRST_KEY, LAST_KEY, genesis=trusted)
    assert len(checked(view, FIRST_KEY, LAST_KEY, genesis=genesis.hash, height=0).records) == 9


@pytest.mark.parametrize("view", [None, [], "x", 5, {}])
def test_an_answer_of_another_shape_is_refused(view):
    with pytest.raises(NodeAnswerInvalid):
        checked(view, FIRST_KEY, LAST_KEY)
