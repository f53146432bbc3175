"""Loading from peers: honest, slow, lying, leaving; it ends with the state or with all blocks."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from chain.errors import SnapshotInvalid
from p2p.rules import events, limits
from p2p.rules.offences import Offence
from p2p.rules.snapshots import numbers
from p2p.rules.snapshots.asked import Asked
from p2p.rules.snapshots.manifest import Manifest
from p2p.rules.snapshots.part import Phase
from p2p.rules.wire import messages as m
from tests.p2p.snapshots.states import (
    Disk,
    Loads,
    headers_with,
    make,
    records_of,
    server,
    small_chunks,
)
from tests.site.ledgers import chain

HEIGHT = 16


@pytest.fixture(autouse=True)
def small(monkeypatch):
    small_chunks(monkeypatch)


@pytest.fixture
def state():
    """Thirteen chunks."""
    return make(records_of(100), chain()[HEIGHT].header)


def banned(world, peer) -> bool:
    return peer.conn not in world.ctx.peers or peer.closing


def done(world, state) -> None:
    assert world.disk.loaded == state.hash
    assert world.disk.kept == state.records
    assert world.part.phase is Phase.OFF
    assert world.chain.held == [True, False]
    assert [one.height for one in world.disk.headers] == list(range(1, HEIGHT + 1))


def test_a_state_is_loaded_from_several_peers_at_once(state):
    world = Loads(headers_with(state))
    assert world.chain.held == [True]
    peers = [world.peer(server(state), state.offer) for _ in range(3)]
    world.run(10_000)
    done(world, state)
    askers = {conn for conn, _ in world.asked}
    assert askers == {peer.conn for peer in peers}
    indexes = [index for _, index in world.asked]
    assert sorted(indexes) == list(range(len(state.chunks)))  # each asked once
    assert all(world.points(peer) == 0 for peer in peers)


def test_nobody_is_asked_for_more_than_two_at_once(state):
    world = Loads(headers_with(state))
    peer = world.peer(lambda message: [], state.offer)
    world.answers[peer.conn] = lambda message: (
        server(state)(message) if isinstance(message, m.GetManifest) else []
    )
    world.run(3_000)
    assert world.asked == [(peer.conn, 0), (peer.conn, 1)]


@pytest.mark.parametrize("slow", [False, True])
def test_the_ledger_gets_them_in_order_and_not_too_many(state, slow):
    world = Loads(headers_with(state), disk=Disk(slow=slow))
    for _ in range(8):
        world.peer(server(state), state.offer)
    most = 0
    while not world.disk.loaded:
        world.run(100)
        most = max(most, len(world.disk.waiting))
        assert world.ms < 60_000
    assert most <= numbers.STORES_OPEN
    done(world, state)


def test_a_state_in_one_chunk():
    state = make(records_of(3), chain()[HEIGHT].header)
    world = Loads(headers_with(state))
    world.peer(server(state), state.offer)
    world.run(5_000)
    done(world, state)


def test_a_load_goes_on_where_it_was(state):
    disk = Disk()
    first = Loads(headers_with(state), disk=disk)
    first.peer(server(state), state.offer)
    while disk.chunks < 5:
        first.run(100)
    disk.waiting.clear()
    done_before = disk.chunks
    again = Loads(headers_with(state), disk=disk, begun=state.hash)
    other = make(records_of(9), chain()[HEIGHT + 1].header)
    again.chain.headers = headers_with(state, other)
    again.peer(server(state), state.offer, other.offer)
    again.run(10_000)
    done(again, state)
    assert min(index for _, index in again.asked) == done_before


def test_one_of_which_nothing_is_missing_is_only_put_in_place(state):
    disk = Disk(hash=state.hash, following=None, chunks=13)
    world = Loads(headers_with(state), disk=disk, begun=state.hash)
    world.peer(server(state), state.offer)
    world.run(5_000)
    assert world.part.phase is Phase.OFF and world.asked == []


# ------------------------------------------------------------------ who loads, and what


def test_a_node_with_blocks_or_without_the_wish_loads_nothing(state):
    for facts in ({"height": 1}, {"wanted": False}):
        world = Loads(headers_with(state), **facts)
        world.peer(server(state), state.offer)
        world.run(5_000)
        assert world.chain.held == [] and world.asked == [] and world.part.view() is None


def test_what_most_peers_have_is_taken_else_the_highest():
    low = make(records_of(20), chain()[14].header)
    high = make(records_of(30), chain()[17].header)
    for offers, wanted in (
        ([(low,), (high,)], high),
        ([(low,), (low,), (high,)], low),
        ([(low, high), (low, high)], high),
    ):
        world = Loads(headers_with(low, high))
        for offered in offers:
            world.peer(server(wanted), *(one.offer for one in offered))
        world.run(10_000)
        assert world.disk.loaded == wanted.hash


def test_only_blocks_of_the_best_chain_that_lie_deep_are_taken():
    at = 30 - limits.SNAPSHOT_DEPTH
    for height, there, taken in ((at, True, True), (at + 1, True, False), (at, False, False)):
        state = make(records_of(9), chain()[height].header)
        world = Loads(headers_with(state) if there else headers_with())
        world.peer(server(state), state.offer)
        world.run(10_000)
        assert (world.disk.loaded == state.hash) is taken
        assert bool(world.disk.begun) is taken
    for height in (0, 31, 10**9):
        world = Loads(headers_with())
        world.peer(lambda message: [], (height, chain()[-1].hash))
        world.run(3_000)
        assert world.part.phase is Phase.WAITING


def test_it_waits_until_the_headers_are_known(state):
    world = Loads(None)
    world.peer(server(state), state.offer)
    world.run(numbers.OFFER_WAIT_MS * 2)
    assert world.part.phase is Phase.WAITING and not world.disk.begun
    world.chain.headers = headers_with(state)
    world.run(10_000)
    done(world, state)


def test_without_peers_it_waits_for_ever():
    world = Loads(None)
    world.run(numbers.HEADERS_WAIT_MS * 2, step=1_000)
    assert world.part.phase is Phase.WAITING


def test_headers_that_are_never_known_end_it(state):
    world = Loads(None)
    world.peer(server(state), state.offer)
    world.run(numbers.HEADERS_WAIT_MS - 5_000, step=1_000)
    assert world.part.phase is Phase.WAITING
    world.run(7_000, step=1_000)
    assert world.part.phase is Phase.OFF and world.chain.held == [True, False]


def test_where_nobody_offers_one_all_blocks_are_executed():
    world = Loads(headers_with())
    world.peer(lambda message: [])
    world.run(numbers.OFFER_WAIT_MS - 2_000)
    assert world.chain.held == [True]
    world.run(4_000)
    assert world.chain.held == [True, False]
    assert "snapshot_given_up" in world.names


# ------------------------------------------------------------------ liars


def flipped(state, index: int) -> bytes:
    data = bytearray(state.chunks[index])
    data[len(data) // 2] ^= 1
    return bytes(data)


@pytest.mark.parametrize("bad", range(13))
def test_an_altered_byte_in_any_chunk_bans_its_sender_and_others_bring_it(state, bad):
    world = Loads(headers_with(state))
    liar = world.peer(
        server(state, chunk=lambda i: flipped(state, i) if i == bad else state.chunks[i]),
        state.offer,
    )
    # Alone the liar is asked for every chunk; the honest peer comes once it has lied.
    world.run(10_000)
    assert banned(world, liar)
    assert Offence.CHUNK_INVALID.label in world.offences
    honest = world.peer(server(state), state.offer)
    world.run(10_000)
    done(world, state)
    assert world.points(honest) == 0


def test_a_true_chunk_of_another_number_bans_its_sender(state):
    world = Loads(headers_with(state))
    liar = world.peer(server(state, chunk=lambda i: state.chunks[(i + 1) % 13]), state.offer)
    world.run(3_000)
    assert banned(world, liar) and world.offences == [Offence.CHUNK_INVALID.label]
    world.peer(server(state), state.offer)
    world.run(10_000)
    done(world, state)


def test_a_misplaced_chunk_held_ahead_is_found_when_its_turn_comes(state):
    world = Loads(headers_with(state))
    liar = world.peer(
        server(state, chunk=lambda i: state.chunks[i + 1] if i < 12 else state.chunks[i]),
        state.offer,
    )
    honest = world.peer(server(state), state.offer)
    world.run(10_000)
    done(world, state)
    assert banned(world, liar) and world.points(honest) == 0


@pytest.mark.parametrize("say", [-5, 1, 1_000])
def test_a_manifest_with_another_count_costs_little(state, say):
    manifest = Manifest.decode(state.manifest)
    lie = Manifest(manifest.header, max(1, manifest.chunks + say), 7, 7).encode()
    world = Loads(headers_with(state))
    liar = world.peer(server(state, manifest=lie), state.offer)
    world.run(3_000)
    honest = world.peer(server(state), state.offer)
    world.run(20_000)
    done(world, state)
    assert banned(world, liar) is (say < 0)
    assert world.points(honest) == 0


@pytest.mark.parametrize("kind", ["nonsense", "other block", "none"])
def test_other_manifests_are_asked_elsewhere(state, kind):
    other = make(records_of(5), chain()[3].header)
    data = {"nonsense": b"\x00", "other block": other.manifest, "none": b""}[kind]
    world = Loads(headers_with(state))
    liars = [world.peer(server(state, manifest=data), state.offer) for _ in range(3)]
    honest = world.peer(server(state), state.offer)
    world.run(10_000)
    done(world, state)
    asked = [one for one in liars if banned(world, one)]
    assert not asked if kind == "none" else len(asked) < 4
    assert world.points(honest) == 0


@pytest.mark.parametrize("kind", ["nonsense", "other block"])
def test_who_sends_a_false_manifest_is_banned_and_nothing_begins(state, kind):
    other = make(records_of(5), chain()[3].header)
    data = b"\x00" if kind == "nonsense" else other.manifest
    world = Loads(headers_with(state, other))
    liar = world.peer(server(state, manifest=data), state.offer)
    world.run(3_000)
    assert banned(world, liar) and world.offences == [Offence.CHUNK_INVALID.label]
    assert world.disk.begun == []


def test_nothing_is_kept_of_peers_that_are_gone(state):
    world = Loads(headers_with(state), disk=Disk(stuck=False))
    world.peer(server(state, chunk=lambda i: b"" if i > 3 else state.chunks[i]), state.offer)
    bare = world.peer(server(state, chunk=lambda i: b""), state.offer)
    while world.part.phase is not Phase.CHUNKS or not world.part._fetch._lacks:
        world.run(100)
    world.lose(bare)
    fetch = world.part._fetch
    assert fetch is not None
    assert all(conn != bare.conn for conn, _ in fetch._lacks)
    assert bare.conn not in fetch._rests and world.part._asked.count(bare.conn) == 0


def test_where_nobody_has_the_manifest_another_one_is_taken(state):
    other = make(records_of(30, b"2"), chain()[HEIGHT - 2].header)
    world = Loads(headers_with(state, other))
    for _ in range(2):
        world.peer(server(other), state.offer, other.offer)
    world.run(20_000)
    assert world.disk.loaded == other.hash
    assert "snapshot_failed" in world.names


def test_what_nobody_asked_for_is_scored(state):
    world = Loads(headers_with(state))
    peer = world.peer(server(state), state.offer)
    world.say(peer, m.ManifestIs(state.hash, state.manifest))
    world.say(peer, m.ChunkIs(state.hash, 3, state.chunks[3]))
    assert world.offences == [Offence.UNASKED.label] * 2
    idle = Loads(headers_with(state), wanted=False)
    peer = idle.peer(server(state))
    idle.say(peer, m.ChunkIs(state.hash, 0, state.chunks[0]))
    assert idle.offences == [Offence.UNASKED.label]


# ------------------------------------------------------------------ slow and leaving peers


def test_a_silent_peer_is_left_aside_and_not_blamed(state):
    world = Loads(headers_with(state))
    silent = world.peer(server(state, chunk=lambda i: None), state.offer)
    honest = world.peer(server(state), state.offer)
    world.run(numbers.CHUNK_WAIT_MS + 20_000)
    done(world, state)
    assert world.points(silent) == world.points(honest) == 0
    assert not banned(world, silent)


def test_a_late_answer_is_taken_and_not_blamed(state):
    world = Loads(headers_with(state))
    late: list[m.Message] = []

    def slow(message):
        if isinstance(message, m.GetChunk):
            late.extend(server(state)(message))
            return []
        return server(state)(message)

    peer = world.peer(slow, state.offer)
    world.run(numbers.CHUNK_WAIT_MS + 3_000)
    assert len(late) == 2 and world.disk.chunks == 0
    for answer in late:
        world.say(peer, answer)
    world.run(1_000)
    assert world.disk.chunks == 2 and world.points(peer) == 0
    # The same once more was not asked for.
    world.say(peer, late[0])
    assert world.points(peer) > 0


def test_a_manifest_that_does_not_come_is_asked_elsewhere(state):
    world = Loads(headers_with(state))
    mute = [world.peer(lambda message: [], state.offer) for _ in range(3)]
    world.peer(server(state), state.offer)
    world.run(numbers.MANIFEST_WAIT_MS * 3 + 30_000 + numbers.CHUNK_WAIT_MS)
    done(world, state)
    assert all(world.points(peer) == 0 for peer in mute)


def test_a_manifest_that_nobody_brings_is_not_waited_for_forever(state):
    world = Loads(headers_with(state))
    asked: list[m.Message] = []

    def mute(message):
        asked.extend([message] if isinstance(message, m.GetManifest) else [])
        return []

    peer = world.peer(mute, state.offer)
    while "snapshot_failed" not in world.names:
        world.run(1_000)
        assert world.ms < numbers.STALLED_MS + 5_000
    assert len(asked) > 1 and world.points(peer) == 0


def test_peers_come_and_go(state):
    world = Loads(headers_with(state))
    chance = random.Random(5)
    peers = [world.peer(server(state), state.offer) for _ in range(2)]
    while not world.disk.loaded:
        if chance.random() < 0.4:
            world.lose(peers.pop(0))
            peers.append(world.peer(server(state), state.offer))
        world.run(100)
        assert world.ms < 120_000
    done(world, state)


def test_one_that_all_stop_to_offer_is_given_up_for_another(state):
    world = Loads(headers_with(state))
    peer = world.peer(server(state), state.offer)
    while world.disk.chunks < 4:
        world.run(100)
    world.lose(peer)
    other = make(records_of(30, b"2"), chain()[HEIGHT + 1].header)
    world.chain.headers = headers_with(state, other)
    world.peer(server(other), other.offer)
    world.run(numbers.STALLED_MS - 5_000)
    assert world.disk.begun == [state.hash]
    world.run(30_000)
    assert world.disk.loaded == other.hash and world.disk.kept == other.records
    assert world.disk.begun == [state.hash, other.hash]


def test_one_whose_next_chunk_nobody_has_is_given_up_at_once(state):
    world = Loads(headers_with(state))
    world.peer(server(state, chunk=lambda i: b"" if i == 4 else state.chunks[i]), state.offer)
    world.run(5_000)
    assert "snapshot_failed" in world.names and world.disk.chunks <= 4


def test_after_too_many_failures_all_blocks_are_executed():
    states = [make(records_of(9), chain()[height].header) for height in range(3, 18)]
    world = Loads(headers_with(*states))
    nothing = server(states[0], manifest=b"")
    world.peer(
        lambda message: (
            [m.ManifestIs(message.hash, b"")]
            if isinstance(message, m.GetManifest)
            else nothing(message)
        ),
        *(one.offer for one in states),
    )
    world.run(60_000)
    assert world.names.count("snapshot_failed") == numbers.FAILED_MOST
    assert world.part.phase is Phase.OFF and world.chain.held == [True, False]


# ------------------------------------------------------------------ the node's own side


def test_a_chain_that_turns_elsewhere_ends_the_load():
    state = make(records_of(400), chain()[HEIGHT].header)
    world = Loads(headers_with(state), disk=Disk(slow=True))
    world.peer(server(state), state.offer)
    while world.disk.chunks < 3:
        world.run(100)
    world.chain.headers = headers_with()
    world.run(2_000)
    assert "snapshot_failed" in world.names and world.part.phase is Phase.WAITING


@pytest.mark.parametrize("how", ["refusal", "fault"])
def test_a_ledger_that_cannot_store_it_ends_the_load_and_blames_nobody(state, how):
    disk = Disk(fault=True) if how == "fault" else Disk(refusal=SnapshotInvalid("no"))
    world = Loads(headers_with(state), disk=disk)
    peer = world.peer(server(state), state.offer)
    world.run(numbers.OFFER_WAIT_MS + 20_000)
    assert "snapshot_failed" in world.names and world.points(peer) == 0
    assert world.part.phase is Phase.OFF and world.chain.held == [True, False]


def test_a_slow_disk_is_no_stall(state):
    world = Loads(headers_with(state))
    world.peer(server(state), state.offer)
    while world.part.phase is not Phase.CHUNKS:
        world.run(100)
    world.disk.stuck = True
    world.run(numbers.STALLED_MS * 2)
    assert world.part.phase is Phase.CHUNKS and world.disk.waiting
    world.disk.stuck = False
    world.run(20_000)
    done(world, state)


def test_words_of_a_load_that_is_over_change_nothing(state):
    world = Loads(headers_with(state))
    world.peer(server(state), state.offer)
    world.handle(events.SnapshotStored(bytes(32), None))
    world.run(10_000)
    done(world, state)
    world.handle(events.SnapshotStored(state.hash, None))
    assert world.chain.held == [True, False]


def test_people_see_how_far_it_is(state):
    world = Loads(headers_with(state), disk=Disk(slow=True))
    world.peer(server(state), state.offer)
    assert world.part.view() is None
    views = []
    while not world.disk.loaded:
        world.run(600, step=600)
        if (view := world.part.view()) is not None:
            views.append(view)
    assert {view.word for view in views} == {"loading a snapshot"}
    assert {view.target for view in views} == {HEIGHT}
    records = [view.records for view in views]
    assert records == sorted(records) and 0 < records[-1] <= 100
    assert any(view.rate_milli > 0 and view.eta_ms is not None for view in views)


# ------------------------------------------------------------------ serving


def test_what_is_on_the_shelf_is_served_as_bulk(state):
    world = Loads(None, wanted=False)
    shelf = {state.hash: state}
    world.ctx.shelf = SimpleNamespace(
        heights=tuple,
        manifest=lambda hash: shelf[hash].manifest if hash in shelf else None,
        chunk=lambda hash, index: state.chunks[index] if hash in shelf and index < 13 else None,
    )
    peer = world.peer(lambda message: [])
    world.say(peer, m.GetManifest(state.hash))
    assert world.sent(peer) == [m.ManifestIs(state.hash, state.manifest)]
    world.handle(events.Writable(peer.conn))
    for hash, index, data in (
        (state.hash, 12, state.chunks[12]),
        (state.hash, 13, b""),
        (bytes(32), 0, b""),
    ):
        world.say(peer, m.GetChunk(hash, index))
        assert world.sent(peer) == [m.ChunkIs(hash, index, data)]
        world.handle(events.Writable(peer.conn))
    world.say(peer, m.GetManifest(bytes(32)))
    assert world.sent(peer) == [m.ManifestIs(bytes(32), b"")]
    world.say(peer, m.GetChunk(state.hash, 0))
    assert world.sent(peer) == []  # until the one before has been read
    world.handle(events.Writable(peer.conn))
    assert world.sent(peer) == [m.ChunkIs(state.hash, 0, state.chunks[0])]


def test_late_answers_are_remembered_within_bounds():
    asked = Asked()
    for index in range(numbers.LATE_MOST + 5):
        asked.ask(1, (b"h", index), 0)
    asked.let_go()
    assert not asked.answered(1, (b"h", 4))
    assert asked.answered(1, (b"h", 5)) and not asked.answered(1, (b"h", 5))
    asked.gone(1)
    assert not asked.answered(1, (b"h", 9))
