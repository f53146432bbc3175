"""The front page: where the chain stands and what happened last."""

from __future__ import annotations

from typing import Any

from chain import queries
from chain.service import snapshot
from consensus import service as consensus
from explorer.frame import frame
from explorer.rhythm import BARS, rhythm
from mempool import service as mempool

ROWS = 8


def context() -> dict[str, Any]:
    """Head, rhythm, totals, pool and the latest blocks and transactions."""
    with snapshot():
        now = frame()
        first = max(0, now.height - BARS)
        headers = queries.headers(first, now.height - first + 1)
        return {
            "frame": now,
            "rhythm": rhythm(
                headers, consensus.current().network.at(now.height).params.target_interval_ms
            ),
            "totals": queries.totals(),
            "pool": mempool.current().stats(),
            "blocks": queries.blocks(limit=ROWS).items,
            "txs": queries.recent_txs(limit=ROWS),
        }
