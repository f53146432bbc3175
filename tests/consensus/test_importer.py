"""The importer on a database: every outcome, reorganisations, and what a refusal leaves behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain import queries, service
from chain.values import BlockStatus
from consensus.events import BlockAdded, ChainReorganised
from consensus.service import Importer
from core.block import Block
from core.errors import AnimicaError
from core.limits import CLOCK_AHEAD_MS, CLOCK_WAIT_MS
from core.network import Network
from tests.support import (
    ChainBuilder,
    FixedClock,
    Made,
    dump_database,
    fast_network,
    import_all,
    key,
    new_importer,
    recording_bus,
    reseal,
    transfer,
    wipe_database,
)

pytestmark = pytest.mark.django_db

NETWORK = fast_network()
BUILDER = ChainBuilder(NETWORK)
GENESIS = BUILDER.genesis
SLOW = 60_000
"""An interval (ms) that keeps Θ at its least, so that branches weigh by their length."""


@pytest.fixture
def importer() -> Importer:
    return new_importer(NETWORK)


def grow(parent: Made, length: int, salt: bytes = b"", txs: bool = False) -> list[Made]:
    """Blocks of equal work; with ``txs`` most move money of their own."""
    line: list[Made] = []
    for _ in range(length):
        signed = []
        if txs and (parent.height % 4 < 2 or length < 20):
            sender = key(1 + parent.height % 5)
            nonce = parent.account(sender.address).nonce
            to = key(100 + parent.height).address
            signed = [
                transfer(sender, to, 1_000 + parent.height, nonce=nonce, keep=True),
                transfer(sender, key(6).address, 7, nonce=nonce + 1),
            ]
        parent = BUILDER.make(parent, signed, interval_ms=SLOW, extra=salt)
        line.append(parent)
    return line


def code_of(importer: Importer, raw: bytes) -> str:
    """The code of the refusal; nothing in the database may change."""
    before = dump_database()
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(raw, source="test")
    assert dump_database() == before
    return caught.value.code


def outcome(importer: Importer, made: Made | Block) -> str:
    return importer.import_block(made.raw, source="test").outcome


def check_ledger(tip: Made) -> None:
    """What the database says of money, accounts and state is what the model says."""
    assert service.head().hash == tip.hash
    totals = queries.totals()
    assert totals.genesis == sum(GENESIS.balances.values())
    assert (totals.minted, totals.burnt) == (tip.minted, tip.burnt)
    held = sum(tip.balances.values())
    assert held == totals.supply == totals.genesis + totals.minted - totals.burnt
    records = list(tip.records)
    assert service.reader().get_many(records) == dict(tip.records)
    service.verify_head()
    service.verify_state()


# ------------------------------------------------------------------ one block at a time


def test_genesis_is_the_start(importer):
    assert service.head().hash == GENESIS.hash
    assert outcome(importer, GENESIS) == "known"
    check_ledger(GENESIS)


def test_another_genesis_is_refused(importer):
    other = replace(GENESIS.block, header=replace(GENESIS.header, extra=b"other"))
    assert code_of(importer, other.raw) == "block.genesis"


def test_a_genesis_is_refused_without_building_one(importer, monkeypatch):
    """A block at height 0 costs its sender nothing, so it must cost us nothing."""
    monkeypatch.setattr(
        "consensus.rules.genesis.genesis_block", lambda network: pytest.fail("built a genesis")
    )
    other = replace(GENESIS.block, header=replace(GENESIS.header, extra=b"other"))
    assert code_of(importer, other.raw) == "block.genesis"
    assert outcome(importer, GENESIS) == "known"


def test_extends_block_by_block(importer):
    for made in grow(GENESIS, 6, txs=True):
        result = importer.import_block(made.raw, source="test")
        assert (result.outcome, result.hash, result.height) == ("added", made.hash, made.height)
        check_ledger(made)


def test_a_known_block_changes_nothing(importer):
    line = grow(GENESIS, 2)
    import_all(importer, line)
    before = dump_database()
    assert import_all(importer, line) == ["known", "known"]
    assert dump_database() == before


def test_another_network_cannot_use_the_database(importer):
    with pytest.raises(AnimicaError) as caught:
        new_importer(fast_network(accounts=3))
    assert caught.value.code == "chain.other_genesis"


def test_a_restart_goes_on(importer):
    line = grow(GENESIS, 4, txs=True)
    import_all(importer, line[:2])
    again = new_importer(NETWORK)
    assert again.start().hash == line[1].hash
    assert import_all(again, line) == ["known", "known", "added", "added"]
    check_ledger(line[-1])


# ------------------------------------------------------------------ waiting


def test_orphans_wait_for_their_parent(importer):
    line = grow(GENESIS, 5)
    assert import_all(importer, line[:0:-1]) == ["orphan"] * 4
    assert importer.waiting()["orphans"] == 4
    assert service.head().hash == GENESIS.hash
    assert outcome(importer, line[0]) == "added"
    assert importer.waiting()["orphans"] == 0
    check_ledger(line[-1])


def test_an_orphan_must_show_work(importer):
    orphan = grow(GENESIS, 2)[1]
    for number in range(1, 100):
        unsealed = orphan.header.sealed(number.to_bytes(8, "big"))
        if unsealed.draw >= 2**255:
            break
    assert code_of(importer, replace(orphan.block, header=unsealed).raw) == "block.seal"
    assert importer.waiting()["orphans"] == 0


def test_a_side_block_is_not_made_cheaper_by_score_that_no_proof_can_bring(importer):
    """Side blocks are kept unexecuted: the header alone must show the draws that they cost."""
    line, side = grow(GENESIS, 2), grow(GENESIS, 1, b"side")[0]
    import_all(importer, line)
    cheap = reseal(side.block, psi=NETWORK.at(0).poies.gamma_unat)
    assert code_of(importer, cheap.raw) == "block.psi_above_gamma"
    assert service.stored(cheap.hash) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain": 5}, "block.chain"),
        ({"theta": 0}, "block.theta"),
        ({"psi": 1}, "block.psi_above_gamma"),
        ({"v": 2}, "block.version"),
        ({"gas_limit": 1}, "block.gas_limit"),
    ],
)
def test_an_orphan_is_judged_by_what_is_known(importer, change, code):
    orphan = grow(GENESIS, 2)[1]
    assert code_of(importer, reseal(orphan.block, **change).raw) == code


def test_an_orphan_with_a_wrong_body_does_not_keep_out_the_right_one(importer):
    first, second = grow(GENESIS, 2, txs=True)
    swapped = replace(second.block, txs=second.block.txs[::-1])
    assert code_of(importer, swapped.raw) == "block.body_root"
    assert outcome(importer, second) == "orphan"
    assert outcome(importer, first) == "added"
    check_ledger(second)


def test_an_early_block_waits_for_its_time():
    clock_start = NETWORK.genesis.time_ms
    importer = new_importer(NETWORK, now=clock_start)
    clock = importer._clock
    assert isinstance(clock, FixedClock)
    early = BUILDER.make(GENESIS, time=clock_start + CLOCK_AHEAD_MS + 1)
    before = dump_database()
    assert outcome(importer, early) == "early"
    assert importer.waiting()["early"] == 1
    importer.tick()
    assert dump_database() == before
    clock.now += 1
    importer.tick()
    assert importer.waiting()["early"] == 0
    check_ledger(early)


def test_children_of_an_early_block_follow_it():
    importer = new_importer(NETWORK, now=NETWORK.genesis.time_ms)
    first = BUILDER.make(GENESIS, time=NETWORK.genesis.time_ms + CLOCK_AHEAD_MS + 1)
    second = BUILDER.make(first, interval_ms=1)
    third = BUILDER.make(second, interval_ms=1)
    assert outcome(importer, first) == "early"
    assert outcome(importer, third) == "orphan"
    assert outcome(importer, second) == "orphan"
    importer._clock.now += 10_000
    importer.tick()
    check_ledger(third)
    assert importer.waiting() == {"orphans": 0, "early": 0}


def test_an_early_block_with_a_wrong_body_does_not_keep_out_the_right_one():
    importer = new_importer(NETWORK, now=NETWORK.genesis.time_ms)
    txs = [transfer(key(1), key(2).address, n, nonce=n) for n in range(2)]
    early = BUILDER.make(GENESIS, txs, time=NETWORK.genesis.time_ms + CLOCK_AHEAD_MS + 1)
    swapped = replace(early.block, txs=early.block.txs[::-1])
    assert code_of(importer, swapped.raw) == "block.body_root"
    assert outcome(importer, early) == "early"
    importer._clock.now += 10_000
    importer.tick()
    check_ledger(early)


def test_a_block_too_early_is_not_waited_for():
    importer = new_importer(NETWORK, now=NETWORK.genesis.time_ms)
    late = BUILDER.make(GENESIS, time=NETWORK.genesis.time_ms + CLOCK_WAIT_MS + 1)
    assert code_of(importer, late.raw) == "block.time_ahead"
    # The hash is not condemned: when its time has come, it is as good as any.
    importer._clock.now += CLOCK_WAIT_MS
    assert outcome(importer, late) == "added"


def test_waiting_blocks_are_bounded(importer):
    first = grow(GENESIS, 1)[0]
    orphans = [BUILDER.make(first, interval_ms=SLOW + n) for n in range(70)]
    assert set(import_all(importer, orphans)) == {"orphan"}
    assert importer.waiting()["orphans"] == 64
    outcomes = import_all(importer, [first])
    assert outcomes == ["added"]
    # The oldest six made room; all others are stored now.
    assert [service.stored(o.hash) is not None for o in orphans] == [False] * 6 + [True] * 64


# ------------------------------------------------------------------ branches


def test_a_lighter_or_equal_branch_stays_aside(importer):
    main, side = grow(GENESIS, 3, b"main"), grow(GENESIS, 3, b"side")
    import_all(importer, main)
    assert import_all(importer, side) == ["side"] * 3
    check_ledger(main[-1])
    for made in side:
        stored = service.stored(made.hash)
        assert stored is not None
        assert (stored.status, stored.canonical) == (BlockStatus.STORED, False)
        assert stored.total_work == made.work
    assert import_all(importer, side) == ["known"] * 3


def test_dear_blocks_outweigh_many_cheap_ones(importer):
    """Two blocks of a fast branch weigh more than three slow ones: work, not length, decides."""
    network = fast_network(params={"theta_min_unat": 2_000_000, "retarget_tau_ms": 1_000})
    wipe_database()
    importer = new_importer(network)
    builder = ChainBuilder(network)
    first = builder.make(builder.genesis, interval_ms=1)
    cheap = builder.grow(builder.genesis, 4, interval_ms=SLOW)
    dear = [first]
    for _ in range(2):
        dear.append(builder.make(dear[-1], interval_ms=1))
    assert dear[-1].work > cheap[-1].work
    import_all(importer, cheap)
    assert import_all(importer, dear) == ["side", "side", "reorg"]
    assert service.head().hash == dear[-1].hash


def winner_only(network: Network, line: list[Made]) -> dict[str, list]:
    """The database of a node that only ever saw one branch; the test's own is emptied."""
    wipe_database()
    import_all(new_importer(network), line)
    return dump_database(best_chain_only=True)


@pytest.mark.parametrize("depth", [1, 10])
def test_after_a_reorganisation_nothing_of_the_loser_is_left(importer, depth):
    common = grow(GENESIS, 2, txs=True)
    loser = grow(common[-1], depth, b"loser", txs=True)
    winner = grow(common[-1], depth + 1, b"winner", txs=True)
    import_all(importer, common + loser)
    assert import_all(importer, winner) == ["side"] * depth + ["reorg"]
    check_ledger(winner[-1])
    for made in loser:
        stored = service.stored(made.hash)
        assert stored is not None
        assert (stored.status, stored.canonical) == (BlockStatus.EXECUTED, False)
        assert all(queries.tx(tx.txid) is None for tx in made.block.txs if in_no(tx, winner))
    mixed = dump_database(best_chain_only=True)
    assert mixed == winner_only(NETWORK, common + winner)


def in_no(tx, line: list[Made]) -> bool:
    return all(tx.txid != other.txid for made in line for other in made.block.txs)


def test_there_and_back_again(importer):
    """The loser, grown longer, wins again: blocks that were executed once are executed anew."""
    one, two = grow(GENESIS, 2, b"one", txs=True), grow(GENESIS, 3, b"two", txs=True)
    import_all(importer, one + two)
    assert service.head().hash == two[-1].hash
    more = grow(one[-1], 2, b"one", txs=True)
    assert import_all(importer, more) == ["side", "reorg"]
    check_ledger(more[-1])
    mixed = dump_database(best_chain_only=True)
    assert mixed == winner_only(NETWORK, one + more)


def test_a_reorganisation_as_deep_as_allowed_and_one_deeper():
    most = NETWORK.local.max_reorg_blocks
    assert most == 100
    importer = new_importer(NETWORK)
    common = grow(GENESIS, 1)
    loser = grow(common[-1], most, b"loser", txs=True)
    winner = grow(common[-1], most + 1, b"winner", txs=True)
    import_all(importer, common + loser)
    assert import_all(importer, winner) == ["side"] * most + ["reorg"]
    check_ledger(winner[-1])
    mixed = dump_database(best_chain_only=True)

    # The loser now forks off 101 below the head: however long it grows, it stays refused.
    longer = grow(loser[-1], 3, b"loser")
    assert longer[-1].work > winner[-1].work
    assert [code_of(importer, made.raw) for made in longer] == ["block.reorg_too_deep"] * 3
    alarm = importer.alarm
    assert alarm is not None
    assert alarm.code == "block.reorg_too_deep"
    assert (alarm.hash, alarm.total_work) == (longer[-1].hash, longer[-1].work)
    assert service.head().hash == winner[-1].hash

    # It calms down once the head is as heavy.
    import_all(importer, grow(winner[-1], 2, b"winner"))
    assert importer.alarm is None
    assert mixed == winner_only(NETWORK, common + winner)


def test_a_heavier_branch_from_far_below_is_shown(importer):
    """A node that was cut off for long: it must say that a heavier chain exists."""
    network = fast_network(local={"max_reorg_blocks": 3})
    wipe_database()
    importer = new_importer(network)
    builder = ChainBuilder(network)
    own = builder.grow(builder.genesis, 5, interval_ms=SLOW, extra=b"own")
    theirs = builder.grow(builder.genesis, 7, interval_ms=SLOW, extra=b"theirs")
    import_all(importer, own)
    for made in theirs[:5]:
        assert code_of(importer, made.raw) == "block.reorg_too_deep"
        assert importer.alarm is None
    for made in theirs[5:]:
        assert code_of(importer, made.raw) == "block.reorg_too_deep"
        assert importer.alarm is not None
        assert importer.alarm.total_work == made.work


# ------------------------------------------------------------------ bad blocks


def broken(parent: Made, salt: bytes) -> Block:
    """A sealed block whose state root is wrong."""
    good = BUILDER.make(parent, interval_ms=SLOW, extra=salt)
    return reseal(good.block, roots=replace(good.header.roots, state=b"\x07" * 32))


def as_made(block: Block, parent: Made) -> Made:
    """A stand-in for a block that no node can execute, to build descendants on."""
    return replace(
        BUILDER.make(parent, interval_ms=SLOW, extra=b"stand-in"), block=block, parent=parent
    )


def test_a_bad_block_on_the_head_is_condemned_by_its_hash(importer):
    bad = broken(GENESIS, b"bad")
    assert code_of(importer, bad.raw) == "block.state_root"
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(bad.raw, source="test")
    assert caught.value.code == "block.known_invalid"
    assert caught.value.facts["rule"] == "block.state_root"
    child = BUILDER.make(as_made(bad, GENESIS), interval_ms=SLOW)
    assert code_of(importer, child.raw) == "block.parent_invalid"
    assert importer.waiting()["orphans"] == 0
    good = grow(GENESIS, 1)
    assert import_all(importer, good) == ["added"]


def test_orphans_of_a_bad_block_are_dropped(importer):
    bad = broken(GENESIS, b"bad")
    child = BUILDER.make(as_made(bad, GENESIS), interval_ms=SLOW)
    assert outcome(importer, child) == "orphan"
    assert code_of(importer, bad.raw) == "block.state_root"
    assert code_of(importer, child.raw) == "block.parent_invalid"


def test_a_wrong_body_condemns_nothing(importer):
    first = grow(GENESIS, 1, txs=True)[0]
    swapped = replace(first.block, txs=first.block.txs[::-1])
    assert code_of(importer, swapped.raw) == "block.body_root"
    assert outcome(importer, first) == "added"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_branch_with_a_bad_block_moves_nothing(importer, position):
    main = grow(GENESIS, 2, b"main", txs=True)
    import_all(importer, main)
    branch: list[Made] = []
    parent = GENESIS
    for place in range(3):
        if place == position:
            parent = as_made(broken(parent, b"bad"), parent)
        else:
            parent = BUILDER.make(parent, interval_ms=SLOW, extra=b"branch")
        branch.append(parent)
    assert import_all(importer, branch[:2]) == ["side", "side"]
    before = dump_database(best_chain_only=True)
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(branch[2].raw, source="test")
    assert caught.value.code == "block.state_root"
    assert dump_database(best_chain_only=True) == before
    check_ledger(main[-1])
    for place, made in enumerate(branch):
        stored = service.stored(made.hash)
        assert stored is not None
        if place < position:
            assert stored.status is not BlockStatus.INVALID
            continue
        rule = "block.state_root" if place == position else "block.parent_invalid"
        assert (stored.status, stored.invalid_code) == (BlockStatus.INVALID, rule)
        with pytest.raises(AnimicaError) as caught:
            importer.import_block(made.raw, source="test")
        assert caught.value.code == "block.known_invalid"
        assert caught.value.facts["rule"] == rule
    child = BUILDER.make(branch[2], interval_ms=SLOW)
    assert code_of(importer, child.raw) == "block.parent_invalid"
    # The honest chain goes on, and so may what is sound of the branch.
    assert import_all(importer, grow(main[-1], 1)) == ["added"]


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.mark.parametrize("clock", ["right", "years behind"])
def test_after_a_crash_between_storing_and_following_a_branch(importer, monkeypatch, clock):
    """The heavier branch was stored, its reorganisation never began: the next start follows it.

    Blocks that were stored once are not condemned for a clock that is behind by then.
    """
    main, side = grow(GENESIS, 1, b"main", txs=True), grow(GENESIS, 2, b"side", txs=True)
    import_all(importer, [*main, side[0]])

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(importer, "_reorganise", die)
    with pytest.raises(Killed):
        importer.import_block(side[1].raw, source="test")
    assert service.head().hash == main[0].hash
    again = new_importer(NETWORK, now=None if clock == "right" else 0)
    check_ledger(side[1])
    assert outcome(again, side[1]) == "known"


# ------------------------------------------------------------------ events


@pytest.mark.django_db(transaction=True)
def test_events_come_after_commit_and_tell_all():
    bus, seen = recording_bus()
    importer = new_importer(NETWORK, bus=bus)
    main, side = grow(GENESIS, 3, b"main", txs=True), grow(GENESIS, 4, b"side", txs=True)
    import_all(importer, main)
    assert seen.events == [
        BlockAdded(made.header, tuple(tx.txid for tx in made.block.txs)) for made in main
    ]
    seen.events.clear()
    assert import_all(importer, side[:3]) == ["side"] * 3
    assert seen.events == []
    assert outcome(importer, side[3]) == "reorg"
    (event,) = seen.events
    assert isinstance(event, ChainReorganised)
    assert (event.old_head, event.new_head) == (main[-1].header, side[-1].header)
    assert event.fork_height == 0
    assert event.removed == tuple(made.hash for made in reversed(main))
    assert event.txids == tuple(tx.txid for made in side for tx in made.block.txs)
    assert event.added == tuple(made.hash for made in side)
    kept = {tx.txid for made in side for tx in made.block.txs}
    gone = [tx.raw for made in main for tx in made.block.txs if tx.txid not in kept]
    assert list(event.returned) == gone
    assert not any(seen.in_transaction)


@pytest.mark.django_db(transaction=True)
def test_transactions_that_did_not_move_along_return_in_their_order():
    bus, seen = recording_bus()
    importer = new_importer(NETWORK, bus=bus)
    parent, main = GENESIS, []
    for nonce in range(3):
        parent = BUILDER.make(
            parent, [transfer(key(1), key(2).address, 5, nonce=nonce)], interval_ms=SLOW
        )
        main.append(parent)
    first = main[0].block.txs[0]
    side = [BUILDER.make(GENESIS, [first], interval_ms=SLOW, extra=b"side")]
    side += grow(side[-1], 3, b"side")
    import_all(importer, main + side)
    (event,) = [event for event in seen.events if isinstance(event, ChainReorganised)]
    assert event.returned == tuple(made.block.txs[0].raw for made in main[1:])


def test_refusals_publish_nothing():
    bus, seen = recording_bus()
    importer = new_importer(NETWORK, bus=bus)
    code_of(importer, broken(GENESIS, b"bad").raw)
    assert seen.events == []


def test_a_listener_that_fails_does_not_undo_the_block():
    errors: list[Exception] = []
    from core.bus import EventBus

    bus = EventBus(lambda event, error: errors.append(error))

    def fail(event: BlockAdded) -> None:
        raise ValueError("listener")

    calls: list[BlockAdded] = []
    bus.subscribe(BlockAdded, fail)
    bus.subscribe(BlockAdded, calls.append)
    importer = new_importer(NETWORK, bus=bus)
    assert import_all(importer, grow(GENESIS, 1)) == ["added"]
    assert len(errors) == len(calls) == 1


# ------------------------------------------------------------------ sizes and bytes


def test_a_block_of_the_greatest_size_and_one_byte_more():
    block = grow(GENESIS, 1, txs=True)[0]
    size = len(block.raw)
    wipe_database()
    tight = fast_network(params={"block_bytes": size - 1})
    importer = new_importer(tight)
    assert code_of(importer, block.raw) == "cbor.too_large"


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xff", b"\xa0", b"not cbor", bytes(100)])
def test_bytes_that_are_no_block(importer, raw):
    assert code_of(importer, raw).split(".")[0] in ("cbor", "field")
