"""A unit that breaks off at any fail point leaves the tables and the page cache as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chain import service
from chain.store import pages
from core import failpoints
from tests.chain import builder
from tests.chain.builder import Node
from tests.chain.conftest import append, dump, put, start
from tests.chain.test_unit import branch

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE_THE_COMMIT = (
    *("unit.begun", "unit.finished", "blocks.inserted", "bodies.inserted", "receipts.updated"),
    *("canonical.set", "canonical.cleared", "txs.written", "txs.deleted"),
    *("logs.written", "logs.deleted", "records.written", "records.deleted"),
    *("undo.written", "undo.deleted", "pages.written", "pages.deleted"),
    *("meta.moved", "projectors.applied", "projectors.unwound"),
)


class Broken(Exception):
    """What the hook raises."""


def breaking_at(point: str, turn: int) -> Callable[[str], None]:
    left = turn

    def hook(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if not left:
                raise Broken(name)

    return hook


@pytest.fixture
def hooked() -> Iterator[Callable[[Callable[[str], None]], None]]:
    yield failpoints.install
    failpoints.install(None)


@pytest.fixture
def shared(transactional_db) -> Node:
    """Genesis and two blocks; the cache holds the pages of the second."""
    pages.forget()
    genesis = builder.genesis(dict.fromkeys(range(10), 1_000))
    start(genesis)
    nodes = branch(genesis, 2)
    append(*nodes)
    return nodes[-1]


def reorganise(fork: Node, winner: list[Node]) -> None:
    with service.unit() as unit:
        unit.unwind_to(fork.hash)
        for node in winner:
            put(unit, node)


@pytest.mark.parametrize("point", BEFORE_THE_COMMIT)
def test_before_the_commit_nothing_has_happened(shared, hooked, point):
    append(*branch(shared, 2, b"lose"))
    winner = branch(shared, 3, b"winner")
    service.add_side_block(block=winner[0].block, total_work=winner[0].work)
    before, held, head = dump(), pages._held, service.head()
    hits: list[str] = []
    hooked(hits.append)
    with pytest.raises(Broken), service.unit() as unit:
        unit.unwind_to(shared.hash)
        for node in winner:
            put(unit, node)
        raise Broken
    turns = hits.count(point) or 1
    for turn in sorted({1, turns}):
        hooked(breaking_at(point, turn))
        with pytest.raises(Broken):
            reorganise(shared, winner)
        hooked(None)
        assert dump() == before
        assert pages._held == held
        assert service.head() == head
    service.verify_state()
    reorganise(shared, winner)
    assert service.head().hash == winner[-1].hash
    service.verify_state()


@pytest.mark.parametrize("point", ["unit.committed", "unit.published"])
def test_after_the_commit_all_has_happened(shared, hooked, point):
    node = branch(shared, 1)[0]
    hooked(breaking_at(point, 1))
    with pytest.raises(Broken):
        append(node)
    hooked(None)
    assert service.head().hash == node.hash
    append(*branch(node, 1, b"next"))
    service.verify_state()


def test_a_broken_off_genesis_is_written_by_the_next_start(transactional_db, hooked):
    genesis = builder.genesis({1: 5})
    hooked(breaking_at("meta.created", 1))
    with pytest.raises(Broken):
        start(genesis)
    hooked(None)
    assert not any(dump().values())
    start(genesis)
    assert service.head().hash == genesis.hash


def test_marking_invalid_is_all_or_nothing(shared, hooked):
    side = branch(shared, 3, b"side")
    for node in side:
        service.add_side_block(block=node.block, total_work=node.work)
    for point in ("invalid.begun", "descendants.marked", "invalid.marked"):
        hooked(breaking_at(point, 1))
        with pytest.raises(Broken):
            service.mark_invalid(hash=side[0].hash, code="block.gas")
        hooked(None)
        assert {service.stored(node.hash).invalid_code for node in side} == {""}
