"""What others are shown of the peers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from p2p import views
from p2p.rules.book import Book
from p2p.rules.book.values import Ban
from p2p.rules.conduct import Conduct
from p2p.rules.gossip import Gossip
from p2p.rules.offences import Offence
from p2p.rules.snapshots.part import Snapshots
from p2p.rules.sync import Sync
from p2p.values import BanView, SyncView
from pq.algorithms import ML_DSA_65
from tests.p2p.world import WALL_MS, World, id_of, identify

PLACE = views.Place(b"\x80" * 32, ML_DSA_65, ("tcp://192.0.2.1:8546",))
FOLLOWING = SyncView("following", 7, 7, 0, None)
LOADING = SyncView("loading a snapshot", 0, 9, 5, None, records=3)


@pytest.fixture
def world() -> World:
    return World()


def look(world: World, *, loading: SyncView | None = None, mesh=()) -> views.Views:
    parts = {
        Conduct: world.engine.part(Conduct),
        Book: world.engine.part(Book),
        Gossip: SimpleNamespace(in_mesh=lambda peer: peer.id in mesh),
        Sync: SimpleNamespace(view=lambda: FOLLOWING),
        Snapshots: SimpleNamespace(view=lambda: loading),
    }
    engine = SimpleNamespace(ctx=world.ctx, part=parts.__getitem__)
    return views.look(engine, PLACE, lambda conn: (conn * 10, conn * 100), (55, 66))


def test_before_the_first_look():
    shown = views.nothing(PLACE)
    assert (shown.peers, shown.sync.word) == ((), "starting")
    assert (shown.net.id, shown.net.alg, shown.net.listen) == (
        PLACE.id,
        "ML-DSA-65",
        ("tcp://192.0.2.1:8546",),
    )


def test_a_peer(world):
    peer = world.ready(3, "ws://5.6.7.8:9", said=identify(agent="other/2", height=41))
    peer.alg = ML_DSA_65
    world.wait(1_000)
    world.ctx.blame(peer, Offence.FALSE_INVENTORY, "")
    peer.latency_ms = 17
    world.ctx.pinned.add(peer.id)
    shown = look(world, mesh={peer.id})
    (view,) = shown.peers
    assert (view.id, view.alg, view.address) == (id_of(3), "ML-DSA-65", "ws://5.6.7.8:9")
    assert (view.outbound, view.transport, view.connected_ms) == (False, "ws", WALL_MS)
    assert (view.agent, view.height, view.head) == ("other/2", 41, bytes(32))
    assert (view.latency_ms, view.points, view.in_mesh, view.pinned) == (17, 10, True, True)
    assert (view.bytes_in, view.bytes_out) == (peer.conn * 10, peer.conn * 100)
    assert (shown.net.inbound, shown.net.outbound) == (1, 0)
    assert (shown.net.bytes_in, shown.net.bytes_out) == (55, 66)


def test_only_those_who_said_who_they_are_are_shown(world):
    world.connect(1, "tcp://5.6.7.8:1")
    out = world.ready(2, "tcp://9.6.7.8:1", outbound=True, purpose="asked")
    out.alg = ML_DSA_65
    shown = look(world)
    assert [peer.id for peer in shown.peers] == [id_of(2)]
    assert (shown.net.inbound, shown.net.outbound) == (0, 1)
    assert shown.net.known_addresses == len(world.engine.part(Book).shelves)


def test_bans_that_hold(world):
    conduct = world.engine.part(Conduct)
    conduct.restore(
        [
            Ban(id_of(8), "1.2.3.4", WALL_MS + 5, 2, "flood"),
            Ban(id_of(9), "1.2.3.5", WALL_MS, 1, "flood"),
        ],
        WALL_MS,
    )
    assert look(world).net.bans == (BanView(id_of(8), "1.2.3.4", WALL_MS + 5, 2, "flood"),)


def test_a_load_goes_before_the_rest(world):
    assert look(world).sync == FOLLOWING
    assert look(world, loading=LOADING).sync == LOADING
