"""The committed corpus, replayed without a fuzzer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import catalogue
from tests.fuzz.conftest import Prepared

MOST_BYTES = 1_000_000


@pytest.mark.django_db
@pytest.mark.parametrize("name", catalogue.TARGETS)
def test_corpus(name: str, prepared: Prepared) -> None:
    target = prepared(name)
    feed, inputs = catalogue.feeder(target), catalogue.corpus(name)
    assert len(inputs) >= len(target.seeds())
    for path in inputs:
        feed(path.read_bytes())


def test_the_corpus_is_small_and_belongs_to_targets() -> None:
    files = [path for path in catalogue.CORPUS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert {path.parent.name for path in files} == set(catalogue.TARGETS)
    modules = {path.stem for path in (Path(__file__).parent / "targets").glob("*.py")}
    assert modules == set(catalogue.TARGETS)


@pytest.mark.parametrize("name", catalogue.TARGETS)
def test_seeds_are_in_the_corpus(name: str) -> None:
    """So that a change of the protocol is fuzzed from its own encodings: --seeds writes them."""
    written = {path.name: path.read_bytes() for path in catalogue.corpus(name)}
    seeds = catalogue.load(name).seeds()
    stale = [seed for seed in seeds if written.get(seed) != seeds[seed]]
    assert not stale, f"write them anew with: python -m tests.fuzz --seeds {name}"
