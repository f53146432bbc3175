"""Bounds of loading a snapshot. Source: docs/spec/p2p.md, docs/spec/limits.md."""

from __future__ import annotations

LOOK_MS = 1_000
"""How often offers are looked at, and whether the block is still on the best chain."""
OFFER_WAIT_MS = 30_000
"""How long a node that knows the best chain's headers waits for somebody to offer a snapshot."""
HEADERS_WAIT_MS = 600_000
"""How long it waits for those headers altogether."""
MANIFEST_WAIT_MS = 10_000
CHUNK_WAIT_MS = 20_000
"""How long an answer may take before somebody else is asked."""
REST_MS = 10_000
"""How long a peer that did not answer in time is asked for nothing."""
STALLED_MS = 60_000
"""A snapshot of which nothing new has come for so long is given up."""
ASKS_OPEN = 2
"""Chunks asked of one peer at once."""
AHEAD = 16
"""Chunks asked for or held before the one that comes next on disk."""
STORES_OPEN = 4
"""Chunks handed to the ledger and not yet stored."""
LATE_MOST = 64
"""Answers of one peer that are not waited for any more and may still come."""
FAILED_MOST = 8
"""After so many snapshots that did not work out the node executes all blocks instead."""
RATE_MS = 30_000
"""The past that the rate of records is taken from, a sample a second."""
