"""Every rule on a transaction, by its code, and in the protocol's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import pytest

from consensus.rules.transition import KINDS
from core.errors import AnimicaError
from core.network import Network
from core.tx import SignedTx, UnsignedTx, Witness
from execution.accounts import Account
from execution.validity import (
    Prices,
    check_account,
    check_form,
    check_key,
    check_signature,
    required_balance,
)
from pq import addresses
from tests.support import fast_network, key, sign

NETWORK = fast_network(accounts=0)
HEIGHT = 10
RICH_ENOUGH = Account(nonce=5, balance=100_000 * 20 + 1_000)
PRICES = Prices(base_fee=20, blob_fee=1, gas_left=100_000)


def unsigned(**changes: object) -> UnsignedTx:
    fields: dict = {
        "chain": NETWORK.chain,
        "kind": "transfer",
        "sender": key(1).address,
        "nonce": 5,
        "gas": 100_000,
        "max_fee": 20,
        "max_tip": 3,
        "body": {"to": key(2).address, "value": 1_000},
        "until": HEIGHT,
        **changes,
    }
    return UnsignedTx(**fields)


@dataclass
class Situation:
    """A transaction and all that it is judged by; sound as it stands."""

    changes: dict = field(default_factory=dict)
    brought: bytes | None = key(1).public_key
    stored: bytes | None = None
    network: Network = NETWORK
    account: Account = RICH_ENOUGH
    prices: Prices = PRICES
    break_signature: bool = False
    in_block: bool = True

    @property
    def tx(self) -> SignedTx:
        tx = sign(unsigned(**self.changes), key(1))
        sig = tx.witness.sig
        if self.break_signature:
            sig = bytes([sig[0] ^ 1]) + sig[1:]
        return SignedTx(tx.unsigned, Witness(tx.witness.alg, sig, self.brought))

    def judge(self) -> int:
        """All checks as import makes them; returns the intrinsic gas."""
        tx = self.tx
        body = check_form(tx, self.network, HEIGHT, KINDS)
        check_signature(tx, check_key(tx, self.stored, in_block=self.in_block))
        return check_account(tx, body, self.account, self.prices)

    def code(self) -> str:
        with pytest.raises(AnimicaError) as caught:
            self.judge()
        assert caught.value.facts["field"]
        return caught.value.code


def body(**value: object) -> Callable[[Situation], None]:
    return lambda s: s.changes.update(body=value)


def change(**changes: object) -> Callable[[Situation], None]:
    return lambda s: s.changes.update(changes)


def put(**values: object) -> Callable[[Situation], None]:
    def apply(s: Situation) -> None:
        for name, value in values.items():
            setattr(s, name, value)

    return apply


def price(**values: int) -> Callable[[Situation], None]:
    return lambda s: setattr(s, "prices", replace(s.prices, **values))


def account(**values: Any) -> Callable[[Situation], None]:
    return lambda s: setattr(s, "account", replace(s.account, **values))


CONTRACT = addresses.of_contract(key(1).address, 0)
LATER = replace(NETWORK, alg_from=((0x1003, HEIGHT + 1),))

# In the protocol's order. Faults with one group number cannot be had together.
FAULTS: list[tuple[int, str, Callable[[Situation], None]]] = [
    (1, "tx.wrong_chain", change(chain=1)),
    (2, "tx.kind_unknown", change(kind="gift")),
    (3, "field.missing", body(to=key(2).address)),
    (3, "field.unknown", body(to=key(2).address, value=1, memo="x")),
    (3, "field.type", body(to=key(2).address, value="1")),
    (3, "field.range", body(to=b"short", value=1)),
    (3, "tx.recipient", body(to=CONTRACT, value=1)),
    (4, "tx.blob_fee_unused", change(max_blob_fee=1)),
    (5, "tx.expired", change(until=HEIGHT - 1)),
    (6, "tx.alg_not_allowed", put(network=LATER)),
    (7, "tx.key_missing", put(brought=None, stored=None)),
    (7, "tx.key_superfluous", put(stored=key(1).public_key)),
    (8, "tx.key_mismatch", change(sender=key(3).address)),
    (9, "tx.signature", put(break_signature=True)),
    (10, "tx.nonce_low", account(nonce=6)),
    (10, "tx.nonce_gap", account(nonce=4)),
    (11, "tx.fee_below_base", price(base_fee=21)),
    (12, "tx.tip_above_fee", change(max_tip=21)),
    (13, "tx.gas_below_intrinsic", change(gas=50_000)),
    (14, "tx.gas_above_limit", price(gas_left=49_999)),
    (15, "tx.insufficient_funds", account(balance=999)),
]


def test_a_sound_transaction_passes():
    assert Situation().judge() > 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[1])
def test_each_fault_by_its_code(fault):
    _, code, apply = fault
    situation = Situation()
    apply(situation)
    assert situation.code() == code


PAIRS = [(a, b) for a, b in combinations(FAULTS, 2) if a[0] != b[0]]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda fault: fault[1])
def test_of_two_faults_the_earlier_rule_is_named(first, second):
    situation = Situation()
    second[2](situation)
    first[2](situation)
    assert situation.code() == first[1]


def test_every_refusal_of_the_module_is_in_the_table():
    from execution import errors

    named = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AnimicaError) and kind.code
    }
    assert named <= {code for _, code, _ in FAULTS}


# ------------------------------------------------------------------ the borders of each rule


@pytest.mark.parametrize(
    "apply",
    [
        change(until=HEIGHT),
        change(until=None),
        change(max_tip=20),
        change(max_tip=0),
        price(base_fee=20),
        price(gas_left=100_000),
        account(balance=100_000 * 20 + 1_000),
        body(to=b"\x10\x02" + bytes(32), value=0),
        body(to=key(1).address, value=1_000),
    ],
)
def test_what_is_just_allowed(apply):
    situation = Situation()
    apply(situation)
    assert situation.judge()


def test_gas_at_the_intrinsic_cost():
    """At exactly what it costs it passes, one below it does not."""
    needed = Situation(changes={"gas": 65_000}).judge()  # a gas field of as many bytes
    situation = Situation(changes={"gas": needed})
    assert situation.judge() == needed
    situation.changes["gas"] = needed - 1
    assert situation.code() == "tx.gas_below_intrinsic"


def test_gas_one_above_what_the_block_has_left():
    assert Situation(prices=replace(PRICES, gas_left=99_999)).code() == "tx.gas_above_limit"


def test_balance_one_below_what_is_needed():
    situation = Situation()
    needed = 100_000 * 20 + 1_000
    assert required_balance(situation.tx, KINDS["transfer"](situation.tx.unsigned.body)) == needed
    situation.account = Account(5, needed - 1)
    assert situation.code() == "tx.insufficient_funds"


def test_nothing_wraps():
    top = 2**64 - 1
    situation = Situation(changes={"gas": top, "max_fee": top, "max_tip": 0})
    situation.prices = Prices(20, 1, top)
    situation.account = Account(5, top)
    assert situation.code() == "tx.insufficient_funds"
    situation.changes["body"] = {"to": key(2).address, "value": top}
    assert situation.code() == "tx.insufficient_funds"


@pytest.mark.parametrize("alg", [0x0000, 0x2001, 0x1001, 0xFFFF])
def test_recipients_that_no_key_controls(alg):
    situation = Situation()
    situation.changes["body"] = {"to": alg.to_bytes(2, "big") + bytes(32), "value": 1}
    assert situation.code() == "tx.recipient"


@pytest.mark.parametrize("alg", [0x0000, 0x2001, 0x1001, 0xFFFF])
def test_witness_algorithms_that_do_not_sign(alg):
    tx = Situation().tx
    strange = SignedTx(tx.unsigned, Witness(alg, tx.witness.sig, tx.witness.pk))
    with pytest.raises(AnimicaError) as caught:
        check_form(strange, NETWORK, HEIGHT, KINDS)
    assert caught.value.code == "tx.alg_not_allowed"


def test_key_rules_of_blocks_and_submissions():
    own, other = key(1).public_key, key(2).public_key
    assert Situation(stored=own, brought=None).judge()
    # A submission may carry a key that is stored; a block may not.
    assert Situation(stored=own, brought=own, in_block=False).judge()
    assert Situation(stored=own, brought=own).code() == "tx.key_superfluous"
    assert Situation(stored=own, brought=other, in_block=False).code() == "tx.key_mismatch"
    assert Situation(brought=other).code() == "tx.key_mismatch"
    assert Situation(brought=own[:-1]).code() == "tx.key_mismatch"
    assert Situation(brought=own + b"\x00").code() == "tx.key_mismatch"
    assert Situation(brought=b"").code() == "tx.key_mismatch"


def test_the_other_algorithm_is_a_mismatch():
    """An allowed algorithm that is not the sender's."""
    tx = Situation().tx
    other = SignedTx(tx.unsigned, Witness(0x1002, tx.witness.sig, bytes(32)))
    check_form(other, NETWORK, HEIGHT, KINDS)
    with pytest.raises(AnimicaError) as caught:
        check_key(other, None, in_block=True)
    assert caught.value.code == "tx.key_mismatch"


@pytest.mark.parametrize("size", [0, 1, 3308, 3310])
def test_signatures_of_another_size(size):
    tx = Situation().tx
    wrong = SignedTx(tx.unsigned, Witness(0x1003, bytes(size), tx.witness.pk))
    with pytest.raises(AnimicaError) as caught:
        check_signature(wrong, key(1).public_key)
    assert caught.value.code == "tx.signature"


def test_a_signature_is_of_one_transaction_only():
    one = Situation().tx
    other = sign(unsigned(nonce=6), key(1))
    swapped = SignedTx(one.unsigned, other.witness)
    with pytest.raises(AnimicaError) as caught:
        check_signature(swapped, key(1).public_key)
    assert caught.value.code == "tx.signature"


def test_a_signature_for_another_purpose_is_worthless():
    tx = Situation().tx
    elsewhere = key(1).sign(tx.txid, b"animica/p2p/v1")
    with pytest.raises(AnimicaError) as caught:
        check_signature(SignedTx(tx.unsigned, Witness(0x1003, elsewhere)), key(1).public_key)
    assert caught.value.code == "tx.signature"
