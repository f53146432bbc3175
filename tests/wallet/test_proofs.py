from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from core.errors import EncodingRefused
from core.exact import target
from core.statetree import StateProofInvalid
from pq.signing import from_seed
from tests.wallet.played import (
    CHAIN,
    Pages,
    account_record,
    header_over,
    proof_answer,
    sealed,
)
from wallet.errors import HeaderUnproven, NodeAnswerInvalid
from wallet.proofs import verify_account, verify_record, work_of

REFUSALS = (HeaderUnproven, StateProofInvalid, EncodingRefused, NodeAnswerInvalid)
ADDRESSES = [from_seed(bytes([n]) * 32).address for n in range(12)]
PRESENT, ABSENT = ADDRESSES[0], from_seed(bytes(range(32))).address
STORED_KEY = b"\x41\x07"

RECORDS = {("account", a): account_record(n, 10**9 + n) for n, a in enumerate(ADDRESSES)}
PAGES = Pages({**RECORDS, ("key", PRESENT): STORED_KEY})
HEADER = sealed(header_over(PAGES.root))


def answer(address: bytes) -> dict:
    return proof_answer(PAGES, HEADER, "account", address)


@pytest.mark.parametrize(("nonce", "address"), list(enumerate(ADDRESSES)))
def test_a_present_account_is_proven(nonce, address):
    account = verify_account(answer(address), address, chain=CHAIN)
    assert account.present
    assert (account.nonce, account.balance, account.code) == (nonce, 10**9 + nonce, None)
    assert account.header == HEADER


def test_an_absent_account_is_proven_empty():
    account = verify_account(answer(ABSENT), ABSENT, chain=CHAIN)
    assert not account.present
    assert (account.nonce, account.balance) == (0, 0)


def test_any_record_can_be_proven():
    view = proof_answer(PAGES, HEADER, "key", PRESENT)
    assert verify_record(view, "key", PRESENT, chain=CHAIN).value == STORED_KEY
    absent = proof_answer(PAGES, HEADER, "code", bytes(32))
    assert verify_record(absent, "code", bytes(32), chain=CHAIN).value is None


@pytest.mark.parametrize("address", [PRESENT, ABSENT], ids=["present", "absent"])
@pytest.mark.parametrize("field", ["header", "blockHash", "key", "value", "proof"])
def test_any_altered_byte_fails(address, field):
    view = answer(address)
    if view[field] is None:
        pytest.skip("an absent record has no value")
    original = bytes.fromhex(view[field][2:])
    for place in range(len(original)):
        for bit in (0x01, 0x80):
            altered = bytearray(original)
            altered[place] ^= bit
            view[field] = "0x" + altered.hex()
            with pytest.raises(REFUSALS):
                verify_account(view, address, chain=CHAIN)


@pytest.mark.parametrize("address", [PRESENT, ABSENT], ids=["present", "absent"])
@pytest.mark.parametrize("field", ["header", "blockHash", "key", "value", "proof"])
@pytest.mark.parametrize("change", ["missing", None, 5, "", "0x", "0xzz", "0X00", "cut", "longer"])
def test_any_altered_field_fails(address, field, change):
    view = answer(address)
    original = copy.copy(view)
    if change == "missing":
        del view[field]
    elif change in ("cut", "longer") and view[field]:
        view[field] = view[field][:-2] if change == "cut" else view[field] + "00"
    else:
        view[field] = change
    if view == original:
        pytest.skip("null is right for an absent record")
    with pytest.raises(REFUSALS):
        verify_account(view, address, chain=CHAIN)


@pytest.mark.parametrize("height", [6, 8, None, "x"])
def test_another_height_fails(height):
    with pytest.raises(REFUSALS):
        verify_account({**answer(PRESENT), "height": height}, PRESENT, chain=CHAIN)


def test_a_present_account_cannot_be_proven_absent_nor_another():
    view = answer(PRESENT)
    with pytest.raises(StateProofInvalid):
        verify_account({**view, "value": None}, PRESENT, chain=CHAIN)
    with pytest.raises(StateProofInvalid):
        verify_account(view, ADDRESSES[1], chain=CHAIN)
    moved = {**view, "key": answer(ADDRESSES[1])["key"]}
    with pytest.raises(StateProofInvalid):
        verify_account(moved, ADDRESSES[1], chain=CHAIN)


def test_another_balance_with_its_own_tree_needs_its_own_seal():
    forged = Pages({**RECORDS, ("account", PRESENT): account_record(0, 2**63)})
    unsealed = replace(HEADER, roots=replace(HEADER.roots, state=forged.root))
    goal = target(unsealed.theta)
    unsealed = sealed(unsealed, meets=lambda draw: draw >= goal)
    with pytest.raises(HeaderUnproven):
        verify_account(proof_answer(forged, unsealed, "account", PRESENT), PRESENT, chain=CHAIN)


def with_header(header):
    return proof_answer(PAGES, header, "account", PRESENT)


def test_the_seal_is_judged_by_theta_less_psi():
    base = header_over(PAGES.root, theta=5_000_000, psi=3_500_000)
    low, high = target(5_000_000), target(1_500_000)
    helped = sealed(base, meets=lambda draw: low <= draw < high)
    assert verify_account(with_header(helped), PRESENT, chain=CHAIN).present
    missed = sealed(base, meets=lambda draw: draw >= high)
    with pytest.raises(HeaderUnproven):
        verify_account(with_header(missed), PRESENT, chain=CHAIN)


@pytest.mark.parametrize(("theta", "psi"), [(0, 0), (5, 9), (2_000_000, 2_000_000), (999_999, 0)])
def test_a_header_that_no_network_allows_is_refused_though_any_draw_meets_it(theta, psi):
    free = sealed(header_over(PAGES.root, theta=theta, psi=psi), meets=lambda draw: draw < 2**254)
    with pytest.raises(HeaderUnproven):
        verify_account(with_header(free), PRESENT, chain=CHAIN)


def test_another_chain_is_refused():
    with pytest.raises(HeaderUnproven):
        verify_account(answer(PRESENT), PRESENT, chain=1)


def test_genesis_is_believed_only_by_its_hash():
    genesis = header_over(PAGES.root, height=0)
    view = with_header(genesis)
    for trusted in (None, bytes(32)):
        with pytest.raises(HeaderUnproven):
            verify_account(view, PRESENT, chain=CHAIN, genesis=trusted)
    assert verify_account(view, PRESENT, chain=CHAIN, genesis=genesis.hash).present


def test_a_record_that_is_no_account_is_refused():
    pages = Pages({("account", PRESENT): b"\xa0"})
    view = proof_answer(pages, sealed(header_over(pages.root)), "account", PRESENT)
    with pytest.raises(StateProofInvalid):
        verify_account(view, PRESENT, chain=CHAIN)


@pytest.mark.parametrize("view", [None, [], "x", 5, {}])
def test_an_answer_of_another_shape_is_refused(view):
    with pytest.raises(NodeAnswerInvalid):
        verify_account(view, PRESENT, chain=CHAIN)


def test_the_work_of_a_header_is_what_its_seal_is_expected_to_cost():
    assert work_of(header_over(bytes(32), theta=2_000_000)) == 7  # e^2 = 7.389
    assert work_of(header_over(bytes(32), theta=9_000_000, psi=2_000_000)) == 1096  # e^7
    assert work_of(header_over(bytes(32), theta=0)) == 1
