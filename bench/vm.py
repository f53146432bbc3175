"""``vm.ops`` and ``vm.view``: how fast the contract engine runs code, and answers read calls."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.rows import Row
from bench.sandbox import SENDER, SETTING, Sandbox, calldata

_TURNS = 300_000
_ROUNDS = 5

_ADD = """
def go(n: int, a: int) -> int:
    s = 0
    for i in range(n):
        s = s + a
    return s
"""
_COUNTER = """
from stdlib import storage

COUNT = storage.cell(int)


@view
def count() -> int:
    return COUNT.get()
"""


def run_ops(scale: int) -> list[Row]:
    """A loop of one addition of 256-bit ints, metered and checked, against the loop in CPython."""
    turns = _TURNS * scale
    # The sum stays inside of the range, and has more than 200 bits from the first turn on.
    step = 2**254 // turns
    sandbox = Sandbox()
    address = sandbox.deploy(_ADD)
    metered = best(lambda: sandbox.call(address, "go", turns, step))
    names: dict[str, Callable[[int, int], int]] = {}
    exec(_ADD, names)  # noqa: S102  # the very text that the engine ran
    plain = best(lambda: names["go"](turns, step))
    what = "the same loop in CPython, not metered, not checked"
    return [Row("vm.ops", turns / metered, "additions/s", turns / plain, what)]


def run_view(scale: int) -> list[Row]:
    """Calls of view functions that read one stored value, one after another, on a warm cache."""
    from execution.call import read
    from execution.view import View

    count = 20_000 * scale
    sandbox = Sandbox()
    address = sandbox.deploy(_COUNTER)
    data = calldata("count")

    def calls() -> None:
        for _ in range(count):
            read(
                View(sandbox.memory),
                SETTING,
                sender=SENDER.address,
                to=address,
                data=data,
                gas=10**6,
                static=True,
            )

    wanted = [("account", address), ("account", SENDER.address)]

    def reads() -> None:
        for _ in range(count):
            View(sandbox.memory).prefetch(wanted)

    what = "reads of two records through a fresh view"
    return [Row("vm.view", count / best(calls), "calls/s", count / best(reads), what)]


def best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of a few runs."""
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
