"""The mesh: its size, who comes in, who stays, and what backoffs are for."""

from __future__ import annotations

from p2p.rules.gossip import mesh as numbers
from p2p.rules.wire.messages import Graft, Prune
from tests.p2p.gossip.nodes import Node, node


def crowd(inbound: int, outbound: int = 0, **options) -> Node:
    made = node(**options)
    for conn in range(1, inbound + outbound + 1):
        made.join(conn, outbound=conn > inbound)
    return made


def members(made: Node) -> set[int]:
    return set(made.gossip.mesh.members)


def test_grafts_as_many_as_it_wants_dialled_ones_first():
    made = crowd(20, 4)
    made.tick(1_000)
    assert len(members(made)) == numbers.MESH_WANTED
    assert {21, 22, 23, 24} <= members(made)
    grafted = {conn for conn, said in made.sent if said == Graft()}
    assert grafted == members(made)


def test_few_peers_are_all_in_the_mesh():
    made = crowd(3)
    made.tick(1_000)
    assert members(made) == {1, 2, 3}
    assert all(made.gossip.in_mesh(peer) for peer in made.ctx.ready)


def test_lets_peers_in_up_to_the_most():
    made = crowd(20)
    for conn in range(1, 21):
        made.says(conn, Graft())
    assert members(made) == set(range(1, numbers.MESH_HIGH + 1))
    assert [made.told(conn, Prune) for conn in (13, 20)] == [[Prune(60)]] * 2
    made.says(1, Graft())
    assert made.told(1, Prune) == []
    assert not made.blamed


def test_a_crowd_of_inbound_members_does_not_keep_dialled_peers_out():
    made = crowd(12)
    for conn in range(1, 13):
        made.says(conn, Graft())
    made.join(50, outbound=True)
    made.join(51, outbound=True)
    made.join(52, outbound=True)
    made.tick(1_000)
    assert len(members(made)) == numbers.MESH_WANTED
    assert len(members(made) & {50, 51, 52}) == numbers.MESH_OUTBOUND
    made.tick(120_000)
    assert len(members(made) & {50, 51, 52}) >= numbers.MESH_OUTBOUND


def test_a_graft_within_the_backoff_costs_points_unless_it_crossed_the_prune():
    made = crowd(13)
    for conn in range(1, 14):
        made.says(conn, Graft())
    assert made.told(13, Prune) == [Prune(60)]
    made.tick(4_000)
    made.says(13, Graft())
    assert (made.blamed, made.told(13, Prune)) == ([], [Prune(60), Prune(56)])
    made.tick(2_000)
    made.says(13, Graft())
    assert made.blamed == [(13, "graft_too_soon")]
    assert made.told(13, Prune)[-1] == Prune(54)
    made.says(2, Prune(60))
    made.tick(53_900)
    made.says(13, Graft())
    assert made.blamed == [(13, "graft_too_soon")] * 2
    made.tick(200)
    made.says(13, Graft())
    assert len(made.blamed) == 2
    assert 13 in members(made)


def test_a_peer_that_prunes_is_left_alone_until_its_time_is_over():
    made = crowd(1)
    made.tick(1_000)
    assert members(made) == {1}
    made.says(1, Prune(30))
    made.tick(29_000)
    assert members(made) == set()
    assert made.told(1, Graft) == [Graft()]
    made.says(1, Graft())  # its own time, and it comes back earlier: not our affair to score
    assert not made.blamed
    made.tick(2_000)
    assert members(made) == {1}


def test_a_backoff_outlives_the_connection():
    made = crowd(13)
    for conn in range(1, 14):
        made.says(conn, Graft())
    gone = made.ctx.peers[13]
    made.gossip.peer_gone(gone)
    made.tick(10_000)
    made.gossip.mesh.on_graft(gone, Graft())
    assert made.blamed == [(13, "graft_too_soon")]


def test_members_that_leave_are_replaced():
    made = crowd(20)
    made.tick(1_000)
    for conn in list(members(made))[:4]:
        made.gossip.peer_gone(made.ctx.peers.pop(conn))
    assert len(members(made)) == 2
    made.tick(1_000)
    assert len(members(made)) == numbers.MESH_WANTED
    closing = next(iter(members(made)))
    made.ctx.peers[closing].closing = True
    made.tick(1_000)
    assert closing not in members(made)


def test_a_peer_that_brings_news_first_takes_the_place_of_one_that_brings_none():
    made = crowd(20)
    made.tick(1_000)
    lazy = members(made)
    good = next(conn for conn in range(1, 21) if conn not in lazy)
    made.gossip.mesh.credit(made.ctx.peers[good], 100)
    made.tick(numbers.RENEW_MS)
    assert good in members(made)
    assert len(members(made)) == numbers.MESH_WANTED
    assert len(members(made) - lazy) == 1
    pruned = lazy - members(made)
    assert [made.told(conn, Prune) for conn in pruned] == [[Prune(60)]]


def test_credit_decays_and_is_bounded():
    made = crowd(3)
    mesh = made.gossip.mesh
    mesh.credit(made.ctx.peers[1], 10**9)
    assert mesh._credit[1] == numbers.CREDIT_MOST
    made.tick(40 * numbers.RENEW_MS)
    assert mesh._credit == {}


def test_backoffs_are_bounded():
    made = crowd(1)
    peer = made.ctx.peers[1]
    for number in range(numbers.BACKOFFS + 100):
        peer.id = number.to_bytes(32, "big")
        made.gossip.mesh.on_prune(peer, Prune(60))
    assert len(made.gossip.mesh._backoffs) == numbers.BACKOFFS
