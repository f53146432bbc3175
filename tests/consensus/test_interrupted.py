"""A node that died between storing a heavier branch and following it: what its next start does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain import service
from chain.values import BlockStatus
from core.block import Block
from core.network import Network
from tests.support import ChainBuilder, Made, fast_network, import_all, new_importer, reseal

pytestmark = pytest.mark.django_db

SLOW = 60_000
"""An interval (ms) that keeps Θ at its least, so that branches weigh by their length."""


def interrupted(network: Network, own: int, theirs: int) -> tuple[list[Made], list[Made]]:
    """A head ``own`` blocks high and, stored beside it, a branch of ``theirs`` from genesis."""
    builder = ChainBuilder(network)
    kept = builder.grow(builder.genesis, own, interval_ms=SLOW, extra=b"own")
    branch = builder.grow(builder.genesis, theirs, interval_ms=SLOW, extra=b"theirs")
    import_all(new_importer(network), kept)
    for made in branch:
        service.add_side_block(block=made.block, total_work=made.work)
    return kept, branch


def test_the_heavier_branch_is_followed():
    network = fast_network()
    _, branch = interrupted(network, 2, 3)
    importer = new_importer(network)
    assert service.head().hash == branch[-1].hash
    assert importer.alarm is None
    service.verify_state()


def test_an_equal_branch_is_left_aside():
    network = fast_network()
    kept, _ = interrupted(network, 3, 3)
    new_importer(network)
    assert service.head().hash == kept[-1].hash


def test_an_invalid_branch_is_marked_and_no_alarm():
    network = fast_network()
    kept, branch = interrupted(network, 2, 2)
    good = ChainBuilder(network).make(branch[-1], interval_ms=SLOW)
    roots = replace(good.header.roots, state=b"\x07" * 32)
    bad: Block = reseal(good.block, roots=roots)
    service.add_side_block(block=bad, total_work=good.work)
    importer = new_importer(network)
    assert service.head().hash == kept[-1].hash
    assert importer.alarm is None
    stored = service.stored(bad.hash)
    assert stored is not None
    assert (stored.status, stored.invalid_code) == (BlockStatus.INVALID, "block.state_root")


def test_a_branch_from_too_far_below_raises_the_alarm():
    network = fast_network(local={"max_reorg_blocks": 1})
    kept, branch = interrupted(network, 2, 3)
    importer = new_importer(network)
    assert service.head().hash == kept[-1].hash
    assert importer.alarm is not None
    assert importer.alarm.code == "block.reorg_too_deep"
    assert importer.alarm.hash == branch[-1].hash
