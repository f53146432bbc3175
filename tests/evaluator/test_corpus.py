"""The corpus on the engine: results, gas, refunds, events, writes and money of every step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluator import engine, files
from tests.evaluator.cases import Case, Effect, run
from tests.evaluator.grammar import Shape, drawn_case
from tests.evaluator.written import WRITTEN

CORPUS = files.stored()
FRESH = 60
"""Programs beyond the corpus, compared at each run."""


def differences(form: dict[str, Any], effects: list[Effect]) -> list[str]:
    """The steps of a case of which something else came."""
    found = []
    for index, effect in enumerate(effects):
        is_form, wanted = files.effect_form(effect), form["gives"][index]
        names = sorted(is_form.keys() | wanted.keys())
        found += [
            f"step {index} {name}: {is_form.get(name)}, expected {wanted.get(name)}"
            for name in names
            if is_form.get(name) != wanted.get(name)
        ]
    return found


def test_the_corpus_is_large_and_small():
    assert len(CORPUS) >= 500 and len({form["name"] for form in CORPUS}) == len(CORPUS)
    assert sum(files.path(name).stat().st_size for name in files.FILES) < 3_000_000


def test_the_corpus_is_what_the_evaluator_says():
    assert files.path("written.jsonl").read_text() == files.text("written.jsonl")
    for form in CORPUS[len(WRITTEN) :: 10]:
        case = files.read_case(form)
        assert files.case_form(case, run(case)) == form


@pytest.mark.parametrize("form", CORPUS, ids=lambda form: form["name"])
def test_the_engine_gives_the_same(form: dict[str, Any]):
    assert not differences(form, engine.run(files.read_case(form)))


def test_a_difference_is_seen():
    form = CORPUS[0]
    effects = engine.run(files.read_case(form))
    effects[-1].used += 1
    assert differences(form, effects)


@pytest.mark.parametrize("part", range(6))
def test_fresh_programs_give_the_same(part: int):
    shape = Shape()
    for seed in range(10_000 + part, 10_000 + FRESH, 6):
        same(drawn_case(seed, shape))


def same(case: Case) -> None:
    """Both ways to run a case come to the same."""
    expected = files.case_form(case, run(case))
    found = differences(expected, engine.run(case))
    assert not found, (case.name, found[:3])
