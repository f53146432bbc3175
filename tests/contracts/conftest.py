"""A world with some people who have money; none of it may appear or vanish."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.contracts.world import ANM, World, person

NAMES = ("ann", "bob", "cid", "dan", "eve")


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    for name in NAMES:
        made.fund(person(name), 1_000 * ANM)
    yield made
    assert made.total() == len(NAMES) * 1_000 * ANM


@pytest.fixture
def people() -> SimpleNamespace:
    """Addresses of keys: ann, bob, cid, dan and eve."""
    return SimpleNamespace(**{name: person(name) for name in NAMES})
