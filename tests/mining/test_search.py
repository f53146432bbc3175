"""The pool of worker processes: finds, gives up, survives its workers, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from hashlib import sha3_256
from pathlib import Path
from threading import Thread

import pytest

from mining import search as search_module
from mining.errors import WorkersLost
from mining.search import SearchPool, ShareHunt, _Ranges

PREFIX = bytes(range(80))
ROOT = Path(__file__).resolve().parents[2]


def never() -> bool:
    return False


def after(seconds: float):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def draw(nonce: int) -> int:
    return int.from_bytes(sha3_256(PREFIX + nonce.to_bytes(8, "little")).digest(), "big")


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status != "Z"


def wait_for(holds, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def running(workers: int, **settings):
    pool = SearchPool(workers, **settings)
    pool.start()
    try:
        yield pool
    finally:
        pool.stop()


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_finds_a_nonce_that_seals(workers):
    with running(workers) as pool:
        for bits in (0, 1, 8, 14):
            threshold = 2**256 >> bits
            nonce = pool.search(PREFIX, threshold, never, start=bits)
            assert nonce is not None
            assert nonce >= bits
            assert draw(nonce) < threshold
        assert pool.hashes > 0


@pytest.mark.parametrize("workers", [0, 2])
def test_gives_up_when_cancelled(workers):
    with running(workers) as pool:
        assert pool.search(PREFIX, 2**256 >> 14, never) is not None  # workers have started
        assert pool.search(PREFIX, 0, lambda: True) is None
        began = time.monotonic()
        assert pool.search(PREFIX, 0, after(0.5)) is None
        assert time.monotonic() - began < 1.5
        assert pool.rate > 1_000


def test_a_cancelled_search_does_not_answer_the_next():
    with running(2) as pool:
        # Workers are still busy with (or have found in) the first search when the second begins.
        for _ in range(20):
            pool.search(PREFIX, 2**256 >> 10, after(0.001))
            nonce = pool.search(PREFIX, 2**256 >> 12, never, start=10**6)
            assert nonce is not None
            assert nonce >= 10**6
            assert draw(nonce) < 2**256 >> 12


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_hunt_gets_shares_until_it_wants_no_more(workers):
    below, found = 2**256 >> 6, []

    def take(nonce):
        found.append(nonce)
        return len(found) < 50

    with running(workers) as pool:
        sealed = pool.search(PREFIX, 2**256 >> 14, after(20), hunt=ShareHunt(below, take))
        assert sealed is not None
        assert len(found) == 50
        assert len(set(found)) == 50
        assert all(2**256 >> 14 <= draw(nonce) < below for nonce in found)
        # The next search has no hunt, whatever the workers are still at.
        assert pool.search(PREFIX, 2**256 >> 12, after(20)) is not None
        assert len(found) == 50


def test_shares_of_an_earlier_search_are_not_the_next_ones():
    """A nonce is a share of its own template only."""
    found: list[int] = []
    drawn: list[int] = []
    any_share = ShareHunt(2**256 >> 4, lambda nonce: True)
    mine = ShareHunt(2**256 >> 6, lambda nonce: found.append(nonce) or True)
    with running(2) as pool:
        for _ in range(10):
            pool.search(bytes(80), 0, after(0.01), hunt=any_share)
            found.clear()
            pool.search(PREFIX, 0, lambda: len(found) >= 3, hunt=mine)
            drawn += found
    assert len(drawn) >= 30
    assert all(draw(nonce) < 2**256 >> 6 for nonce in drawn)


def test_nonces_can_run_out_in_the_callers_thread():
    with running(0) as pool:
        assert pool.search(PREFIX, 0, never, start=2**64 - 10) is None
        assert pool.hashes == 10


def test_a_killed_worker_is_replaced_and_its_range_repeated():
    with running(1, range_ms=1_000) as pool:
        # One nonce only: if the range of the killed worker were lost, nothing would be found.
        nonce, threshold = min((draw(n), n) for n in range(20_000))[1], 0
        threshold = draw(nonce) + 1
        [victim] = pool.pids
        os.kill(victim, signal.SIGSTOP)  # it takes the range, and never answers

        def kill_soon():
            time.sleep(0.3)
            os.kill(victim, signal.SIGKILL)

        killer = Thread(target=kill_soon)
        killer.start()
        assert pool.search(PREFIX, threshold, after(20)) == nonce
        killer.join()
        assert pool.pids != [victim]
        assert len(pool.pids) == 1


def test_a_worker_that_died_while_idle_is_replaced():
    with running(2) as pool:
        assert pool.search(PREFIX, 2**256 >> 4, never) is not None
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        old = set(pool.pids)
        assert wait_for(lambda: not any(map(alive, old)))
        nonce = pool.search(PREFIX, 2**256 >> 14, after(20))
        assert nonce is not None
        assert draw(nonce) < 2**256 >> 14
        assert len(pool.pids) == 2
        assert not old & set(pool.pids)


def test_a_worker_that_hangs_is_replaced(monkeypatch):
    with running(1) as pool:
        assert pool.search(PREFIX, 2**256, never) is not None
        [hung] = pool.pids
        os.kill(hung, signal.SIGSTOP)
        monkeypatch.setattr(search_module, "_ANSWER_WITHIN_S", 0.5)
        assert pool.search(PREFIX, 2**256 >> 8, after(20)) is not None
        assert pool.pids != [hung]
        assert not alive(hung)


def test_an_answer_that_waited_long_to_be_read_is_no_hanging_worker(monkeypatch):
    with running(1) as pool:
        pool.search(PREFIX, 0, after(0.4))
        before = pool.pids
        time.sleep(0.4)
        monkeypatch.setattr(search_module, "_ANSWER_WITHIN_S", 0.3)
        pool.search(PREFIX, 0, after(0.05))
        assert pool.pids == before


def test_workers_that_never_live_are_a_fault(monkeypatch):
    monkeypatch.setattr(search_module.sys, "executable", "/bin/false")
    with running(2) as pool:
        for _ in range(2):  # and again: the pool is not broken by it
            with pytest.raises(WorkersLost) as caught:
                pool.search(PREFIX, 0, after(20))
            assert caught.value.facts["status"] == 1


@pytest.mark.parametrize("workers", [0, 2])
def test_stop_ends_a_running_search_and_every_process_within_a_second(workers):
    pool = SearchPool(workers)
    pool.start()
    results = []
    thread = Thread(target=lambda: results.append(pool.search(PREFIX, 0, never)))
    thread.start()
    time.sleep(0.3)
    pids = pool.pids
    began = time.monotonic()
    pool.stop()
    thread.join(5)
    assert time.monotonic() - began < 1
    assert results == [None]
    assert len(pids) == workers
    assert not any(map(alive, pids))
    assert pool.search(PREFIX, 2**256, never) is None  # until it is started again
    pool.start()
    assert pool.search(PREFIX, 2**256, never) is not None
    pool.stop()


def test_stop_does_not_wait_for_a_worker_that_hangs():
    pool = SearchPool(1)
    assert pool.search(PREFIX, 2**256, never) is not None
    [pid] = pool.pids
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    pool.stop()
    assert time.monotonic() - began < 1
    assert not alive(pid)


def test_workers_leave_interrupts_to_the_node():
    with running(1) as pool:
        assert pool.search(PREFIX, 2**256, never) is not None
        [pid] = pool.pids
        os.kill(pid, signal.SIGINT)
        assert pool.search(PREFIX, 2**256 >> 12, never) is not None
        assert pool.pids == [pid]
        assert os.getpgid(pid) != os.getpgid(0)


def test_workers_end_with_a_parent_that_was_killed():
    code = """
        from mining.search import SearchPool
        pool = SearchPool(2)
        pool.start()
        pool.search(bytes(80), 2**256 >> 4, lambda: False)
        print(*pool.pids, flush=True)
        pool.search(bytes(80), 0, lambda: False)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_for(lambda: not any(map(alive, pids)), 5)


def test_workers_start_whatever_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with running(1) as pool:
        assert pool.search(PREFIX, 2**256 >> 8, after(20)) is not None


def test_ranges_are_bounded_in_size_and_do_not_overlap():
    ranges = _Ranges(2**64 - 25)
    assert ranges.take(10) == (2**64 - 25, 10)
    ranges.give_back(2**64 - 25, 10)
    taken = [ranges.take(10) for _ in range(5)]
    assert taken == [(2**64 - 25, 10), (2**64 - 15, 10), (2**64 - 5, 5), None, None]
    pool = SearchPool(0, range_ms=100)
    assert pool._count_for(1_000_000) == 100_000
    assert pool._count_for(10**12) == 8_000_000
    assert pool._count_for(1) == 1_000


def test_settings_out_of_bounds():
    for settings in ({"workers": -1}, {"workers": 257}, {"workers": 1, "range_ms": 49}):
        with pytest.raises(ValueError, match="is"):
            SearchPool(**settings)
