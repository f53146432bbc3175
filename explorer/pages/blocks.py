"""The list of blocks, and one block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chain import queries
from chain import service as chain
from chain.errors import Pruned
from chain.service import snapshot
from chain.values import BlockStatus, BlockView, LogLine, Part
from consensus import service as consensus
from core.network import PPM
from core.tx import SignedTx
from execution.accounts import AICF, TREASURY
from explorer import format, reading
from explorer.errors import NothingFound
from explorer.frame import SAFE_DEPTH, frame
from explorer.pages import settlement, work
from explorer.score import score

BLOCK_ROWS = 25
TX_ROWS = 50
_SYSTEM_ROWS = 100


def list_context(before: int | None) -> dict[str, Any]:
    """Blocks of the best chain below a height, or from the head."""
    with snapshot():
        page = queries.blocks(before=before, limit=BLOCK_ROWS)
        return {
            "frame": frame(),
            "blocks": page.items,
            "older": page.cursor,
            "newest_page": before is None,
        }


def context(ref: str, cursor: str | None) -> dict[str, Any]:
    """One block by height or hash. Raises ``NothingFound``, and what a bad cursor raises."""
    with snapshot():
        now = frame()
        view = _wanted(ref)
        header = view.header
        depth = now.height - header.height
        fields = {
            "frame": now,
            "view": view,
            "header": header,
            "score": score(header),
            "gas_ppm": header.gas_used * PPM // header.gas_limit,
            "depth": depth,
            "safe": depth >= SAFE_DEPTH,
            "safe_depth": SAFE_DEPTH,
            "pruned": _pruned(header.height),
            "next_height": header.height + 1 if view.canonical and depth > 0 else None,
        }
        if header.height:
            fields.update(work.context(view, consensus.current().network))
        return {**fields, **(_on_chain(view, cursor) if view.canonical else _aside(view, cursor))}


def raw(ref: str) -> tuple[str, bytes]:
    """File name and canonical encoding of a block. Raises ``NothingFound``, ``Pruned``."""
    with snapshot():
        view = _wanted(ref)
        found = chain.raw_block(view.hash)
    if found is None:
        raise NothingFound("this node does not have this block")
    return f"block-{view.header.height}-{view.hash.hex()[:16]}.cbor", found


def _wanted(ref: str) -> BlockView:
    found = None
    if (block_hash := reading.hash32(ref)) is not None:
        found = queries.block_by_hash(block_hash)
    elif (height := reading.height(ref)) is not None:
        found = queries.block_by_height(height)
    if found is None:
        raise NothingFound(f"this node has no block {format.short(ref)}")
    return found


def _pruned(height: int) -> Pruned | None:
    """What this node has dropped of the block at a height, if anything."""
    kept = queries.kept()
    for part in (Part.BODIES, Part.WITNESSES):
        if 0 < height < kept.start_of(part):
            return queries.pruned(part, height)
    return None


def _on_chain(view: BlockView, cursor: str | None) -> dict[str, Any]:
    height = view.header.height
    if view.status is BlockStatus.HEADER:
        return {"txs": (), "more": None, "first_page": True}
    page = queries.block_txs(height, cursor=cursor, limit=TX_ROWS)
    lines: list[LogLine] = []
    for account in (TREASURY, AICF):
        lines += queries.logs(
            address=account, from_height=height, to_height=height, limit=_SYSTEM_ROWS
        ).items
    lines = [line for line in lines if line.tx_index is None]
    lines.sort(key=lambda line: line.log_index)
    return {
        "txs": page.items,
        "more": page.cursor,
        "first_page": cursor is None,
        "credits": settlement.credits(lines, view.header),
        "epoch_end": settlement.epoch_end(lines),
    }


def _aside(view: BlockView, cursor: str | None) -> dict[str, Any]:
    """A block that is not on the best chain: its transactions ran nowhere that counts."""
    try:
        full = queries.full_block(view.hash)
    except Pruned:
        full = None
    txs: Sequence[SignedTx] = () if full is None else full.block.txs
    start = reading.height(cursor or "0") or 0
    end = start + TX_ROWS
    return {
        "aside_txs": txs[start:end],
        "more": str(end) if end < len(txs) else None,
        "first_page": start == 0,
        "body_kept": full is not None,
    }
