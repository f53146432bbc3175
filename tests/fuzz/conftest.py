"""Targets outside the fuzzer, on the database of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from consensus import service as consensus
from mempool import service as mempool
from rpc import context
from tests.fuzz import catalogue

Prepared = Callable[[str], ModuleType]


@pytest.fixture
def prepared() -> Iterator[Prepared]:
    """A target by name, ready for inputs; afterwards this process's services are as before."""
    before = (consensus._current, mempool._current)

    def prepare(name: str) -> ModuleType:
        target = catalogue.load(name)
        if hasattr(target, "prepare"):
            target.prepare()
        return target

    yield prepare
    context.install(None)
    consensus._current, mempool._current = before
