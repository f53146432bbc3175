"""Worlds run on databases in memory, whatever the suite runs on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.simulator.databases import on_sqlite


@pytest.fixture(autouse=True)
def simulated(db: None) -> Iterator[None]:
    """SQLite for every node; the logs of a storm are of no use to anybody."""
    logging.disable(logging.CRITICAL)
    try:
        with on_sqlite():
            yield
    finally:
        logging.disable(logging.NOTSET)
