"""Signature checks: success is remembered for exactly what was checked, failure for nothing."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Event

import pytest

from consensus import witnesses
from consensus.waiting import WaitingRoom
from consensus.witnesses import WitnessChecker
from core.errors import TxRefused
from core.tx import SignedTx, Witness
from execution.validity import check_signature
from tests.support import ChainBuilder, InlineRunner, fast_network, key, transfer


@pytest.fixture
def checked(monkeypatch) -> list[bytes]:
    """The ids of the transactions whose signatures were really verified."""
    seen: list[bytes] = []

    def counting(tx, public_key):
        seen.append(tx.txid)
        check_signature(tx, public_key)

    monkeypatch.setattr(witnesses, "check_signature", counting)
    return seen


TXS = [transfer(key(n), key(9).address, n, nonce=0) for n in range(5)]
PAIRS = [(tx, key(n).public_key) for n, tx in enumerate(TXS)]


def bad(tx: SignedTx) -> SignedTx:
    sig = tx.witness.sig
    return SignedTx(tx.unsigned, Witness(tx.witness.alg, sig[:-1] + bytes([sig[-1] ^ 1])))


def test_what_was_checked_once_is_not_checked_again(checked):
    checker = WitnessChecker(InlineRunner())
    checker.check_one(PAIRS[0])
    checker.check_all(PAIRS)
    checker.check_all(PAIRS)
    checker.check_one(PAIRS[3])
    assert checked == [tx.txid for tx in TXS]


def test_what_was_begun_ahead_is_not_checked_again(checked):
    checker = WitnessChecker(InlineRunner())
    checker.begin(PAIRS[:3])
    checker.begin(PAIRS[:4])
    checker.check_all(PAIRS)
    assert sorted(checked) == sorted(tx.txid for tx in TXS)


def test_one_that_comes_twice_is_begun_once(checked):
    checker = WitnessChecker(InlineRunner())
    checker.begin([PAIRS[0], PAIRS[1], PAIRS[0]])
    checker.check_all([PAIRS[0], PAIRS[0], PAIRS[1]])
    assert sorted(checked) == sorted(tx.txid for tx in TXS[:2])


def test_a_bad_one_begun_ahead_is_refused_when_its_turn_comes(checked):
    checker = WitnessChecker(InlineRunner())
    pairs = [PAIRS[0], (bad(TXS[1]), PAIRS[1][1])]
    checker.begin(pairs)
    with pytest.raises(TxRefused) as caught:
        checker.check_all(pairs)
    assert caught.value.facts["txIndex"] == 1
    checker.check_all([PAIRS[0]])
    assert checked.count(TXS[0].txid) == 1


def test_a_check_waits_for_what_another_thread_began(monkeypatch):
    entered, leave, seen = Event(), Event(), []

    def slow(tx, public_key):
        entered.set()
        assert leave.wait(10)
        seen.append(tx.txid)
        check_signature(tx, public_key)

    monkeypatch.setattr(witnesses, "check_signature", slow)
    with ThreadPoolExecutor(2) as pool:
        runner = InlineRunner()
        runner.start = pool.submit
        checker = WitnessChecker(runner)
        checker.begin(PAIRS)
        assert entered.wait(10)
        waiting = pool.submit(checker.check_all, PAIRS)
        leave.set()
        waiting.result(10)
    assert len(seen) == len(PAIRS)


@pytest.mark.parametrize("how", ["cancelled", "refused"])
def test_nobody_waits_for_work_that_never_runs(checked, how):
    runner = InlineRunner()

    def start(function, item):
        if how == "refused":
            raise RuntimeError("the runner is closed")
        never = Future()
        never.cancel()
        return never

    runner.start = start
    checker = WitnessChecker(runner)
    with suppress(RuntimeError):
        checker.begin(PAIRS)
    checker.check_all(PAIRS)
    assert sorted(checked) == sorted(tx.txid for tx in TXS)


def test_a_failure_is_not_remembered_as_success(checked):
    checker = WitnessChecker(InlineRunner())
    pair = (bad(TXS[0]), PAIRS[0][1])
    for _ in range(2):
        with pytest.raises(TxRefused):
            checker.check_one(pair)
        with pytest.raises(TxRefused):
            checker.check_all([pair])
    assert len(checked) == 4
    checker.check_one(PAIRS[0])


def test_another_witness_or_key_is_another_check(checked):
    checker = WitnessChecker(InlineRunner())
    checker.check_all(PAIRS)
    with pytest.raises(TxRefused):
        checker.check_one((bad(TXS[1]), PAIRS[1][1]))
    with pytest.raises(TxRefused):
        checker.check_one((TXS[1], key(2).public_key))
    with pytest.raises(TxRefused):
        checker.check_all([(TXS[1].with_key(None), key(2).public_key)])


@pytest.mark.parametrize("chunk", [1, 2, 32])
def test_the_first_bad_one_is_named(monkeypatch, chunk):
    monkeypatch.setattr(witnesses, "_CHUNK", chunk)
    checker = WitnessChecker(InlineRunner())
    pairs = list(PAIRS)
    for index in (2, 4):
        pairs[index] = (bad(TXS[index]), pairs[index][1])
    with pytest.raises(TxRefused) as caught:
        checker.check_all(pairs)
    assert caught.value.code == "tx.signature"
    assert caught.value.facts["txIndex"] == 2


def test_memory_is_bounded(monkeypatch, checked):
    monkeypatch.setattr(witnesses, "_REMEMBERED", 3)
    checker = WitnessChecker(InlineRunner())
    checker.check_all(PAIRS)
    checker.check_all(PAIRS[2:])
    assert len(checked) == 5
    checker.check_one(PAIRS[0])
    assert len(checked) == 6


def test_an_empty_block_has_nothing_to_check(checked):
    WitnessChecker(InlineRunner()).check_all([])
    assert checked == []


# ------------------------------------------------------------------ the rooms blocks wait in


def blocks(number: int):
    builder = ChainBuilder(fast_network(accounts=1))
    return [m.block for m in (builder.make(builder.genesis, interval_ms=n + 1)
                              for n in range(number))]  # fmt: skip


def test_rooms_are_bounded_in_count_and_bytes():
    made = blocks(5)
    room = WaitingRoom(most_blocks=3)
    for block in made:
        room.add(block)
    assert [block.hash in room for block in made] == [False, False, True, True, True]
    size = len(made[0].raw)
    room = WaitingRoom(most_bytes=2 * size + size // 2)
    for block in made:
        room.add(block)
    assert len(room) == 2
    room = WaitingRoom(most_bytes=size - 1)
    room.add(made[0])
    assert len(room) == 0


def test_a_block_waits_once():
    block = blocks(1)[0]
    room = WaitingRoom(most_bytes=len(block.raw))
    room.add(block)
    room.add(block)
    assert len(room) == 1
    assert room.take_children(block.header.parent) == [block]
    room.add(block)
    assert len(room) == 1, "its bytes were given back"


def test_taken_by_parent_and_by_time():
    made = blocks(4)
    stranger = replace(made[0], header=replace(made[0].header, parent=bytes(32)))
    room = WaitingRoom()
    for block in (made[2], made[0], stranger, made[1], made[3]):
        room.add(block)
    times = [block.header.time for block in made]
    assert room.take_due(times[0] - 1) == []
    assert room.take_due(times[1]) in ([made[0], stranger, made[1]], [stranger, made[0], made[1]])
    assert room.take_children(made[0].header.parent) == [made[2], made[3]]
    assert len(room) == 0
