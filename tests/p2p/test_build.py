"""The engine as drivers get it: whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from p2p.rules import events
from p2p.rules.addresses import parse
from p2p.rules.book import Book
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.build import make_engine
from p2p.rules.conduct import Conduct
from p2p.rules.wire import messages as m
from tests.p2p.sync.ledger import MemoryLedger
from tests.p2p.world import WALL_MS, World, context, id_of, identify
from tests.support import ChainBuilder, fast_network


def whole(**kept) -> World:
    network = fast_network()
    ctx = context()
    ctx.network, ctx.ledger = network, MemoryLedger(ChainBuilder(network).genesis, network)
    ctx.pool = SimpleNamespace(txids=tuple, proofs=tuple)
    ctx.shelf = SimpleNamespace(heights=tuple, interrupted=lambda: None)
    return World(ctx, make=lambda ctx: make_engine(ctx, **kept))


def test_every_message_has_its_part():
    assert set(whole().engine._messages) == set(m.KINDS.values())


def test_conduct_comes_before_all_others():
    assert [type(part).__name__ for part in whole().engine.parts] == [
        *("Conduct", "Book", "Sync", "Snapshots", "Gossip")
    ]


def test_peers_come_and_go():
    world = whole()
    peer = world.ready()
    world.wait(2_000)
    assert world.ctx.ready == [peer]
    world.lose(peer)
    world.wait(2_000)
    assert world.ctx.peers == {}


@pytest.mark.parametrize("moved", [True, False])
def test_a_head_that_moves_between_two_greetings_is_told(moved):
    """The peer's first word came too late for the news and too early for the next block."""
    world = whole()
    world.wait(120_000, step=1_000)  # alone for so long, the node takes itself to be synced
    builder = ChainBuilder(world.ctx.network)
    peer = world.connect()
    if moved:
        block = builder.make(builder.genesis)
        world.ctx.ledger.take(block.raw, block.header.time)
        world.handle(events.HeadMoved(block.header, 1))
        assert world.sent(peer) == []
    world.say(peer, identify())
    news = [said for said in world.sent(peer, m.Headers) if not said.asked]
    assert news == ([m.Headers((block.header.encoded,), asked=False)] if moved else [])


def test_what_the_last_run_kept_is_taken_over():
    ban = Ban(id_of(3), "", WALL_MS + 1_000, 1, "test")
    entry = BookEntry(parse("tcp://9.9.9.9:1"), source="src", heard_ms=WALL_MS)
    world = whole(bans=[ban], book=[entry])
    assert world.engine.part(Conduct).bans() == (ban,)
    assert world.engine.part(Book).entries() == (entry,)
    assert world.connect(3).closing
