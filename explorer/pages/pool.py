"""What waits for a block."""

from __future__ import annotations

from typing import Any

from chain.service import snapshot
from explorer.frame import frame
from explorer.spread import spread
from mempool import service as mempool

ROWS = 50
SPREAD_OVER = 200
"""The latest arrivals that the spread of tips looks at."""


def context(cursor: str | None) -> dict[str, Any]:
    """Counts, fullness and floor, the spread of tips and a page of waiting transactions."""
    with snapshot():
        now = frame()
    pool = mempool.current()
    page = pool.content(cursor, ROWS)
    latest = pool.content(None, SPREAD_OVER).items
    return {
        "frame": now,
        "stats": pool.stats(),
        "source_percent": pool.limits.source_percent,
        "ttl_minutes": pool.limits.ttl_ms // 60_000,
        "bins": spread([pooled.tip for pooled in latest if pooled.state == "ready"]),
        "spread_over": SPREAD_OVER,
        "items": page.items,
        "more": page.cursor,
        "first_page": cursor is None,
    }
