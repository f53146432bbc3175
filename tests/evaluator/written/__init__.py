"""The cases that were written by hand, each aimed at one rule of docs/spec/contracts.md."""

from __future__ import annotations

from tests.evaluator.written import calls, containers, flow, numbers, world
from tests.evaluator.written.form import Written

WRITTEN: list[Written] = [
    *numbers.CASES,
    *containers.CASES,
    *flow.CASES,
    *world.CASES,
    *calls.CASES,
]
