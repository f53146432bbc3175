"""``vm.gas``: nanoseconds that an attacker gets for a gas, operation by operation, worst first.

A case's loop is run long enough that what stands around it no longer counts; its time over its gas
is what the operation costs for its price. Time is processor time of the thread.
The row's limit is the median of all cases, so that the ratio says how far the worst price is from
the middle one.
"""

from __future__ import annotations

import statistics
import sys
import time

from animica_site import kernel
from bench.gas_cases import CASES, Case
from bench.rows import Row
from bench.sandbox import Sandbox

_SECONDS = 0.03
_ROUNDS = 3
_MONEY = 10**9


def run_gas(scale: int) -> list[Row]:
    """All cases; the table goes to stderr, the worst against the median is the row."""
    kernel.choose("auto")
    found = measured(CASES, _SECONDS * scale)
    median = statistics.median(ns for _, ns, _ in found)
    for name, ns, gas in found:
        print(f"{ns:8.2f} ns/gas  {ns / median:5.2f}  {gas:>9,} gas  {name}", file=sys.stderr)
    worst, ns, _ = found[0]
    return [Row("vm.gas", ns, "ns/gas", median, f"the median; the worst is {worst}")]


def measured(cases: list[Case], seconds: float) -> list[tuple[str, float, int]]:
    """Name, nanoseconds for a gas, and gas of one piece of work; the dearest first."""
    found = [(case.name, *_measure(case, seconds)) for case in cases]
    return sorted(found, key=lambda row: -row[1])


def _measure(case: Case, seconds: float) -> tuple[float, int]:
    """Nanoseconds for a gas, and the gas of one piece of work; preparation counts for neither."""
    sandbox = Sandbox()
    address = sandbox.deploy(case.source)
    sandbox.fund(address, _MONEY)

    def run(turns: int) -> tuple[float, int]:
        start = time.thread_time()
        outcome = sandbox.call(address, "go", turns)
        return time.thread_time() - start, outcome.gas

    prepared, gas_before = min(run(1) for _ in range(_ROUNDS))
    turns, took = 1, 0.0
    while took < seconds:
        turns = 1 + int(turns * min(10.0, max(1.5, 1.3 * seconds / (took or seconds / 10))))
        took = run(turns)[0] - prepared
    took, gas = min(run(turns) for _ in range(_ROUNDS))
    gas -= gas_before
    return 1e9 * (took - prepared) / gas, gas // (case.times * (turns - 1))
