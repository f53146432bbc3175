"""Blocks with deployments and calls: importer, template builder, reorganisations."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from chain import queries, service
from core.receipt import OK, OUT_OF_GAS, REVERTED
from core.tx import SignedTx
from execution.vm.codes import CODES
from mining import template
from mining.nonces import search_range
from mining.template import Base, Wishes
from pq import addresses
from pq.signing import PrivateKey
from tests.execution.vm.sources import BANK, CALLER, unsigned
from tests.support import (
    ChainBuilder,
    Made,
    dump_database,
    fast_network,
    import_all,
    key,
    new_importer,
    sign,
    transfer,
    wipe_database,
)

pytestmark = pytest.mark.django_db

NETWORK = fast_network()
BUILDER = ChainBuilder(NETWORK)
SLOW = 60_000
ALICE, BOB, MAKER = key(1), key(2), key(3)
BANK_AT = addresses.of_contract(ALICE.address, 0)
CALLER_AT = addresses.of_contract(ALICE.address, 1)


def act(kind: str, sender: PrivateKey, nonce: int, to: bytes, *args: Any, **more: Any) -> SignedTx:
    more = {"gas": 2_000_000, "max_fee": 100_000, **more}
    return sign(unsigned(kind, sender.address, to, *args, nonce=nonce, **more), sender)


def first_block() -> Made:
    """Two contracts."""
    txs = [act("deploy", ALICE, 0, BANK), act("deploy", ALICE, 1, CALLER)]
    return BUILDER.make(BUILDER.genesis, txs, interval_ms=SLOW)


def busy(parent: Made, amount: int) -> Made:
    """A block in which calls succeed, fail, run out of gas, and money moves besides."""
    alice = parent.account(ALICE.address).nonce
    bob = parent.account(BOB.address).nonce
    txs = [
        act("call", ALICE, alice, BANK_AT, "pay", value=amount),
        act("call", BOB, bob, BANK_AT, "fail", value=0),
        act("call", BOB, bob + 1, BANK_AT, "spin", gas=200_000),
        transfer(BOB, MAKER.address, 5, nonce=bob + 2, max_fee=100_000),
        act("call", ALICE, alice + 1, CALLER_AT, "pass_on", BANK_AT, "pay", 3, value=4),
        act("call", ALICE, alice + 2, BANK_AT, "take", 1),
        act("call", BOB, bob + 3, BANK_AT, "take", 1),
        act("deploy", BOB, bob + 4, b"nonsense"),
        act("call", BOB, bob + 5, BANK_AT, "clear"),
        act("call", ALICE, alice + 3, BANK_AT, "clear"),
    ]
    return BUILDER.make(parent, txs, interval_ms=SLOW)


STATUSES = [
    OK, REVERTED, OUT_OF_GAS, OK, OK, OK, REVERTED, REVERTED, OK, OK,
]  # fmt: skip


def check_state(tip: Made) -> None:
    assert service.head().hash == tip.hash
    wanted = {k: v for k, v in tip.records.items() if k[0] in ("account", "code", "storage")}
    assert service.reader().get_many(list(wanted)) == wanted
    service.verify_state()


def test_contracts_that_fail_do_not_stop_a_block():
    first = first_block()
    second = busy(first, 100)
    receipts = second.effects.receipts[:-1]
    assert [receipt.status for receipt in receipts] == STATUSES
    importer = new_importer(NETWORK)
    CODES.clear()
    assert import_all(importer, [first, second]) == ["added", "added"]
    check_state(second)
    for tx, receipt in zip(second.block.txs, receipts, strict=True):
        found = queries.outcome(tx.txid)
        assert found is not None
        assert found.receipt == receipt
    assert second.account(BANK_AT).balance == 102
    assert second.account(CALLER_AT).balance == 1


def test_a_reorganisation_takes_contracts_back_and_brings_others():
    first = first_block()
    left = [busy(first, 100)]
    left.append(busy(left[-1], 7))
    right = [busy(first, 50)]
    for amount in (20, 9):
        right.append(busy(right[-1], amount))
    for _ in range(2):
        left.append(BUILDER.make(left[-1], [], interval_ms=SLOW))
    importer = new_importer(NETWORK)
    import_all(importer, [first, *left[:2]])
    check_state(left[1])
    assert import_all(importer, right) == ["side", "side", "reorg"]
    check_state(right[-1])
    assert import_all(importer, left[2:]) == ["side", "reorg"]
    check_state(left[-1])
    kept = dump_database(best_chain_only=True)
    wipe_database()
    import_all(new_importer(NETWORK), [first, *left])
    assert dump_database(best_chain_only=True) == kept


def test_the_contract_itself_can_be_taken_back():
    alone = BUILDER.make(BUILDER.genesis, [act("deploy", ALICE, 0, BANK)], interval_ms=SLOW)
    other = BUILDER.grow(BUILDER.genesis, 2, interval_ms=SLOW)
    importer = new_importer(NETWORK)
    import_all(importer, [alone])
    check_state(alone)
    assert import_all(importer, other) == ["side", "reorg"]
    check_state(other[-1])
    assert service.reader().get_many(list(set(alone.records) - set(other[-1].records))) == {}


def test_a_template_runs_contracts_and_imports():
    importer = new_importer(NETWORK)
    first = first_block()
    import_all(importer, [first])
    wanted = busy(first, 100)
    parent = service.head().header
    base = Base(
        network=NETWORK,
        parent=parent,
        grandparent=BUILDER.genesis.header,
        reader=service.reader(),
        stage=lambda changes: service.stage_state(changes).root,
        lineage=service.ancestors(parent.height),
    )
    wishes = Wishes(key(0).address, b"", wanted.header.time)
    made = template.build(base, wishes, list(wanted.block.txs))
    assert made.skipped == ()
    assert made.block.header.roots == wanted.header.roots
    assert made.block.header.gas_used == wanted.header.gas_used
    nonce = search_range(made.seal_prefix, 0, 100_000, made.threshold)
    assert nonce is not None
    CODES.clear()
    assert importer.import_block(made.sealed(nonce).raw, source="miner").outcome == "added"


def test_a_call_may_need_what_an_earlier_one_of_the_block_made():
    at = addresses.of_contract(BOB.address, 0)
    txs = [
        act("deploy", BOB, 0, BANK),
        act("call", ALICE, 0, at, "turn"),
        act("call", BOB, 1, at, "turn", 5),
    ]
    made = BUILDER.make(BUILDER.genesis, txs, interval_ms=SLOW)
    assert [receipt.ret[-1] for receipt in made.effects.receipts[1:3]] == [4, 9]
    assert import_all(new_importer(NETWORK), [made]) == ["added"]
    check_state(made)


def test_a_call_sees_the_block_that_it_is_in():
    first = first_block()
    made = BUILDER.make(first, [act("call", ALICE, 2, BANK_AT, "seen")], interval_ms=SLOW)
    ret = made.effects.receipts[0].ret
    numbers = [int.from_bytes(item) for item in cbor2.loads(ret)[2:]]
    assert numbers == [2, made.header.time, NETWORK.chain]
    assert import_all(new_importer(NETWORK), [first, made]) == ["added", "added"]
