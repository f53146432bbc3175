"""Copies of what the engine knows, for status, RPC and pages. Made in the engine's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from p2p.rules.book import Book
from p2p.rules.conduct import Conduct
from p2p.rules.engine import Engine
from p2p.rules.gossip import Gossip
from p2p.rules.peer import Peer
from p2p.rules.snapshots.part import Snapshots
from p2p.rules.sync import Sync
from p2p.values import BanView, NetView, PeerView, SyncView
from pq.algorithms import SIGNATURE_ALGORITHMS

Traffic = Callable[[int], tuple[int, int]]


@dataclass(frozen=True)
class Views:
    """One look at everything."""

    net: NetView
    peers: tuple[PeerView, ...]
    sync: SyncView


@dataclass(frozen=True)
class Place:
    """What does not change while the node runs: who it is and where it listens."""

    id: bytes
    alg: int
    listen: tuple[str, ...]


def nothing(place: Place) -> Views:
    """Before the first look."""
    net = NetView(place.id, alg_name(place.alg), place.listen, 0, 0, 0, (), 0, 0)
    return Views(net, (), SyncView("starting", 0, 0, 0, None))


def look(engine: Engine, place: Place, traffic: Traffic, totals: tuple[int, int]) -> Views:
    """The present state."""
    ready = engine.ctx.ready
    bans = tuple(
        BanView(ban.id, ban.host, ban.until_ms, ban.times, ban.reason)
        for ban in engine.part(Conduct).bans()
        if ban.until_ms > engine.ctx.now.wall_ms
    )
    inbound = sum(not peer.outbound for peer in ready)
    net = NetView(
        place.id,
        alg_name(place.alg),
        place.listen,
        inbound,
        len(ready) - inbound,
        len(engine.part(Book).shelves),
        bans,
        *totals,
    )
    peers = tuple(_peer(engine, peer, traffic) for peer in ready)
    return Views(net, peers, engine.part(Snapshots).view() or engine.part(Sync).view())


def alg_name(alg: int) -> str:
    """The name of a signature algorithm."""
    return SIGNATURE_ALGORITHMS[alg].name


def _peer(engine: Engine, peer: Peer, traffic: Traffic) -> PeerView:
    said, now = peer.said, engine.ctx.now
    assert said is not None, "a ready peer has identified itself"
    bytes_in, bytes_out = traffic(peer.conn)
    return PeerView(
        id=peer.id,
        alg=alg_name(peer.alg),
        address=str(peer.address),
        outbound=peer.outbound,
        transport=peer.address.scheme,
        connected_ms=now.wall_ms - (now.ms - peer.since_ms),
        agent=said.agent,
        height=peer.height,
        head=peer.head,
        latency_ms=peer.latency_ms,
        points=engine.part(Conduct).points(peer),
        in_mesh=engine.part(Gossip).in_mesh(peer),
        pinned=peer.id in engine.ctx.pinned,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
    )
