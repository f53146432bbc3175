"""The miner's own shares: how many it keeps, when it hunts, what becomes of a block too late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from animica_site import networks
from consensus.proof_pool import Candidates
from consensus.rules import shares
from core.block import Block
from core.header import Header
from core.proof import SHARE
from mining.share_collector import ShareCollector
from mining.template import Template
from mining.values import MinerState
from tests.mining.conftest import World, make_world
from tests.mining.test_service import make_miner
from tests.support import changed

PER_BLOCK = networks.load("fast").at(0).poies.shares_per_block


@pytest.fixture
def eager() -> World:
    """A seal takes some thousand draws, a share a few."""
    table = networks.load_table("fast")
    table["params"].update(theta_start_unat=8_000_000, retarget=False)
    offsets = {f"share_offset_{bound}_unat": 4_500_000 for bound in ("start", "min")}
    table["poies"].update(offsets)
    return make_world(networks.parse(table))


def waiting(world: World) -> list[Header]:
    return [shares.decode(one.envelope.body) for one in world.proofs.candidates().proofs]


def included(world: World) -> list[int]:
    """How many shares each block has."""
    return [len(block.envelopes) for block in world.chain.blocks]


def test_on_each_parent_as_many_as_a_block_takes_and_the_next_block_has_them(eager):
    miner = make_miner(eager)
    for height in range(1, 6):
        assert miner.step() == 0
        assert len(waiting(eager)) == PER_BLOCK
        assert {header.height for header in waiting(eager)} == {height}
        assert all(header.coinbase == eager.coinbase for header in waiting(eager))
    assert included(eager) == [0, 0, *[PER_BLOCK] * 4]
    assert miner.stats().shares_found == 5 * PER_BLOCK
    assert all(one.type == SHARE for block in eager.chain.blocks for one in block.envelopes)
    slice_ = eager.network.at(0).params.subsidy_start // 5 // PER_BLOCK
    share_part = eager.chain.account(eager.coinbase).balance - 5 * 6_000_000_000
    assert share_part == 4 * PER_BLOCK * slice_


def share_nonces(made: Template) -> Iterator[int]:
    return (n for n in range(10**6) if made.sealed(n).header.draw < made.share_threshold)


def test_a_refreshed_template_does_not_begin_a_new_count(eager):
    miner = make_miner(eager, collect_shares=False)
    collector = ShareCollector(eager.proofs, eager.network, active=True)
    made = miner._assembly.build(eager.chain.head().header, most=None)
    hunt = collector.hunt(made)
    assert hunt.threshold == made.share_threshold
    wants = [hunt.take(nonce) for nonce in islice(share_nonces(made), PER_BLOCK)]
    assert wants == [True] * (PER_BLOCK - 1) + [False]
    eager.clock.ms += 1_000
    fresh = miner._assembly.build(eager.chain.head().header, most=None)
    assert collector.hunt(fresh) is None
    assert len(fresh.block.envelopes) == PER_BLOCK  # they are siblings of this very block
    miner.step()
    following = miner._assembly.build(eager.chain.head().header, most=None)
    assert collector.hunt(following) is not None


def test_a_share_that_may_not_wait_ends_the_hunt(eager):
    miner = make_miner(eager, collect_shares=False)
    collector = ShareCollector(eager.proofs, eager.network, active=True)
    made = miner._assembly.build(eager.chain.head().header, most=None)
    hunt = collector.hunt(made)
    nonce = next(share_nonces(made))
    assert hunt.take(nonce)
    assert not hunt.take(nonce)  # it waits already
    assert collector.found == 1


@pytest.mark.parametrize("settings", [{"collect_shares": False}, {"block_time_ms": 0}])
def test_no_hunt_where_shares_are_not_wanted(eager, settings):
    miner = make_miner(eager, **settings)
    eager.pool.txs = [eager.transfer(0, 0)]
    miner.step()
    assert eager.chain.head().height == 1
    assert waiting(eager) == []
    assert miner.stats().shares_found == 0


def test_shares_of_others_are_included_nevertheless(eager):
    """Also on demand, where the miner makes none itself."""
    other = make_miner(eager, coinbase=eager.keys[1].address)
    other.step()
    assert len(waiting(eager)) == PER_BLOCK
    miner = make_miner(eager, block_time_ms=0)
    assert miner.step() > 0
    assert miner.stats().state is MinerState.WAITING_TX  # shares alone are no reason for a block
    eager.pool.txs = [eager.transfer(0, 0)]
    miner.step()
    assert included(eager) == [0, 0, PER_BLOCK]


def test_no_hunt_before_the_type_is_active(eager):
    world = make_world(replace(eager.network, proofs_from=((SHARE, 2),)))
    miner = make_miner(world)
    made = miner._assembly.build(world.chain.head().header, most=None)
    assert miner._shares.hunt(made) is None
    miner.step()
    assert waiting(world) == []
    miner.step()
    assert len(waiting(world)) == PER_BLOCK


def test_a_block_that_comes_second_counts_as_a_share(eager):
    miner = make_miner(eager, collect_shares=False)
    importer = Beaten(eager)
    miner._importer = importer
    miner.step()
    [header] = waiting(eager)
    assert header == importer.seen[0]
    assert miner.stats().shares_found == 1


class Beaten:
    """An importer that has another block already."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[Header] = []

    def import_block(self, raw: bytes, *, source: str) -> Beaten:
        network = self.world.network
        params = network.at(1).params
        block = Block.decode(raw, limit=params.block_bytes, items=params.block_items)
        self.seen.append(block.header)
        make_miner(self.world, collect_shares=False, coinbase=self.world.keys[0].address).step()
        return self

    outcome = "side"


def test_a_proof_that_fails_in_a_template_is_dropped(eager):
    """The pool verifies it, so this takes a clock that was set back in between."""
    assembly = make_miner(eager, collect_shares=False)._assembly
    head = eager.chain.head().header
    eager.clock.ms += 3_600_000
    made = assembly.build(head, most=None)
    eager.proofs.add(shares.envelope(made.sealed(next(share_nonces(made))).header))
    assert len(assembly.build(head, most=None).block.envelopes) == 1
    eager.clock.ms -= 3_600_000
    made = assembly.build(head, most=None)
    assert made.block.envelopes == ()
    assert [one.refusal.code for one in made.skipped_proofs] == ["block.time_ahead"]
    assert waiting(eager) == []


def test_proofs_as_of_another_head_make_no_template(eager, monkeypatch):
    """They might be good there only; the miner asks again."""
    assembly = make_miner(eager)._assembly
    elsewhere = Candidates(bytes(32), ())
    with monkeypatch.context() as patch:
        patch.setattr(eager.proofs, "candidates", lambda: elsewhere)
        assert assembly.build(eager.chain.head().header, most=None) is None
    assert assembly.build(eager.chain.head().header, most=None) is not None


@pytest.mark.parametrize(("block_bytes", "count"), [(8_000, 1), (9_500, 2), (4_000, 0)])
def test_proofs_take_a_quarter_of_a_block_at_most(eager, block_bytes, count):
    """A share with its receipt is counted as about 1,050 bytes."""
    world = make_world(changed(eager.network, block_bytes=block_bytes))
    miner = make_miner(world)
    miner.step()
    assert len(waiting(world)) == PER_BLOCK
    made = miner._assembly.build(world.chain.head().header, most=None)
    assert len(made.block.envelopes) == count
