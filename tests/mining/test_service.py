"""The miner: pacing by a fake clock, one block a transaction, refusals, faults, start and stop."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from threading import Event, Thread

import pytest
from django.db import DatabaseError

from animica_site import networks
from consensus import errors
from consensus.rules import seal
from core.limits import CLOCK_AHEAD_MS
from core.network import ParamSet
from execution import accounts
from mining import service
from mining.errors import BlockUnsealed, MinerSettings, OwnBlockRefused
from mining.search import SearchPool
from mining.service import Miner
from mining.values import MinerState
from tests.mining.conftest import RICH, World, make_world
from tests.support import changed


def make_miner(world: World, *, search: SearchPool | None = None, **settings) -> Miner:
    miner = Miner(
        network=world.network,
        ledger=world.chain,
        importer=world.chain,
        pool=world.pool,
        proofs=world.proofs,
        search=search or SearchPool(0),
        clock=world.clock,
        coinbase=settings.pop("coinbase", world.coinbase),
        **settings,
    )
    forget = world.chain.listener

    def listener(block):
        forget(block)
        miner.head_changed(block)

    world.chain.listener = listener
    return miner


def height(world: World) -> int:
    return world.chain.head().height


def wait_for(holds, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def paced() -> World:
    """Devnet's pacing at a work that a test can afford."""
    network = networks.load("fast")
    return make_world(replace(network, local=replace(network.local, paced=True)))


# ---------------------------------------------------------------- step by step


def test_unpaced_a_step_is_a_block_of_all_that_is_ready(world):
    miner = make_miner(world)
    world.pool.txs = [world.transfer(0, 0), world.transfer(1, 0)]
    assert miner.step() == 0
    assert height(world) == 1
    assert len(world.chain.blocks[1].txs) == 2
    assert world.chain.blocks[1].header.time == world.clock.ms
    seal.check_seal(world.chain.blocks[1].header)
    assert miner.step() == 0  # and the clock has not moved: the next millisecond
    assert world.chain.blocks[2].header.time == world.clock.ms + 1
    assert world.chain.sources == ["miner", "miner"]
    stats = miner.stats()
    assert (stats.blocks_found, stats.blocks_refused, stats.height) == (2, 0, 2)
    assert stats.hashes > 0


def test_times_never_run_more_than_the_allowed_ahead(world):
    miner = make_miner(world)
    assert miner.step() == 0
    parent = world.chain.head().header.time
    world.clock.ms = parent - CLOCK_AHEAD_MS  # parent + 1 would be one too far
    assert miner.step() == 1
    assert height(world) == 1
    assert miner.stats().state is MinerState.WAITING_TIME
    world.clock.ms += 1
    assert miner.step() == 0
    assert world.chain.head().header.time == parent + 1


def test_paced_a_block_waits_for_the_interval_after_its_parent(paced):
    interval = paced.network.at(0).params.target_interval_ms
    miner = make_miner(paced)
    assert miner.stats().block_time_ms == interval
    assert miner.step() == 0  # genesis is old
    first = paced.chain.head().header.time
    waits = []
    while height(paced) == 1:
        delay = miner.step()
        if delay:
            assert miner.stats().state is MinerState.WAITING_TIME
            waits.append(delay)
            paced.clock.ms += delay
    assert paced.chain.head().header.time == first + interval
    assert sum(waits) == interval
    assert max(waits) <= 500  # a moved clock is noticed


def test_an_upgrade_of_the_interval_paces_from_its_first_block_on(paced):
    first = paced.network.at(0)
    interval = first.params.target_interval_ms
    slower = replace(first.params, target_interval_ms=interval + 1_000)
    later = ParamSet("slower", first=3, params=slower, poies=first.poies)
    world = make_world(replace(paced.network, sets=(first, later)))
    miner = make_miner(world)
    asked = []
    while height(world) < 3:
        delay = miner.step()
        world.clock.ms += delay
        if delay:
            asked.append((miner.stats().height, miner.stats().block_time_ms))
    times = [block.header.time for block in world.chain.blocks[1:]]
    assert [later - earlier for earlier, later in pairwise(times)] == [interval, interval + 1_000]
    assert set(asked) == {(2, interval), (3, interval + 1_000)}


def test_a_clock_that_jumps_is_followed(paced):
    miner = make_miner(paced)
    miner.step()
    assert miner.step() > 0
    paced.clock.ms += 3_600_000
    assert miner.step() == 0
    assert paced.chain.head().header.time == paced.clock.ms


@pytest.mark.parametrize("block_time_ms", [1, 250, 7_000])
def test_a_given_block_time_paces_any_network(world, block_time_ms):
    miner = make_miner(world, block_time_ms=block_time_ms)
    miner.step()
    first = world.chain.head().header.time
    world.clock.ms = first + block_time_ms - 1
    assert miner.step() == 1
    world.clock.ms += 1
    assert miner.step() == 0
    assert world.chain.head().header.time == first + block_time_ms


def test_on_demand_a_block_for_each_transaction(paced):
    miner = make_miner(paced, block_time_ms=0)
    assert miner.step() > 0
    assert height(paced) == 0
    assert miner.stats().state is MinerState.WAITING_TX
    txs = [paced.transfer(0, 0), paced.transfer(0, 1), paced.transfer(1, 0)]
    paced.pool.txs = list(txs)
    for expected, tx in enumerate(txs, 1):
        assert miner.step() == 0
        assert height(paced) == expected
        block = paced.chain.blocks[-1]
        assert [each.txid for each in block.txs] == [tx.txid]
        seal.check_seal(block.header)
        assert block.header.time == paced.clock.ms + expected - 1  # max(now, parent + 1)
    assert miner.step() > 0
    assert height(paced) == 3


def test_on_demand_makes_no_block_of_a_refused_transaction(paced):
    miner = make_miner(paced, block_time_ms=0)
    poor = paced.transfer(0, 0, body={"to": paced.coinbase, "value": RICH})
    paced.pool.txs = [poor]
    assert miner.step() > 0
    assert height(paced) == 0
    assert paced.pool.dropped == [(poor.txid, "tx.insufficient_funds")]


def test_nothing_is_dropped_because_the_pool_is_behind(world):
    """It offers what was mined a moment ago, and a key form of the state before."""
    tx, plain = world.transfer(0, 0), world.transfer(1, 0).with_key(None)
    world.pool.txs = [tx]
    miner = make_miner(world)
    miner.step()
    world.pool.txs = [tx, plain]
    assert miner.step() == 0
    assert world.chain.blocks[2].txs == ()
    assert world.pool.dropped == []


def test_a_paused_miner_does_nothing(world):
    miner = make_miner(world)
    miner.pause("because")
    assert miner.step() > 0
    assert height(world) == 0
    miner.resume()
    assert miner.step() == 0
    assert height(world) == 1


def test_nothing_is_made_while_a_better_chain_is_on_its_way(world):
    far = [True]
    miner = make_miner(world, behind=lambda: far[0])
    assert miner.step() > 0
    assert height(world) == 0
    assert miner.stats().state is MinerState.WAITING_CHAIN and not miner.stats().troubled
    far[0] = False
    assert miner.step() == 0
    assert height(world) == 1


def test_an_outdated_template_is_given_up(world):
    """The head moves while a nonce is searched: nothing is imported on the old one."""

    class Slow(SearchPool):
        def search(self, seal_prefix, threshold, cancelled, start=0, hunt=None):
            assert not cancelled()
            miner.head_changed("the head moved")
            assert cancelled()

    miner = make_miner(world, search=Slow(0))
    assert miner.step() > 0
    assert height(world) == 0


def test_a_head_that_moves_while_building_is_built_on(world):
    miner = make_miner(world)
    rival = make_miner(world)
    select = world.pool.select

    def racing(**budgets):
        if height(world) == 0:
            world.pool.select = select
            rival.step()
        return select(**budgets)

    world.pool.select = racing
    assert miner.step() == 0
    assert height(world) == 1
    assert miner.stats().blocks_found == 0
    assert miner.step() == 0
    assert height(world) == 2


def test_a_template_is_refreshed(world):
    asked = []

    class Never(SearchPool):
        def search(self, seal_prefix, threshold, cancelled, start=0, hunt=None):
            asked.append(seal_prefix)
            wait_for(cancelled, 5)

    miner = make_miner(world, search=Never(0), refresh_ms=30)
    for _ in range(2):
        miner.step()
        world.clock.ms += 1_000
    assert len(set(asked)) == 2


# ---------------------------------------------------------------- mine_one


def test_mine_one_ignores_pacing_and_takes_all(paced):
    miner = make_miner(paced, block_time_ms=0)
    first = miner.mine_one()
    assert first.height == 1
    assert first == paced.chain.head().header
    paced.pool.txs = [paced.transfer(0, 0), paced.transfer(0, 1)]
    second = miner.mine_one()
    assert len(paced.chain.blocks[2].txs) == 2
    assert second.time == first.time + 1


def test_mine_one_beside_the_running_miner(paced):
    miner = make_miner(paced, block_time_ms=60_000)
    miner.start()
    try:
        wait_for(lambda: height(paced) == 1)
        heights = [miner.mine_one().height for _ in range(5)]
        assert heights == [2, 3, 4, 5, 6]
    finally:
        miner.stop()


def test_mine_one_interrupts_a_hopeless_search(world):
    """The thread searches a seal that will not come; a caller gets its turn nevertheless."""
    started = Event()

    class Picky(SearchPool):
        def search(self, seal_prefix, threshold, cancelled, start=0, hunt=None):
            started.set()
            return super().search(seal_prefix, threshold if world.chain.sources else 0, cancelled)

    miner = make_miner(world, search=Picky(0), refresh_ms=60_000)
    miner.start()
    try:
        assert started.wait(5)
        world.chain.sources.append("from here on seals can be found")
        began = time.monotonic()
        assert miner.mine_one().height >= 1
        assert time.monotonic() - began < 10  # not the 60 s until the thread refreshes
    finally:
        miner.stop()


def test_mine_one_after_stop(world):
    miner = make_miner(world)
    miner.start()
    miner.stop()
    with pytest.raises(BlockUnsealed):
        miner.mine_one()


# ---------------------------------------------------------------- refusals and faults


def test_three_refusals_of_own_blocks_in_a_row_pause_the_miner(world, caplog):
    world.chain.refuse_with = errors.StateRootWrong("as if template and import disagreed")
    miner = make_miner(world)
    miner.start()
    try:
        wait_for(lambda: miner.stats().state is MinerState.PAUSED)
        stats = miner.stats()
        assert stats.blocks_refused == 3
        assert stats.reason is not None
        assert "mining.own_block_refused" in stats.reason
        records = [each for each in caplog.records if each.name == "animica.mining"]
        assert [each.levelname for each in records] == ["ERROR"] * 3
        assert {each.rule for each in records} == {"block.state_root"}
        time.sleep(0.1)
        assert len(world.chain.sources) == 3  # it has stopped trying
        world.chain.refuse_with = None
        miner.resume()
        wait_for(lambda: height(world) > 2)
        assert miner.stats().reason is None
    finally:
        miner.stop()


def test_an_own_block_refused_is_raised_with_the_rule(world):
    world.chain.refuse_with = errors.StateRootWrong("now and then")
    miner = make_miner(world)
    for call in (miner.step, miner.mine_one):
        with pytest.raises(OwnBlockRefused) as caught:
            call()
        assert caught.value.facts["rule"] == "block.state_root"
        assert caught.value.facts["height"] == 1
    assert miner.stats().blocks_refused == 2


def test_refusals_that_are_not_in_a_row_do_not_pause(world):
    miner = make_miner(world)
    for _ in range(4):
        world.chain.refuse_with = errors.StateRootWrong("now and then")
        assert miner._step_or_back_off() > 0
        assert miner._step_or_back_off() > 0
        world.chain.refuse_with = None
        assert miner._step_or_back_off() == 0
    assert height(world) == 4
    assert miner.stats().blocks_refused == 8


def test_a_database_fault_is_waited_out(world, caplog):
    head, down = world.chain.head, Event()

    def failing():
        if down.is_set():
            raise DatabaseError("the database is away")
        return head()

    world.chain.head = failing
    miner = make_miner(world)
    miner.start()
    try:
        wait_for(lambda: len(world.chain.blocks) > 2)
        down.set()
        wait_for(lambda: miner.stats().state is MinerState.FAULT)
        assert "the database is away" in str(miner.stats().reason)
        down.clear()
        before = len(world.chain.blocks)
        wait_for(lambda: len(world.chain.blocks) > before)
        wait_for(lambda: miner.stats().reason is None)
    finally:
        miner.stop()
    assert any("the database is away" in each.message for each in caplog.records)


def test_a_thread_that_ends_by_a_bug_shows(world, monkeypatch):
    seen = Event()
    monkeypatch.setattr("threading.excepthook", lambda args: seen.set())
    monkeypatch.setattr(world.chain, "head", lambda: {}["no such key"])
    miner = make_miner(world)
    miner.start()
    assert seen.wait(5)
    assert miner.stats().state is MinerState.FAULT
    assert miner.stats().reason is not None
    miner.stop()


# ---------------------------------------------------------------- the thread


def test_a_running_miner_is_woken_by_a_transaction(paced):
    miner = make_miner(paced, block_time_ms=0)
    tx = paced.transfer(0, 0)
    miner.start()
    try:
        wait_for(lambda: miner.stats().state is MinerState.WAITING_TX)
        time.sleep(0.05)
        began = time.monotonic()
        paced.pool.txs = [tx]
        miner.tx_added(tx)
        wait_for(lambda: height(paced) == 1)
        assert time.monotonic() - began < 0.4  # it looks again by itself only after 0.5 s
    finally:
        miner.stop()


@pytest.mark.parametrize("workers", [0, 2])
def test_stop_while_searching_ends_thread_and_workers_within_a_second(workers, world):
    world = make_world(changed(world.network, theta_start_unat=60_000_000))
    search = SearchPool(workers)
    miner = make_miner(world, search=search)
    assert miner.stats().state is MinerState.STOPPED
    miner.start()
    wait_for(lambda: miner.stats().hash_rate > 0)
    assert miner.stats().state is MinerState.SEARCHING
    assert miner.stats().workers == workers
    began = time.monotonic()
    miner.stop()
    assert time.monotonic() - began < 1
    assert miner.stats().state is MinerState.STOPPED
    assert search.pids == []
    assert height(world) == 0


@pytest.mark.parametrize("round", [1, 2])
def test_pause_ends_a_search_and_a_stopped_miner_starts_again(round, world):
    hard = make_world(changed(world.network, theta_start_unat=60_000_000))
    miner = make_miner(hard, search=SearchPool(1))
    for _ in range(round):
        miner.start()
        miner.stop()
    miner.start()
    try:
        wait_for(lambda: miner.stats().state is MinerState.SEARCHING)
        miner.pause()
        before = wait_until_still(miner)
        time.sleep(0.3)
        assert miner.stats().hashes == before
        assert miner.stats().state is MinerState.PAUSED
        miner.resume()
        wait_for(lambda: miner.stats().hashes > before)
    finally:
        miner.stop()


def wait_until_still(miner: Miner) -> int:
    while True:
        before = miner.stats().hashes
        time.sleep(0.1)
        if miner.stats().hashes == before:
            return before


def test_several_callers_of_mine_one_take_turns(world):
    miner = make_miner(world)
    made = []
    threads = [Thread(target=lambda: made.append(miner.mine_one().height)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(made) == [1, 2, 3, 4]


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"coinbase": accounts.TREASURY}, "coinbase"),
        ({"coinbase": b""}, "coinbase"),
        ({"extra": bytes(33)}, "extra"),
        ({"block_time_ms": -1}, "block_time_ms"),
    ],
)
def test_bad_settings_are_refused_at_once(world, settings, field):
    with pytest.raises(MinerSettings) as caught:
        make_miner(world, **settings)
    assert caught.value.facts["field"] == field


def test_install_and_current(world):
    assert service.current() is None
    miner = make_miner(world)
    service.install(miner)
    assert service.current() is miner
    service.install(None)
    assert service.current() is None
