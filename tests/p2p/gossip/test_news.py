"""What peers are told to have: once in the mesh, now and then outside, and reminders."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.rules import events as ev
from p2p.rules.gossip import news as numbers
from p2p.rules.wire.messages import PROOF, TX, Inv
from tests.p2p.blocks import small
from tests.p2p.gossip.nodes import Node, node


@dataclass(frozen=True)
class Thing:
    """Enough of a transaction for a pool that only names it."""

    txid: bytes


def id_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


def enter(made: Node, *numbers: int) -> None:
    for number in numbers:
        made.pool.txs[id_of(number)] = Thing(id_of(number))
        made.handle(ev.TxEntered(id_of(number)))


def told(made: Node, conn: int) -> list[int]:
    ids = [id for said in made.told(conn, Inv) if said.kind == TX for id in said.ids]
    return [int.from_bytes(id, "big") for id in ids]


def meshed(peers: int = 1, **options) -> Node:
    made = node(**options)
    for conn in range(1, peers + 1):
        made.join(conn)
    made.tick(1_100)  # just after a heartbeat
    return made


def test_members_are_told_once_in_one_message_a_tick():
    made = meshed(2)
    enter(made, 1, 2, 3)
    assert told(made, 1) == []
    made.tick()
    assert told(made, 1) == told(made, 2) == [1, 2, 3]
    assert len(made.told(1, Inv)) == 1
    enter(made, 2)
    made.tick(2_000)
    assert told(made, 1) == [1, 2, 3]


def test_who_announced_it_is_not_told():
    made = meshed(2)
    made.says(1, Inv(TX, (id_of(1),)))
    enter(made, 1)
    made.says(2, Inv(TX, (id_of(5),)))
    enter(made, 5, 6)
    made.says(2, Inv(TX, (id_of(6),)))  # it comes to have it between entry and tick
    made.tick()
    assert (told(made, 1), told(made, 2)) == ([5, 6], [1])


def test_others_are_told_a_sample_at_the_heartbeat():
    made = meshed(30)
    enter(made, *range(1_000, 1_600))
    made.tick(100)
    members = set(made.gossip.mesh.members)
    assert all(len(told(made, conn)) == 600 for conn in members)
    outside = set(range(1, 31)) - members
    assert all(told(made, conn) == [] for conn in outside)
    made.tick(1_000)
    some = [conn for conn in outside if told(made, conn)]
    assert len(some) == numbers.LAZY_PEERS
    assert all(len(set(told(made, conn))) == numbers.LAZY_IDS for conn in some)
    made.tick(10_000)
    assert sum(bool(told(made, conn)) for conn in outside) > 20


def test_a_new_peer_hears_of_what_waits_bit_by_bit():
    made = node()
    enter(made, *range(1_500))
    for envelope in small().block.envelopes:
        made.add_proof(envelope)
    made.join(1)
    made.tick(1_000)
    assert len(told(made, 1)) == numbers.GREETING_IDS - 2
    proofs = [id for said in made.told(1, Inv) if said.kind == PROOF for id in said.ids]
    assert proofs == list(made.pool.envelopes)
    made.tick(2_000)
    assert sorted(told(made, 1)) == list(range(1_500))


def test_a_new_peer_hears_of_some_of_a_large_pool():
    made = node()
    enter(made, *range(6_000))
    made.join(1)
    made.tick(20_000)
    assert len(set(told(made, 1))) == numbers.GREETING_MOST


def test_peers_are_reminded_of_all_that_waits_in_turn():
    made = meshed(1)
    enter(made, *range(1_200))
    made.tick(1_000)
    assert len(told(made, 1)) == 1_200
    made.tick(30_000)
    assert len(told(made, 1)) == 1_200 + numbers.REMIND_IDS
    made.tick(60_000)
    assert sorted(set(told(made, 1)[1_200:])) == list(range(1_200))
    made.pool.txs.clear()
    before = len(told(made, 1))
    made.tick(60_000)
    assert len(told(made, 1)) == before


def test_the_log_is_bounded_and_cursors_survive_it():
    made = meshed(1)
    made.gossip.news.peer_ready(made.ctx.peers[1])
    for number in range(3 * numbers.LOG_MOST):
        made.gossip.news.entered((TX, id_of(number)), ())
    news = made.gossip.news
    assert len(news._log) <= 2 * numbers.LOG_MOST
    assert news._knowing.keys() == set(news._log)
    made.tick()
    assert told(made, 1)[-1] == 3 * numbers.LOG_MOST - 1
    assert len(told(made, 1)) <= 2 * numbers.LOG_MOST
    made.tick(500)
    assert len(set(told(made, 1))) == len(told(made, 1))


def test_a_peer_that_leaves_is_forgotten():
    made = meshed(2)
    made.says(1, Inv(TX, (id_of(1),)))
    enter(made, 1)
    made.handle(ev.PeerLost(1, "gone"))
    news = made.gossip.news
    assert 1 not in news._cursors | news._greetings
    assert all(1 not in knowing for knowing in news._knowing.values())
