"""The corpus on the engine: results, gas, refunds, events, writes and money of every step."""

from __future__ import annotations

from typing import Any

import pytest

from core.tags import CONTEXT_CONTRACT
from pq import signing
from tests.evaluator import engine, files
from tests.evaluator.cases import Case, run
from tests.evaluator.grammar import Shape, drawn_case
from tests.evaluator.written import WRITTEN
from tests.evaluator.written.form import one

CORPUS = files.stored()
FRESH = 60
"""Programs beyond the corpus, compared at each run."""


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
    assert not files.differences(form, engine.run(files.read_case(form)))


def test_a_difference_is_seen():
    form = CORPUS[0]
    effects = engine.run(files.read_case(form))
    effects[-1].used += 1
    assert files.differences(form, effects)


@pytest.mark.parametrize("part", range(6))
def test_fresh_programs_give_the_same(part: int):
    shape = Shape()
    for seed in range(10_000 + part, 10_000 + FRESH, 6):
        same(drawn_case(seed, shape))


def test_a_true_signature():
    key = signing.from_seed(bytes(32))
    signed = (key.address, b"message", key.public_key, key.sign(b"message", CONTEXT_CONTRACT))
    text = "return crypto.verify(a, m, k, s), crypto.verify(a, b'other', k, s)"
    params = "a: address, m: bytes, k: bytes, s: bytes"
    written = one("verify", params, "tuple[bool, bool]", text, (signed, (True, False)))
    effects = run(written.case, verify=lambda *given: given == signed)
    assert effects[1].ret == b"\x82\xf5\xf4"
    assert not files.differences(files.case_form(written.case, effects), engine.run(written.case))


def same(case: Case) -> None:
    """Both ways to run a case come to the same."""
    expected = files.case_form(case, run(case))
    found = files.differences(expected, engine.run(case))
    assert not found, (case.name, found[:3])
