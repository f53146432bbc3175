"""What waits for a block."""

from __future__ import annotations

from typing import Any

from chain.service import snapshot
from explorer.frame import frame
from explorer.spread import spread
from mempool import service as mempool

ROWS = 50


def context(cursor: str | None) -> dict[str, Any]:
    """Counts, the spread of tips and a page of waiting transactions."""
    with snapshot():
        now = frame()
    pool = mempool.current()
    page = pool.content(cursor, ROWS)
    return {
        "frame": now,
        "stats": pool.stats(),
        "spread": spread([pooled.tip for pooled in page.items if pooled.state == "ready"]),
        "items": page.items,
        "more": page.cursor,
        "first_page": cursor is None,
    }
