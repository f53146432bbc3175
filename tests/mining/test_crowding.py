"""Transactions that ask for gas they do not use must not keep others out of blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import cbor2
import pytest

from animica_site import networks
from consensus.rules.transition import KINDS
from core.tx import SignedTx
from execution.gas import intrinsic_gas
from mempool.rules import selection
from mempool.rules.entry import Entry
from mining import assembly, template
from mining.assembly import Assembly
from mining.template import Left
from tests.mining.conftest import ListPool, World, make_world
from tests.mining.test_template import ids, mine
from tests.support import changed

GAS = 1_500_000
SOURCE = b"def spin():\n while True:\n  pass\n"


class TipPool(ListPool):
    """Selects by the pool's own rule."""

    def select(self, *, base_fee, gas, size, taken=(), without=()):
        queues = defaultdict(list)
        for place, tx in enumerate(self.txs):
            body = KINDS[tx.unsigned.kind](tx.unsigned.body)
            queues[tx.unsigned.sender].append(Entry(tx, body, tx.witness.pk or b"", place, 0))
        room = {"base_fee": base_fee, "gas": gas, "size": size}
        chosen = selection.select(queues.values(), **room, taken=taken, without=without)
        return [entry.tx for entry in chosen]


def needed(tx: SignedTx) -> int:
    return intrinsic_gas(tx.unsigned, tx.witness.alg, len(tx.witness.pk or b""))


@pytest.fixture
def world() -> World:
    """A chain with a contract whose calls use all their gas."""
    world = make_world(changed(networks.load("fast"), gas_limit=GAS))
    world.pool = TipPool()
    world.chain.listener = lambda block: world.pool.forget({tx.txid for tx in block.txs})
    body = {"code": SOURCE, "args": cbor2.dumps([]), "value": 0}
    world.pool.txs = [world.transfer(0, 0, kind="deploy", body=body)]
    mine(world, build(world))
    return world


def build(world: World) -> template.Template:
    parts = {"network": world.network, "ledger": world.chain, "pool": world.pool}
    parts |= {"proofs": world.proofs, "clock": world.clock, "coinbase": world.coinbase}
    world.clock.ms += 1_000
    made = Assembly(**parts, extra=b"").build(world.chain.head().header, most=None)
    assert made is not None
    return made


def crowd(world: World) -> tuple[SignedTx, SignedTx]:
    """A call that uses more than its least, one that then does not fit, and a row behind it."""
    accounts = (id for module, id in world.chain.records if module == "account")
    address = next(id for id in accounts if world.chain.account(id).code is not None)
    body = {"to": address, "data": cbor2.dumps(["spin"]), "value": 0}
    burns = world.transfer(0, 1, kind="call", body=body, gas=300_000, max_tip=5)
    unfit = world.transfer(1, 0, gas=GAS - needed(burns), max_tip=4)
    row = [world.transfer(1, nonce, gas=70_000, max_tip=4) for nonce in range(1, 1 + GAS // 60_000)]
    honest = world.transfer(2, 0, gas=80_000, max_tip=1)
    world.pool.txs = [burns, unfit, *row, honest]
    return burns, honest


def test_a_row_behind_what_does_not_fit_keeps_nobody_out(world):
    burns, honest = crowd(world)
    offered = world.pool.select(base_fee=1, gas=GAS, size=10**6)
    assert honest not in offered
    made = build(world)
    assert ids(made.block.txs) == ids([burns, honest])
    assert made.skipped == ()
    mine(world, made)


def test_more_is_asked_for_until_there_is_none(world, monkeypatch):
    burns, honest = crowd(world)
    asked: list[Left] = []

    def more(self, base_fee, left) -> Iterable[SignedTx]:
        asked.append(left)
        return [honest] if len(asked) == 1 else []

    monkeypatch.setattr(assembly.Assembly, "_more", more)
    made = build(world)
    first, second = asked
    assert first.taken == {burns.txid} and second.taken == {burns.txid, honest.txid}
    assert first.without == second.without == {world.keys[1].address}
    assert first.gas == GAS - 300_000
    assert second.gas == GAS - made.block.header.gas_used
    assert first.size - second.size == len(honest.unsigned.encoded) + len(honest.witness.encoded)


def test_a_pool_that_never_ends_is_asked_a_bounded_number_of_times(world, monkeypatch):
    burns, _ = crowd(world)
    asked: list[Left] = []
    monkeypatch.setattr(
        assembly.Assembly, "_more", lambda self, base_fee, left: asked.append(left) or [burns]
    )
    assert ids(build(world).block.txs) == [burns.txid]
    assert len(asked) == template.ROUNDS_MOST
