from __future__ import annotations

import pytest

from tests.mempool.world import World


@pytest.fixture
def world():
    made = World()
    yield made
    assert made.faults == []
