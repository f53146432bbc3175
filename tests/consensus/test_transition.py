"""What a block does to money, by hand; and that the system receipt tells every nANM of it."""

from __future__ import annotations

from hashlib import sha3_256

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.rules.genesis import genesis_records
from consensus.rules.transition import (
    KINDS,
    BlockEnv,
    BlockExecution,
    touched_records,
)
from core.errors import TxRefused
from core.network import Network
from core.tx import SignedTx, UnsignedTx, Witness
from execution.accounts import Account
from execution.view import View
from pq import addresses
from tests.support import DictState, fast_network

PEOPLE = [b"\x10\x03" + bytes([n]) * 32 for n in range(5)]
TREASURY, AICF = addresses.of_system("treasury"), addresses.of_system("aicf")
START = 10**13
NETWORK = fast_network(accounts=0)
GENESIS = {("account", address): Account(0, START).encode() or b"" for address in PEOPLE}
GENESIS |= genesis_records(NETWORK)


def transfer(sender: int, to: int, value: int, nonce: int, max_fee: int, max_tip: int) -> SignedTx:
    body = {"to": PEOPLE[to], "value": value}
    unsigned = UnsignedTx(1, "transfer", PEOPLE[sender], nonce, 100_000, max_fee, max_tip, body)
    return SignedTx(unsigned, Witness(0x1003, b"s"))


def env(coinbase: bytes, height: int = 1, base_fee: int = 7) -> BlockEnv:
    return BlockEnv(height, coinbase, NETWORK.at(0).params.gas_limit, base_fee, 1, 0)


def execute(txs: list[SignedTx], where: BlockEnv, network: Network = NETWORK):
    view = View(DictState(GENESIS))
    execution = BlockExecution(view, where, network)
    for tx in txs:
        execution.run(tx, KINDS["transfer"](tx.unsigned.body))
    return execution.finish(), execution.gas_used


def balances(effects) -> dict[bytes, int]:
    after = {**GENESIS, **effects.changes}
    return {
        address: cbor2.loads(value)["balance"]
        for (module, address), value in after.items()
        if module == "account" and value is not None
    }


def events(effects) -> list[tuple[str, bytes, dict]]:
    names = {sha3_256(name.encode()).digest(): name for name in ("credit", "burn", "tune")}
    system = effects.receipts[-1]
    assert (system.status, system.gas_used, system.ret) == (0, 0, b"")
    return [(names[log.topics[0]], log.address, cbor2.loads(log.data)) for log in system.logs]


steps = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 4), st.integers(0, 10**11), st.integers(7, 90),
        st.integers(0, 7),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60)
@given(steps, st.sampled_from([*PEOPLE, b"\x10\x03" + b"z" * 32]), st.integers(1, 400))
def test_money_of_a_block_to_the_last_unit(moves, coinbase, height):
    nonces, txs = [0] * 5, []
    expected = dict.fromkeys(PEOPLE, START)
    base_total = tip_total = gas_total = 0
    for sender, to, value, max_fee, max_tip in moves:
        tx = transfer(sender, to, value, nonces[sender], max_fee, max_tip)
        nonces[sender] += 1
        txs.append(tx)
        gas = 6_000 + 10 * (len(cbor2.dumps(tx.unsigned.to_map(), canonical=True)) + 3_400) + 3_000
        price = min(max_fee, 7 + max_tip)
        expected[PEOPLE[sender]] -= value + gas * price
        expected[PEOPLE[to]] += value
        base_total += gas * 7
        tip_total += gas * (price - 7)
        gas_total += gas
    subsidy = 10**10
    for _ in range((height - 1) // 50):
        subsidy = subsidy * 875_000 // 10**6
    subsidy = max(subsidy, 10**7)

    def ppm(amount: int, share: int) -> int:
        return amount * share // 10**6

    unminted = ppm(subsidy, 200_000)
    fund = ppm(subsidy, 150_000) + ppm(base_total, 250_000) + ppm(tip_total, 100_000)
    treasury = ppm(subsidy, 50_000) + ppm(base_total, 250_000)
    minted_producer = subsidy - unminted - ppm(subsidy, 150_000) - ppm(subsidy, 50_000)
    producer = minted_producer + tip_total - ppm(tip_total, 100_000)
    burnt = base_total - 2 * ppm(base_total, 250_000)
    for address, amount in ((coinbase, producer), (AICF, fund), (TREASURY, treasury)):
        if amount:
            expected[address] = expected.get(address, 0) + amount

    effects, gas_used = execute(txs, env(coinbase, height))
    assert gas_used == gas_total == sum(r.gas_used for r in effects.receipts)
    assert (effects.minted, effects.burnt) == (subsidy - unminted, burnt)
    assert balances(effects) == expected
    assert sum(expected.values()) == 5 * START + effects.minted - effects.burnt

    told = events(effects)
    credits_: dict[bytes, int] = {}
    for name, _, data in told:
        if name == "credit":
            credits_[data["to"]] = credits_.get(data["to"], 0) + data["amount"]
    paid = {coinbase: producer, AICF: fund, TREASURY: treasury}
    assert credits_ == {address: amount for address, amount in paid.items() if amount}
    assert sum(data["amount"] for name, _, data in told if name == "burn") == burnt
    for name, account, data in told:
        if name == "tune":
            assert (account, height % 10) == (TREASURY, 0)
            continue
        assert account == (AICF if data.get("to") == AICF else TREASURY)
        assert data["source"] in ("baseFee", "tip", "subsidy")
        assert data["amount"] > 0
        assert set(data) == (
            {"to", "amount", "source"} if name == "credit" else {"amount", "source"}
        )


def test_the_coinbase_is_paid_at_the_end_only():
    """A producer cannot spend in the block what the block pays it."""
    poor = b"\x10\x03" + b"p" * 32
    unsigned = UnsignedTx(1, "transfer", poor, 0, 100_000, 7, 0, {"to": PEOPLE[0], "value": 1})
    with pytest.raises(TxRefused) as caught:
        execute([SignedTx(unsigned, Witness(0x1003, b"s"))], env(poor))
    assert caught.value.code == "tx.insufficient_funds"


def test_gas_left_shrinks_with_each_transaction():
    where = BlockEnv(1, PEOPLE[0], 120_000, 7, 1, 0)
    one = transfer(1, 2, 5, 0, 9, 0)
    two = transfer(2, 3, 5, 0, 9, 0)
    with pytest.raises(TxRefused) as caught:
        execute([one, two], where)
    assert caught.value.code == "tx.gas_above_limit"
    execution = BlockExecution(View(DictState(GENESIS)), where, NETWORK)
    execution.run(one, KINDS["transfer"](one.unsigned.body))
    with pytest.raises(TxRefused):
        execution.run(two, KINDS["transfer"](two.unsigned.body))
    left_alone, _ = execute([one], where)
    assert execution.finish() == left_alone, "a refused transaction leaves no trace"


def test_charges_tell_what_each_transaction_paid():
    txs = [transfer(1, 2, 5, 0, 9, 1), transfer(2, 3, 5, 0, 7, 7)]
    effects, _ = execute(txs, env(PEOPLE[0]))
    gas = [receipt.gas_used for receipt in effects.receipts[:-1]]
    assert [charge.price for charge in effects.charges] == [8, 7]
    assert [charge.base_fee_paid for charge in effects.charges] == [7 * used for used in gas]
    assert [charge.tip_paid for charge in effects.charges] == [gas[0], 0]


def test_an_empty_block_pays_its_subsidy():
    effects, gas_used = execute([], env(PEOPLE[0]))
    assert (gas_used, effects.burnt, effects.minted) == (0, 0, 8 * 10**9)
    assert len(effects.receipts) == 1
    assert [name for name, _, _ in events(effects)] == ["credit"] * 3


def test_what_a_block_touches_is_all_it_reads():
    txs = [transfer(1, 2, 5, 0, 9, 1), transfer(2, 9 % 5, 5, 0, 9, 1)]
    state = DictState(GENESIS)
    view = View(state)
    where = env(b"\x10\x03" + b"c" * 32)
    bodies = [KINDS["transfer"](tx.unsigned.body) for tx in txs]
    view.prefetch(touched_records(where, txs, bodies))
    state.reads.clear()
    execution = BlockExecution(view, where, NETWORK)
    for tx, body in zip(txs, bodies, strict=True):
        execution.run(tx, body)
    execution.finish()
    assert state.reads == []


def test_changes_name_only_what_changed():
    effects, _ = execute([transfer(1, 1, 5, 0, 7, 0)], env(PEOPLE[0]))
    assert set(effects.changes) == set(effects.previous)
    assert set(effects.changes) == {
        ("account", address) for address in (PEOPLE[0], PEOPLE[1], AICF, TREASURY)
    }
    assert effects.previous["account", AICF] is None
    assert effects.previous["account", PEOPLE[1]] == GENESIS["account", PEOPLE[1]]
