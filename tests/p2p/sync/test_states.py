"""What people and other parts are told, what is served, and what the small parts promise."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.rules import actions, events
from p2p.rules.limits import HEADERS_MOST, LOCATOR_MOST
from p2p.rules.sync import numbers
from p2p.rules.sync.locator import locator
from p2p.rules.sync.progress import Progress
from p2p.rules.sync.tree import Node, Tree
from p2p.rules.wire import messages as m
from tests.p2p.sync.chains import BUILDER, GENESIS, TRUNK, branch, ledger
from tests.p2p.sync.desk import Desk


def syncing(desk) -> list[bool]:
    return [one.on for one in desk.log if isinstance(one, actions.SetSyncing)]


# ------------------------------------------------------------------ words


def test_the_words_follow_what_the_node_does():
    desk = Desk()
    assert desk.sync.view().word == "starting"
    desk.wait(100)
    assert desk.sync.view().word == "finding peers"
    peer = desk.peer(TRUNK)
    desk.show(peer, TRUNK)
    view = desk.sync.view()
    assert (view.word, view.height, view.target) == ("syncing", 0, len(TRUNK))
    assert view.eta_ms is None and desk.sync.busy
    desk.wait(1_000)
    for made in TRUNK[:4]:
        desk.give(peer, made)
        desk.judge()
    view = desk.sync.view()
    assert view.height == 4 and view.rate_milli > 0 and view.eta_ms
    for made in TRUNK[4:]:
        desk.ledger.take(made.raw, desk.wall_ms)
        desk.head_moved()
    desk.wait(100)
    view = desk.sync.view()
    assert (view.word, view.height, view.target, view.eta_ms) == ("following", 200, 200, 0)
    assert not desk.sync.busy and syncing(desk) == [True, False]


def test_the_first_synchronisation_ends_with_most_of_the_peers_that_were_chosen():
    desk = Desk(TRUNK[:10])
    desk.peer(TRUNK[:10], outbound=True)
    behind = [desk.peer(branch(0, 2), outbound=True) for _ in range(2)]
    desk.wait(500)
    assert desk.state.first  # one of three
    desk.show(behind[0], [])
    desk.wait(100)
    assert not desk.state.first and syncing(desk) == [True, False]


def test_inbound_peers_count_where_there_are_no_others():
    desk = Desk(TRUNK[:10])
    desk.peer(TRUNK[:10], outbound=False)
    desk.wait(100)
    assert not desk.state.first


def test_inbound_peers_do_not_count_beside_those_that_were_chosen():
    desk = Desk(TRUNK[:10])
    for _ in range(5):
        desk.peer(TRUNK[:10], outbound=False)
    desk.peer(TRUNK, outbound=True)
    desk.wait(1_000)
    assert desk.state.first


def test_a_node_without_peers_is_done_after_a_minute_and_never_again():
    desk = Desk(TRUNK[:10])
    desk.wait(numbers.ALONE_MS - 200)
    assert desk.state.first
    desk.wait(400)
    assert not desk.state.first and syncing(desk) == [True, False]
    peer = desk.peer(TRUNK)
    desk.show(peer, TRUNK[8:])
    desk.wait(1_000)
    assert syncing(desk) == [True, False] and desk.sync.view().word == "syncing"


def test_the_minute_begins_anew_when_a_peer_was_there():
    desk = Desk(TRUNK[:10])
    desk.wait(numbers.ALONE_MS - 500)
    peer = desk.peer(TRUNK)
    desk.wait(300)
    desk.lose(peer)
    desk.wait(numbers.ALONE_MS - 500)
    assert desk.state.first


def test_the_rate_is_that_of_the_last_while():
    progress = Progress()
    assert progress.rate_milli(0, 0) == 0 and progress.eta_ms(0, 0, 10) is None
    for second in range(51):
        progress.sample(second * 1_000, second * 10)
        progress.sample(second * 1_000 + 1, 10**9)  # less than a second later: not a sample
    assert progress.rate_milli(50_000, 500) == 10_000
    assert progress.eta_ms(50_000, 500, 600) == 10_000
    for second in range(51, 100):
        progress.sample(second * 1_000, 500)
    assert progress.rate_milli(99_000, 500) == 0 and progress.eta_ms(99_000, 500, 600) is None
    assert len(progress._samples) <= numbers.RATE_MS // 1_000 + 1


# ------------------------------------------------------------------ for the snapshots


def test_all_headers_of_the_best_run_are_told_once_no_peer_claims_more():
    desk = Desk(TRUNK[:5])
    assert desk.sync.best_headers() is None
    peer = desk.peer(TRUNK)
    desk.show(peer, TRUNK[3:100])
    assert [one.hash for one in desk.sync.best_headers()] == [made.hash for made in TRUNK[:100]]
    liar = desk.peer([], work=2**200)
    assert desk.sync.best_headers() is None
    desk.show(liar, [])
    assert desk.sync.best_headers() is not None
    mute = desk.peer([], work=2**200)
    desk.wait(40_000)  # it is not waited for for ever
    assert desk.contact(mute).silences >= 2 and desk.sync.best_headers() is not None


def test_runs_that_start_beside_the_best_chain_have_no_headers_from_the_first_on():
    desk = Desk(TRUNK[:5])
    for made in branch(2, 2, b"side")[2:]:
        assert desk.ledger.take(made.raw, desk.wall_ms) == "side"
    line = branch(2, 2, b"side")
    peer = desk.peer([*line], work=10**9)
    more = BUILDER.grow(line[-1], 9)
    desk.show(peer, [*line[2:], *more])
    assert desk.sync.best_headers() is None


def test_a_loaded_snapshot_makes_the_course_start_above_it():
    desk = Desk()
    desk.sync.hold(True)
    peer = desk.peer(TRUNK)
    desk.show(peer, TRUNK)
    stored = ledger(TRUNK[:100])
    desk.ledger.__dict__.update(stored.__dict__)
    desk.handle(events.SnapshotStored(TRUNK[99].hash, b"\x01" * 32))
    assert desk.state.course.base == 0
    desk.handle(events.SnapshotStored(TRUNK[99].hash, None))
    desk.sync.hold(False)
    desk.wait(100)
    assert desk.state.course.base == 100
    asked = desk.contact(peer).requests[0].left
    assert next(iter(asked)) == TRUNK[100].hash


# ------------------------------------------------------------------ serving


def test_headers_are_served_from_the_first_known_hash_of_the_locator():
    desk = Desk(branch(0, 280, b"long"))
    line = branch(0, 280, b"long")
    peer = desk.peer([], outbound=False)
    unknown = b"\x01" * 32

    def served(locator, most=HEADERS_MOST):
        desk.say(peer, m.GetHeaders(locator, most))
        (answer,) = desk.sent(peer, m.Headers)
        desk.handle(events.Writable(peer.conn))
        assert answer.asked
        return list(answer.headers)

    raws = [made.header.encoded for made in line]
    assert served((unknown, line[9].hash, GENESIS.hash)) == raws[10 : 10 + HEADERS_MOST]
    assert served((line[9].hash,), 3) == raws[10:13]
    assert served((line[-1].hash,)) == [] and served((unknown,)) == []


def test_headers_of_side_branches_are_no_start():
    desk = Desk(TRUNK[:5])
    side = branch(2, 1, b"side")[-1]
    desk.ledger.take(side.raw, desk.wall_ms)
    peer = desk.peer([], outbound=False)
    desk.say(peer, m.GetHeaders((side.hash, TRUNK[1].hash), 10))
    (answer,) = desk.sent(peer, m.Headers)
    assert answer.headers == tuple(made.header.encoded for made in TRUNK[2:5])


def test_bodies_are_served_one_by_one_as_the_peer_reads_and_what_is_not_here_is_said():
    desk = Desk(TRUNK[:5])
    desk.ledger.lacking.add(TRUNK[1].hash)
    peer = desk.peer([], outbound=False)
    desk.say(peer, m.GetBodies((TRUNK[0].hash, TRUNK[1].hash, b"\x01" * 32, TRUNK[4].hash)))
    got = desk.sent(peer)
    while desk.done:
        desk.handle(events.Writable(peer.conn))
        got += desk.sent(peer)
    assert got == [
        m.Body(TRUNK[0].raw),
        m.Missing(m.BLOCK, (TRUNK[1].hash,)),
        m.Missing(m.BLOCK, (b"\x01" * 32,)),
        m.Body(TRUNK[4].raw),
    ]


# ------------------------------------------------------------------ locators


@pytest.mark.parametrize("stored", [0, 1, 5, 60, 200])
def test_locators_are_short_fall_ever_faster_and_end_in_genesis(stored):
    chain = ledger(TRUNK[:stored])
    tree = Tree()
    for made in TRUNK[stored:]:
        tree.add(node_of(made))
    hashes = locator(TRUNK[-1].hash, tree, chain)
    heights = [0 if hash == GENESIS.hash else by_hash[hash] for hash in hashes]
    assert len(hashes) <= LOCATOR_MOST and heights[0] == 200 and heights[-1] == 0
    for above, below in pairwise(heights):
        assert 0 < above - below <= 200 - above + 1
    assert heights[: numbers.LOCATOR_DENSE] == list(range(200, 200 - numbers.LOCATOR_DENSE, -1))


def test_a_locator_goes_on_with_stored_blocks_where_a_run_is_very_long(monkeypatch):
    monkeypatch.setattr(numbers, "LOCATOR_RUN", 20)
    tree = Tree()
    for made in TRUNK[50:]:
        tree.add(node_of(made))
    hashes = locator(TRUNK[-1].hash, tree, ledger(TRUNK[:50]))
    heights = [0 if hash == GENESIS.hash else by_hash[hash] for hash in hashes]
    assert [h for h in heights if h > 50][-1] > 180
    assert next(h for h in heights if h <= 50) == 50


def test_the_locator_of_a_stored_side_branch_names_it():
    chain = ledger(TRUNK[:20])
    side = branch(10, 3, b"side")
    for made in side[10:]:
        chain.take(made.raw, made.header.time)
    hashes = locator(side[-1].hash, Tree(), chain)
    assert list(hashes[:4]) == [side[12].hash, side[11].hash, side[10].hash, TRUNK[9].hash]


# ------------------------------------------------------------------ the tree


by_hash = {made.hash: made.height for made in TRUNK}


def node_of(made) -> Node:
    header = made.header
    return Node(
        made.hash, header.encoded, header.parent, made.height, header.time, made.work, made.work
    )


NODES = [*TRUNK[:12], *branch(5, 4, b"x")[5:], *branch(8, 3, b"y")[8:], *branch(0, 2, b"z")]


class Model:
    """A tree and what it should hold: the ancestors of held hashes, but what was stored or cut."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.held: list[bytes] = []
        self.gone: set[bytes] = set()

    def path(self, made) -> list:
        line = made.path()
        return [one for one in line if one.hash not in self.gone]

    def hold(self, made) -> None:
        if made.hash not in self.gone:
            for one in self.path(made):
                if self.tree.get(one.hash) is None:
                    self.tree.add(node_of(one))
            self.tree.hold(made.hash)
            self.held.append(made.hash)

    def release(self, made) -> None:
        if made.hash in self.held:
            self.held.remove(made.hash)
            self.tree.release(made.hash)

    def store(self, made) -> None:
        if self.tree.get(made.hash) is not None:
            self.tree.stored(made.hash)
            self.gone.update(one.hash for one in self.path(made))

    def cut(self, made) -> None:
        if self.tree.get(made.hash) is not None:
            cut = self.tree.cut([made.hash])
            assert made.hash in cut
            self.held = [hash for hash in self.held if hash not in cut]

    def expected(self) -> set[bytes]:
        by_hash = {made.hash: made for made in NODES}
        return {one.hash for hash in self.held for one in self.path(by_hash[hash])}


@given(st.lists(st.tuples(st.sampled_from("hrsc"), st.sampled_from(NODES)), max_size=40))
def test_a_tree_keeps_exactly_what_is_held_and_what_is_below_it(steps):
    model = Model()
    does = {"h": model.hold, "r": model.release, "s": model.store, "c": model.cut}
    for what, made in steps:
        does[what](made)
        tree, expected = model.tree, model.expected()
        assert len(tree) == len(expected)
        for hash in expected:
            assert tree.get(hash).header.hash == hash
