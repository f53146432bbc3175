"""Random programs: the engine against the evaluator, which was written from the chapter alone.

The bytes choose what the grammar of ``tests.evaluator`` draws.
"""

from __future__ import annotations

import warnings
from typing import Any

from execution.vm.codes import CODES
from tests.evaluator import cases, engine, grammar

MAX_BYTES = 64
_SEEDS = 24


def one_input(data: bytes) -> None:
    CODES.clear()
    case = grammar.drawn_case(int.from_bytes(data, "big"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # generated code is to compile in silence
        found = engine.run(case)
    assert _told(found) == _told(cases.run(case)), "engine and evaluator differ"


def _told(effects: list[Any]) -> list[str]:
    return [repr(effect) for effect in effects]


def seeds() -> dict[str, bytes]:
    return {f"seed-{n}": n.to_bytes(4, "big") for n in range(_SEEDS)}
