"""Many threads at once: nothing is lost, doubled or announced out of order."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import sleep

from core.errors import Refused
from mempool.events import TxAdded
from tests.mempool.world import World


def try_submit(world: World, raw: bytes) -> str:
    try:
        return world.pool.submit(raw).state
    except Refused as refusal:
        return refusal.code


def test_submissions_blocks_and_readers_together(world):
    txs = [world.tx(number, nonce) for nonce in range(5) for number in range(6)]
    raws = [tx.raw for tx in txs] * 2
    with ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(try_submit, world, raw) for raw in raws]
        blocks = [threads.submit(world.mine) for _ in range(3)]
        reads = [threads.submit(world.pool.stats) for _ in range(10)]
        for future in (*blocks, *reads):
            future.result()
        codes = [future.result() for future in outcomes]
    assert sorted(code for code in codes if code.startswith("pool")) == ["pool.duplicate"] * 30
    assert world.held() == dict.fromkeys([tx.txid for tx in txs], "ready")
    added = [news.tx.txid for news in world.news if isinstance(news, TxAdded)]
    assert sorted(added) == sorted(tx.txid for tx in txs)
    assert world.drops() == {}


def test_one_nonce_many_bidders(world):
    bids = [world.tx(0, 0, max_fee=1_000 + step, max_tip=10 + step) for step in range(0, 600, 50)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda tx: try_submit(world, tx.raw), bids))
    (left,) = world.held()
    added = [news.tx.txid for news in world.news if isinstance(news, TxAdded)]
    assert added[-1] == left
    assert set(added[:-1]) == set(world.drops())


def test_a_head_that_comes_while_a_signature_is_verified(world):
    """The submission is checked again against the new head."""
    stale, behind = world.tx(0, 0), world.tx(0, 1)
    verify = world.witnesses.check_one

    def verify_slowly(signed):
        world.witnesses.check_one = verify
        world.mine(world.tx(0, 0, max_tip=11))
        verify(signed)

    world.witnesses.check_one = verify_slowly
    assert try_submit(world, stale.raw) == "tx.nonce_low"
    assert try_submit(world, behind.raw) == "ready"


def test_a_head_that_is_being_taken_in_while_a_submission_is_checked(world):
    """It is judged by the account as that head leaves it, not as the queue knew it before."""
    first, second, other = world.tx(0, 0), world.tx(0, 1), world.tx(1, 0)
    world.pool.submit(first.raw)
    read, taking_in = world.state.get_many, Event()

    def read_for_the_head(records):
        world.state.get_many = read
        taking_in.set()
        sleep(0.2)  # the submission goes on, up to where it needs the pool's lock
        return read(records)

    def read_for_the_submission(records):
        world.state.get_many = read_for_the_head
        heads.append(threads.submit(world.mine, first))
        assert taking_in.wait(5)
        return read(records)

    heads: list[Future[None]] = []
    with ThreadPoolExecutor(1) as threads:
        world.state.get_many = read_for_the_submission
        outcomes = world.pool.submit_many([second.raw, other.raw])
        heads[0].result()
    assert [admission.state for admission in outcomes] == ["ready", "ready"]
    assert world.held() == {second.txid: "ready", other.txid: "ready"}
