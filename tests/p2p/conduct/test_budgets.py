"""Budgets: what honest peers need stays far below them, what floods does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.rules import limits
from p2p.rules.conduct import budgets
from p2p.rules.conduct.budgets import ALL, NAMES, PEER, Bucket, Budget, Budgets
from p2p.rules.conduct.prices import PRICES, SMALL, work_us
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from p2p.rules.wire.table import kinds

KIND = {kind: number for number, kind in m.KINDS.items()}
BLOCK_BYTES = 8_000_000


def of(kind: type, size: int) -> bytes:
    """A message of a kind and size, as far as budgets look at it."""
    return bytes([KIND[kind]]) + bytes(size - 1)


def test_every_kind_has_its_price():
    assert set(PRICES) == set(m.KINDS.values())
    for kind, price in PRICES.items():
        assert work_us(of(kind, 1_000)) == price.us + price.byte_ns > 0
    assert work_us(b"") == SMALL.us
    assert work_us(b"\xff" * 1_000) == SMALL.of(1_000)


@pytest.mark.parametrize("kind", list(m.KINDS.values()))
def test_no_message_is_too_dear_to_be_taken_again(kind):
    """The largest message of a kind costs less than what comes back in two seconds."""
    largest = kinds(BLOCK_BYTES)[KIND[kind]].bytes
    for budget, amount in zip(PEER, (1, largest, PRICES[kind].of(largest)), strict=True):
        assert amount <= 2 * budget.second


def test_a_bucket_by_example():
    bucket = Bucket(Budget(second=10, burst=5), at_ms=0)
    assert bucket.level == 5_000 and bucket.half_full
    bucket.take(3)
    assert not bucket.half_full
    bucket.take(4)
    assert bucket.level == -2_000
    bucket.fill(150)
    assert bucket.level == -500
    bucket.fill(151)
    assert bucket.level == -490
    bucket.fill(10_000)
    assert bucket.level == 5_000


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 10_000)), max_size=60))
def test_what_is_taken_is_bounded_by_rate_and_burst(steps):
    """Whatever comes when: never more than the burst, the rate's share and one message."""
    budget, size = Budgets(0), 0
    now = 0
    taken = 0
    for wait, count in steps:
        now += wait
        data = of(m.Inv, count)
        if not budget.judge(b"1", data, now).over:
            taken += len(data)
            size = max(size, len(data))
    assert taken <= PEER[1].burst + PEER[1].second * now // 1000 + size


@pytest.mark.parametrize(
    ("kind", "size", "over"),
    [(m.Ping, 10, "messages"), (m.Body, 4_000_000, "bytes"), (m.GetHeaders, 2_000, "work")],
)
def test_each_measure_binds(kind, size, over):
    budget = Budgets(0)
    data = of(kind, size)
    verdicts = {budget.judge(b"1", data, 0).over for _ in range(20_000)}
    assert verdicts == {"", over}
    assert budget.judge(b"1", data, 0).own
    assert not budget.judge(b"2", data, 0).over


def test_budgets_outlast_connections_and_are_bounded(monkeypatch):
    monkeypatch.setattr(budgets, "BUDGETS_MOST", 3)
    budget = Budgets(0)
    for name in (b"1", b"2", b"3", b"1", b"4"):
        budget.judge(name, b"\x02\x01", 0)
    assert list(budget.peers) == [b"3", b"1", b"4"]  # the longest silent went


def test_a_stranger_yields_to_those_who_have_been_here():
    """With the budget of all empty: a new name does not pass, one that sent little does."""
    budget = Budgets(0)
    ping = of(m.Ping, 2)
    budget.judge(b"old", ping, 0)
    for bucket in budget.all.each:
        bucket.level = 0
    assert budget.judge(b"new", ping, 0) == budgets.Verdict("messages", own=False)
    budget.peers[b"old"].fill(2_000)
    budget.all.each[0].level = -(10**9)
    assert not budget.judge(b"old", ping, 2_000).over


@pytest.mark.parametrize("index", range(3))
def test_all_together_are_bounded(index, monkeypatch):
    """However many peers send within their own: at most what all may, and half a burst each."""
    budget = Budgets(0)
    sizes = {"messages": (m.Ping, 2), "bytes": (m.Body, 6_000_000), "work": (m.GetHeaders, 40)}
    kind, size = sizes[NAMES[index]]
    data = of(kind, size)
    amount = (1, size, work_us(data))[index]
    peers, now = 12, 10_000
    for conn in range(peers):  # no strangers: they have all of their burst
        budget.judge(b"%d" % conn, of(m.Ping, 2), 0)
    taken = 0
    for _ in range(9_000):
        for conn in range(peers):
            taken += amount * (not budget.judge(b"%d" % conn, data, now).over)
        if budget.judge(b"0", data, now).over and all(
            not bucket.each[index].half_full for bucket in budget.peers.values()
        ):
            break
    assert (
        ALL[index].burst
        < taken
        <= max(ALL[index].burst + amount, peers * (PEER[index].burst // 2 + amount))
    )


# --------------------------------------------------------------------------- honest peers


def every(ms: int, data: bytes, count: int = 1) -> list[tuple[int, bytes]]:
    """A message ``count`` times every so many ms, for a second."""
    return [(at, data) for at in range(0, 1000, ms) for _ in range(count)]


def real(message) -> bytes:
    return codec.encode(message)


ID = b"\x55" * 32
TX = bytes(5_400)  # a transfer with an ML-DSA-65 signature and its key

RELAY = [  # 1,000 transactions a second, all from this one peer, and as many asked of it
    *every(100, real(m.Inv(m.TX, (ID,) * 100))),
    *every(100, real(m.Get(m.TX, (ID,) * 100))),
    *every(100, real(m.Txs((TX,) * 50)), count=2),
    *every(500, real(m.Inv(m.PROOF, (ID,) * 32))),
    *every(500, real(m.Proofs((bytes(2_100),) * 32))),
]
MESH = [  # a block a second, faster than any network is set to
    *every(1_000, of(m.Compact, 20_000)),
    *every(1_000, of(m.GetParts, 4_000)),
    *every(1_000, of(m.Parts, 500_000)),
    *every(1_000, real(m.Headers((bytes(700),), asked=False)), count=4),
    *every(1_000, real(m.Ping(1))),
    *every(1_000, real(m.Graft())),
    *every(1_000, real(m.Prune(60))),
]
SYNC_SMALL = [  # 500 small blocks a second and their headers, all from this one peer
    *every(2, of(m.Body, 12_000)),
    *every(500, of(m.Headers, 256 * 720)),
]
SYNC_LARGE = [  # 16 MB a second of full blocks
    *every(500, of(m.Body, 8_000_000)),
    *every(500, of(m.Headers, 256 * 720)),
]
SERVE = [  # a peer that syncs at that speed from this node alone
    *every(20, real(m.GetBodies((ID,) * 10))),
    *every(250, real(m.GetHeaders((ID,) * 40, 256))),
]
SNAPSHOT = [  # 20 chunks a second, there and back
    *every(50, of(m.ChunkIs, limits.CHUNK_BYTES)),
    *every(50, real(m.GetChunk(ID, 3))),
    *every(1_000, of(m.ManifestIs, 500_000)),
]


@pytest.mark.parametrize(
    "second",
    [RELAY + MESH, SYNC_SMALL, SYNC_LARGE, SERVE + MESH, SNAPSHOT, RELAY + MESH + SERVE],
    ids=["relay", "small blocks", "large blocks", "serving", "snapshot", "all at once"],
)
def test_the_honest_worst_case_stays_far_below(second):
    """A minute of it takes less than half of each rate, and nothing is ever dropped."""
    budget = Budgets(0)
    for start in range(0, 60_000, 1_000):
        for at, data in sorted(second, key=lambda one: one[0]):
            assert not budget.judge(b"1", data, start + at).over
    for bucket in budget.peers[b"1"].each:
        bucket.fill(60_000)
        assert bucket.half_full
    used = (
        len(second),
        sum(len(data) for _, data in second),
        sum(work_us(data) for _, data in second),
    )
    for name, budgeted, amount in zip(NAMES, PEER, used, strict=True):
        assert amount * 2 <= budgeted.second, name


def test_a_burst_of_all_that_may_be_under_way_is_taken():
    """Everything that sync may have asked of one peer arrives at once, after a pause."""
    budget = Budgets(0)
    bodies = [of(m.Body, 1_000_000)] * 32 + [of(m.Headers, 256 * 720)]
    bodies += [real(m.Txs((TX,) * 90))] * 4 + [of(m.Inv, 34_000)] * 4
    random.Random(1).shuffle(bodies)
    assert not any(budget.judge(b"1", data, 0).over for data in bodies)


def test_all_peers_at_their_honest_worst_pass_together():
    """Of 72 peers each relays its share, eight serve bodies at 2 MB/s, all ask headers."""
    budget = Budgets(0)
    share = [
        *every(100, real(m.Inv(m.TX, (ID,) * 100))),
        *every(1_000, real(m.Txs((TX,) * 14))),
        *every(1_000, real(m.Headers((bytes(700),), asked=False))),
    ]
    bodies = every(500, of(m.Body, 1_000_000))
    for start in range(0, 10_000, 1_000):
        for conn in range(72):
            for at, data in share + (bodies if conn < 8 else []):
                verdict = budget.judge(b"%d" % conn, data, start + at)
                assert not verdict.over
    assert all(bucket.half_full for bucket in budget.all.each)


def test_the_table_is_in_the_order_of_its_names():
    assert len(NAMES) == len(PEER) == len(ALL) == 3
    for mine, shared in zip(PEER, ALL, strict=True):
        assert mine.second <= mine.burst and mine.second <= shared.second
        assert mine.burst <= shared.burst
    assert budgets.TAKEN.over == ""
