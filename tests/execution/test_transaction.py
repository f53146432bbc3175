"""Running transactions: charges, value, nonces and kept keys, against plain arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.rules.transition import KINDS
from core import cbor
from core.errors import TxRefused
from core.fields import FieldType
from core.tx import SignedTx, UnsignedTx, Witness
from execution.accounts import Account, decode_key, encode_key
from execution.kinds import Setting
from execution.transaction import apply_tx, touches
from execution.validity import Prices
from execution.view import View
from tests.support import DictState

SETTING = Setting(height=1, time=1_000, chain=1)

PK = b"k" * 1952
PEOPLE = [b"\x10\x03" + bytes([n]) * 32 for n in range(4)]
START = 10**12


def tx(sender: int, to: int, value: int, nonce: int, **changes: object) -> SignedTx:
    fields: dict = {"gas": 200_000, "max_fee": 50, "max_tip": 5, **changes}
    pk = fields.pop("pk", None)
    body = {"to": PEOPLE[to], "value": value}
    unsigned = UnsignedTx(
        chain=1, kind="transfer", sender=PEOPLE[sender], nonce=nonce, body=body, **fields
    )
    return SignedTx(unsigned, Witness(0x1003, b"s", pk))


def view_of(balances: list[int]) -> View:
    return View(
        DictState(
            {
                ("account", address): Account(0, balance).encode() or b""
                for address, balance in zip(PEOPLE, balances, strict=True)
                if balance
            }
        )
    )


def run(view: View, signed: SignedTx, base_fee: int = 10, gas_left: int = 10**9):
    body = KINDS["transfer"](signed.unsigned.body)
    return apply_tx(view, signed, body, Prices(base_fee, 1, gas_left), SETTING)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 3),
            st.integers(0, 3 * 10**11),
            st.integers(1, 60),
            st.integers(0, 60),
            st.integers(60_000, 300_000),
        ),
        max_size=12,
    ),
    st.integers(1, 40),
)
def test_money_moves_and_is_conserved(steps, base_fee):
    """A ledger kept by hand: value, price = base + min(tip, most − base), gas used times price."""
    view = view_of([START] * 4)
    balances, nonces, base_total, tip_total = [START] * 4, [0] * 4, 0, 0
    for sender, to, value, max_fee, max_tip, gas in steps:
        signed = tx(sender, to, value, nonces[sender], gas=gas, max_fee=max_fee, max_tip=max_tip)
        before = view.changes()
        intrinsic = 6_000 + 10 * (len(signed.unsigned.encoded) + 3_400) + 3_000
        price = min(max_fee, base_fee + max_tip)
        sound = (
            max_fee >= base_fee
            and max_tip <= max_fee
            and gas >= intrinsic
            and balances[sender] >= gas * max_fee + value
        )
        if not sound:
            with pytest.raises(TxRefused):
                run(view, signed, base_fee)
            assert view.changes() == before
            continue
        applied = run(view, signed, base_fee)
        assert applied.receipt.status == 0
        assert applied.receipt.gas_used == intrinsic
        assert applied.price == price
        assert applied.base_fee_paid == intrinsic * base_fee
        assert applied.tip_paid == intrinsic * (price - base_fee)
        balances[sender] -= value + intrinsic * price
        balances[to] += value
        nonces[sender] += 1
        base_total += applied.base_fee_paid
        tip_total += applied.tip_paid
    accounts = [view.account(address) for address in PEOPLE]
    assert [account.balance for account in accounts] == balances
    assert [account.nonce for account in accounts] == nonces
    assert sum(balances) + base_total + tip_total == 4 * START


def test_the_whole_balance_may_go():
    signed = tx(0, 1, 0, 0, max_fee=10, max_tip=0)
    intrinsic = 6_000 + 10 * (len(signed.unsigned.encoded) + 3_400) + 3_000
    view = view_of([200_000 * 10, 0, 0, 0])
    run(view, signed)
    assert view.account(PEOPLE[0]) == Account(1, (200_000 - intrinsic) * 10)
    assert view.get("account", PEOPLE[1]) is None, "nothing was sent, so nobody came to be"


def test_a_key_is_kept_only_when_asked():
    view = view_of([START, START, 0, 0])
    run(view, tx(0, 2, 1, 0, pk=PK))
    assert view.get("key", PEOPLE[0]) is None
    run(view, tx(1, 2, 1, 0, pk=PK, keep=True))
    assert decode_key(view.get("key", PEOPLE[1])) == PK
    run(view, tx(0, 2, 1, 1, keep=True))
    assert view.get("key", PEOPLE[0]) is None, "there was no key to keep"


def test_keeping_costs_by_the_byte():
    view = view_of([START, START, 0, 0])
    plain = run(view, tx(0, 2, 1, 0, pk=PK)).receipt.gas_used
    kept = run(view, tx(1, 2, 1, 0, pk=PK, keep=True)).receipt.gas_used
    keep_field = 10 * (len(b"\x64keep") + 1)
    assert kept - plain == 50 * len(PK) + keep_field
    none = run(view, tx(0, 2, 1, 1)).receipt.gas_used
    assert plain - none == 10 * len(PK)


def test_a_stored_key_reads_back():
    assert decode_key(encode_key(PK)) == PK
    assert decode_key(None) is None


@pytest.mark.parametrize("value", [5, 2**40, [1, 2], "key", {}, True])
def test_a_stored_key_is_a_byte_string(value):
    with pytest.raises(FieldType):
        decode_key(cbor.encode(value))


def test_two_in_a_row_spend_the_running_balance():
    view = view_of([10 * 200_000 + 5, 0, 0, 0])
    run(view, tx(0, 1, 5, 0, max_fee=10, max_tip=0))
    with pytest.raises(TxRefused) as caught:
        run(view, tx(0, 1, 5, 1, max_fee=10, max_tip=0))
    assert caught.value.code == "tx.insufficient_funds"
    run(view, tx(0, 1, 5, 1, gas=100_000, max_fee=10, max_tip=0))
    assert view.account(PEOPLE[1]).balance == 10


def test_what_a_transaction_touches_is_all_it_reads():
    signed = tx(0, 1, 5, 0, access=((PEOPLE[2], (b"\x01" * 32,)),))
    body = KINDS["transfer"](signed.unsigned.body)
    view = view_of([START] * 4)
    named = touches(signed, body)
    view.prefetch(named)
    state = view._reader
    assert isinstance(state, DictState)
    state.reads.clear()
    run(view, signed)
    assert state.reads == []
    assert ("storage", PEOPLE[2] + b"\x01" * 32) in named
