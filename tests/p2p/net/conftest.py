from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.p2p.net.ends import Side


@pytest.fixture
def make() -> Iterator[Callable[..., Side]]:
    """Sides by number, stopped at the end."""
    made: list[Side] = []

    def one(number: int = 1, **options: Any) -> Side:
        made.append(Side(number, **options))
        return made[-1]

    yield one
    for side in made:
        side.stop()


@pytest.fixture
def side(make: Callable[..., Side]) -> Side:
    return make()
