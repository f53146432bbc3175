"""The owned threads: order, bounds, failures, slow jobs, and the connections they keep."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from django.db import Error, connection, connections

from rpc.errors import Busy
from rpc.executor import Executor


@pytest.fixture
def make():
    made = []

    def executor(threads: int, queue: int) -> Executor:
        made.append(Executor(threads, queue))
        return made[-1]

    yield executor
    for one in made:
        one.close()


async def test_results_and_exceptions_come_back(make):
    executor = make(2, 10)
    results = await asyncio.gather(*[executor.run(pow, n, 2) for n in range(12)])
    assert results == [n * n for n in range(12)]
    with pytest.raises(ZeroDivisionError):
        await executor.run(lambda: 1 // 0)
    assert await executor.run(int, "ff", base=16) == 255


async def test_jobs_run_on_its_own_threads_and_no_more_than_there_are(make):
    executor = make(3, 50)
    running, most, lock = 0, 0, threading.Lock()

    def job() -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return threading.current_thread().name

    names = set(await asyncio.gather(*[executor.run(job) for _ in range(30)]))
    assert names == {"rpc-0", "rpc-1", "rpc-2"}
    assert most == 3


async def test_a_slow_job_delays_neither_those_behind_nor_those_before_it(make):
    executor = make(2, 10)
    gate = threading.Event()
    try:
        before = asyncio.ensure_future(executor.run(int, "1"))
        slow = asyncio.ensure_future(executor.run(gate.wait, 20))
        behind = asyncio.ensure_future(executor.run(int, "2"))
        # All three were handed over in one turn of the loop, to one thread.
        assert await asyncio.wait_for(asyncio.gather(before, behind), 5) == [1, 2]
        assert not slow.done()
    finally:
        gate.set()
    assert await slow is True


async def test_results_come_back_while_their_thread_is_busy_with_the_next_job(make):
    executor = make(1, 10)
    gate = threading.Event()
    try:
        before = asyncio.ensure_future(executor.run(int, "1"))
        slow = asyncio.ensure_future(executor.run(gate.wait, 20))
        assert await asyncio.wait_for(before, 5) == 1
        assert not slow.done()
    finally:
        gate.set()
    await slow


async def test_the_queue_is_bounded_and_empties_again(make):
    executor = make(1, 2)
    gate = threading.Event()
    try:
        jobs = [asyncio.ensure_future(executor.run(gate.wait, 20)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await executor.run(int)
    finally:
        gate.set()
    await asyncio.gather(*jobs)
    assert await executor.run(int) == 0


async def test_a_job_given_up_keeps_its_place_until_it_is_done(make):
    executor = make(1, 0)
    gate = threading.Event()
    defects: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, defect: defects.append(defect))
    try:
        job = asyncio.ensure_future(executor.run(gate.wait, 20))
        await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        with pytest.raises(Busy):
            await executor.run(int)
    finally:
        gate.set()
    async with asyncio.timeout(5):
        while True:
            try:
                assert await executor.run(int) == 0
                break
            except Busy:
                await asyncio.sleep(0.01)
    assert defects == []


def test_it_serves_one_loop_after_another(make):
    executor = make(1, 1)
    for _ in range(2):
        assert asyncio.run(executor.run(int)) == 0


def test_a_loop_that_ended_is_not_missed(make):
    executor = make(1, 1)
    gate = threading.Event()

    async def leave() -> None:
        job = asyncio.ensure_future(executor.run(gate.wait, 20))
        await asyncio.sleep(0.01)
        job.cancel()

    asyncio.run(leave())
    gate.set()
    assert asyncio.run(executor.run(int)) == 0


async def test_closing_finishes_what_is_queued():
    executor = Executor(1, 5)
    jobs = [asyncio.ensure_future(executor.run(time.sleep, 0.02)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.to_thread(executor.close)
    await asyncio.gather(*jobs)
    assert not any(thread.is_alive() for thread in executor._threads)
    with pytest.raises(Busy):
        await executor.run(int)


@pytest.mark.django_db(transaction=True)
async def test_a_connection_is_kept_and_dropped_only_when_broken(make):
    executor = make(1, 1)

    def query(sql: str) -> object:
        with connection.cursor() as cursor:
            cursor.execute(sql)
        return connection.connection

    first = await executor.run(query, "SELECT 1")
    assert await executor.run(query, "SELECT 2") is first
    with pytest.raises(Error):
        await executor.run(query, "SELECT * FROM no_such_table")
    assert await executor.run(query, "SELECT 3") is first

    closed = []

    def old() -> None:
        own = connections["default"]
        close = own.close
        own.close_at = 0
        own.close = lambda: (closed.append(True), close())

    await executor.run(old)
    assert closed == []

    def broken() -> None:
        own = connections["default"]  # this thread's, so nobody else sees what is done to it
        own.errors_occurred = True
        own.is_usable = lambda: False

    await executor.run(broken)
    assert closed[0] is True
