"""What `animica status` makes of peers and synchronisation, and which word the node chooses."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from animica_site.commands.status import _peers_words, _sync_words
from animica_site.status import NodeStatus
from tests.site.composed import Composed

SYNC = {
    "state": "syncing",
    "height": 1_500,
    "target": 6_000,
    "percent": 25,
    "blocksPerSecond": 312.4,
    "etaMs": 14_404,
    "records": 0,
}


def test_peers() -> None:
    assert _peers_words(None) == "none: the node keeps to itself"
    facts = {"inbound": 2, "outbound": 8, "listen": []}
    assert _peers_words(facts) == "10 (8 outbound)"
    assert _peers_words({**facts, "listen": ["tcp://a:1"]}).endswith("listening at tcp://a:1")


def test_how_far_it_is() -> None:
    assert _sync_words(SYNC) == "block 1,500 of 6,000 (25 %), 312 blocks/s, 14 s left"
    assert _sync_words({**SYNC, "etaMs": None}) == "block 1,500 of 6,000 (25 %), 312 blocks/s"
    loading = {**SYNC, "state": "loading a snapshot", "records": 40_960}
    assert _sync_words(loading) == "40,960 records of a snapshot"


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        # The node of the test mines and has had no block for ages.
        ("syncing", "syncing"),
        ("loading a snapshot", "loading a snapshot"),
        ("finding peers", "stalled"),
        ("following", "stalled"),
    ],
)
def test_the_word(composed: Composed, word: str, shown: str) -> None:
    status: NodeStatus = composed.parts.status
    status._net = SimpleNamespace(sync=lambda: {"state": word})
    assert status._state_word(10**9) == shown
    assert status._state_word(None) == "database down"
    status._miner = None
    assert status._state_word(10**9) == word
