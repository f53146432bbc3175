from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hashing import sha3
from core.tx import SignedTx
from execution.errors import InsufficientFunds, KeyMismatch, RecipientRefused, TipAboveFee
from pq import signing
from pq.addresses import of_system
from pq.signing import from_seed, generate_slh
from wallet.transactions import Fees, choose_fees, draft_transfer, sign, transfer

ALICE = from_seed(bytes(32))
BOB = from_seed(bytes(range(32)))
FEES = Fees(max_fee=7, max_tip=1)


def a_transfer(key=ALICE, **changes):
    wanted = {"to": BOB.address, "value": 5, "chain": 1337, "nonce": 3, "fees": FEES} | changes
    return transfer(key, **wanted)


def intrinsic(unsigned: bytes, weight: int, pk_bytes: int, keep: bool) -> int:
    """docs/spec/gas.md, written out."""
    transfer_part = 3_000
    kept = 50 * pk_bytes if keep else 0
    return 6_000 + 10 * (len(unsigned) + weight + pk_bytes) + kept + transfer_part


def test_the_first_transaction_brings_the_key_and_has_it_kept():
    tx = a_transfer()
    unsigned, witness = cbor2.loads(tx.raw)
    assert unsigned == {
        "v": 1,
        "chain": 1337,
        "kind": "transfer",
        "from": ALICE.address,
        "nonce": 3,
        "gas": unsigned["gas"],
        "maxFee": 7,
        "maxTip": 1,
        "body": {"to": BOB.address, "value": 5},
        "keep": True,
    }
    encoded = cbor2.dumps(unsigned, canonical=True)
    assert unsigned["gas"] == intrinsic(encoded, 3_400, 1_952, True)
    assert witness["alg"] == 0x1003
    assert witness["pk"] == ALICE.public_key
    txid = sha3(b"animica/tx/v1\x00" + encoded)
    assert tx.txid == txid
    assert signing.verify(0x1003, ALICE.public_key, txid, witness["sig"], b"animica/tx/v1")
    assert not signing.verify(0x1003, ALICE.public_key, txid, witness["sig"], b"")
    assert SignedTx.decode(tx.raw) == tx


def test_a_key_that_is_not_kept_costs_less_now():
    tx = a_transfer(keep=False)
    unsigned, witness = cbor2.loads(tx.raw)
    assert "keep" not in unsigned
    assert witness["pk"] == ALICE.public_key
    encoded = cbor2.dumps(unsigned, canonical=True)
    assert unsigned["gas"] == intrinsic(encoded, 3_400, 1_952, False)


def test_a_stored_key_is_left_out():
    tx = a_transfer(key_stored=True)
    unsigned, witness = cbor2.loads(tx.raw)
    assert "keep" not in unsigned
    assert "pk" not in witness
    assert unsigned["gas"] == intrinsic(cbor2.dumps(unsigned, canonical=True), 3_400, 0, False)


def test_slh_dsa_signs_too():
    key = generate_slh()
    tx = a_transfer(key, until=900)
    assert tx.unsigned.until == 900
    assert tx.witness.alg == 0x1002
    assert signing.verify(0x1002, key.public_key, tx.txid, tx.witness.sig, b"animica/tx/v1")
    assert tx.unsigned.gas == intrinsic(tx.unsigned.encoded, 7_950, 32, True)


@given(
    value=st.integers(0, 2**64 - 1),
    nonce=st.integers(0, 2**64 - 1),
    max_fee=st.integers(1, 2**64 - 1),
    key_stored=st.booleans(),
    keep=st.booleans(),
)
def test_gas_is_the_least_that_covers_its_own_length(value, nonce, max_fee, key_stored, keep):
    draft = draft_transfer(
        sender=ALICE.address,
        to=BOB.address,
        value=value,
        chain=1,
        nonce=nonce,
        fees=Fees(max_fee, 1),
        key_stored=key_stored,
        keep=keep,
    )
    pk_bytes = 0 if key_stored else 1_952
    kept = keep and not key_stored
    gas = draft.unsigned.gas
    assert gas == intrinsic(draft.unsigned.encoded, 3_400, pk_bytes, kept)
    assert draft.greatest_fee == gas * max_fee
    assert draft.greatest_cost == gas * max_fee + value


def test_fees_leave_room_for_a_rising_base_fee():
    assert choose_fees(10) == Fees(21, 1)
    assert choose_fees(10, tip=0) == Fees(20, 0)


def test_what_a_draft_needs_is_required_to_the_last_unit():
    draft = draft_transfer(
        sender=ALICE.address, to=BOB.address, value=5, chain=1, nonce=0, fees=FEES
    )
    draft.require_funds(draft.greatest_cost)
    with pytest.raises(InsufficientFunds) as refusal:
        draft.require_funds(draft.greatest_cost - 1)
    assert refusal.value.facts["required"] == str(draft.greatest_cost)


def test_another_key_cannot_sign():
    draft = draft_transfer(
        sender=ALICE.address, to=BOB.address, value=5, chain=1, nonce=0, fees=FEES
    )
    with pytest.raises(KeyMismatch):
        sign(draft, BOB)


def test_a_recipient_without_a_key_is_refused():
    with pytest.raises(RecipientRefused):
        a_transfer(to=of_system("treasury"))


def test_a_tip_above_the_fee_is_refused():
    with pytest.raises(TipAboveFee):
        a_transfer(fees=Fees(1, 2))
