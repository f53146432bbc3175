"""Hash shares: which are taken, what they are paid, and every way to cheat with one."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from consensus.rules import shares
from core.header import Header
from core.proof import Envelope
from tests.support import ChainBuilder, Made, fast_network, import_all, key, new_importer

NETWORK = fast_network()
BUILDER = ChainBuilder(NETWORK)
OFFSET = NETWORK.at(0).poies.share_offset_start_unat
SLICE = NETWORK.at(0).params.subsidy_start // 5 // NETWORK.at(0).poies.shares_per_block


def share_header(parent: Made, worker: int, **changes) -> Header:
    """A template on ``parent`` whose draw makes it a share, paid to a worker."""
    draft = BUILDER.draft(parent, time=parent.header.time + 1, coinbase=key(worker).address)
    draft = replace(draft, **changes)
    below = shares.threshold(draft.theta, OFFSET)
    for number in count():
        sealed = draft.sealed(number.to_bytes(8, "little"))
        if sealed.draw < below:
            return sealed
    raise AssertionError("count never ends")


def share(parent: Made, worker: int, **changes) -> Envelope:
    return shares.envelope(share_header(parent, worker, **changes))


@pytest.mark.django_db
def test_a_share_pays_its_worker_a_slice():
    first = BUILDER.make(BUILDER.genesis)
    second = BUILDER.make(first, envelopes=[share(first, 20), share(BUILDER.genesis, 21)])
    assert import_all(new_importer(NETWORK), [first, second]) == ["added", "added"]
    assert second.account(key(20).address).balance == SLICE
    assert second.account(key(21).address).balance == SLICE
    assert second.effects.minted == first.effects.minted + 2 * SLICE
