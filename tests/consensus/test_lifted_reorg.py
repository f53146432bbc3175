"""maxReorg while a node synchronises for the first time, and branches known by headers only."""

from __future__ import annotations

import pytest

from chain import service
from consensus.errors import ReorgTooDeep
from consensus.service import Importer
from tests.support import ChainBuilder, Made, fast_network, import_all, new_importer

pytestmark = pytest.mark.django_db

SLOW = 1_000
NETWORK = fast_network(local={"max_reorg_blocks": 3})
BUILDER = ChainBuilder(NETWORK)


def is_refused(importer: Importer, made: Made) -> bool:
    with pytest.raises(ReorgTooDeep):
        importer.import_block(made.raw, source="test")
    return True


def test_while_syncing_a_fork_may_be_as_deep_as_undo_reaches():
    importer = new_importer(NETWORK)
    own = BUILDER.grow(BUILDER.genesis, 5, interval_ms=SLOW, extra=b"own")
    theirs = BUILDER.grow(BUILDER.genesis, 7, interval_ms=SLOW, extra=b"theirs")
    import_all(importer, own)
    assert is_refused(importer, theirs[0])
    importer.syncing = True
    assert importer.syncing
    assert import_all(importer, theirs) == ["side"] * 5 + ["reorg", "added"]
    service.verify_state()
    importer.syncing = False
    longer = BUILDER.grow(own[-1], 5, interval_ms=SLOW, extra=b"own")
    assert is_refused(importer, longer[0])


def test_headers_of_a_heavier_branch_from_far_below_raise_the_alarm():
    importer = new_importer(NETWORK)
    line = BUILDER.grow(BUILDER.genesis, 5, interval_ms=SLOW)
    import_all(importer, line)
    work = line[-1].work
    importer.deep.heard_of(b"t" * 32, work, fork_height=0)
    importer.deep.heard_of(b"t" * 32, work + 1, fork_height=2)
    assert importer.alarm is None
    importer.deep.heard_of(b"t" * 32, work + 1, fork_height=1)
    assert importer.alarm is not None
    assert (importer.alarm.hash, importer.alarm.total_work) == (b"t" * 32, work + 1)
    import_all(importer, BUILDER.grow(line[-1], 1, interval_ms=SLOW))
    assert importer.alarm is None
