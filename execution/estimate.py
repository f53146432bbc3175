"""The least gas with which a run succeeds, found by running it. Source: docs/spec/rpc.md.

What a run used is not always enough for it: of the gas at a call of another contract one part in
64 stays behind, and refunds are given back only after the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core import receipt
from execution.kinds import Outcome

RUNS_MOST = 40
"""Runs of one search."""
SPENT_PARTS = 4
"""All runs of a search together use at most so many times the most gas of one."""
_FIRST_STEP = 64


@dataclass(frozen=True)
class Least:
    """``gas`` is None where not even the most succeeds; ``outcome`` is that of the most gas.

    ``spent`` counts the gas of all runs.
    """

    gas: int | None
    outcome: Outcome
    spent: int


def least_gas(run: Callable[[int], Outcome], most: int) -> Least:
    """Search for the least gas, at most ``most``, with which ``run`` ends with status 0.

    ``run`` must leave nothing behind. Where the search would take too long it ends with gas that
    has succeeded.
    """
    first = run(most)
    if first.status != receipt.OK:
        return Least(None, first, first.gas)
    search = _Search(run, first.gas, SPENT_PARTS * most - first.gas)
    return Least(search.least(first.gas, most), first, first.gas + search.spent)


class _Search:
    """Runs with less and less gas, counting what they use."""

    def __init__(self, run: Callable[[int], Outcome], used: int, allowed: int) -> None:
        self._run = run
        self._allowed = allowed
        self._runs = 1
        self._step = used // _FIRST_STEP + 1
        self.spent = 0

    def least(self, used: int, most: int) -> int:
        """From what the first run used upwards, then between what failed and what succeeded."""
        failed, enough, tried = used - 1, most, used
        while tried < most and self._may_run(tried):
            if self._succeeds(tried):
                enough = tried
                break
            failed = tried
            tried = min(most, tried + self._step)
            self._step *= 2
        while enough - failed > 1 and self._may_run(enough):
            middle = (failed + enough) // 2
            if self._succeeds(middle):
                enough = middle
            else:
                failed = middle
        return enough

    def _may_run(self, gas: int) -> bool:
        return self._runs < RUNS_MOST and self.spent + gas <= self._allowed

    def _succeeds(self, gas: int) -> bool:
        outcome = self._run(gas)
        self._runs += 1
        self.spent += outcome.gas
        return outcome.status == receipt.OK
