"""Nodes that several tests share: starting one costs more than anything the tests ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.composed import Composed, compose
from tests.site.nodes import Node, devnet


@pytest.fixture(scope="session")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A devnet with a block a second, that logs everything as JSON."""
    folder = tmp_path_factory.mktemp("paced")
    options = ("--block-time", "1", "--json-logs", "--log-level", "DEBUG")
    with devnet(folder, *options) as node:
        yield node


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A devnet without a miner and with few accounts; its blocks are what tests bring."""
    with devnet(tmp_path_factory.mktemp("quiet"), *QUIET) as node:
        yield node


QUIET = ("--no-mine", "--accounts", "3", "--seed", "another text")


def data_of(node: Node) -> Path:
    """The data directory of a node."""
    return node.process.folder / "data"


@pytest.fixture
def composed(transactional_db: None, tmp_path: Path) -> Iterator[Composed]:
    """A node composed in this process."""
    with compose(tmp_path) as made:
        yield made
