"""Blocks that cannot be judged yet: those without a parent, and those ahead of their time.

Both have spent work (their seal has been checked), and both are bounded in count and bytes; when
full, the oldest makes room.
"""

from __future__ import annotations

from collections import OrderedDict

from core.block import Block

MOST_BLOCKS = 64
MOST_BYTES = 64 * 1024 * 1024


class WaitingRoom:
    """Holds blocks by hash, oldest first, within the bounds."""

    def __init__(self, most_blocks: int = MOST_BLOCKS, most_bytes: int = MOST_BYTES) -> None:
        self._blocks: OrderedDict[bytes, Block] = OrderedDict()
        self._bytes = 0
        self._most_blocks = most_blocks
        self._most_bytes = most_bytes

    def __len__(self) -> int:
        return len(self._blocks)

    def __contains__(self, block_hash: object) -> bool:
        return block_hash in self._blocks

    def add(self, block: Block) -> None:
        """Hold a block; the oldest make room for it."""
        if block.hash in self._blocks:
            return
        self._blocks[block.hash] = block
        self._bytes += len(block.raw)
        while len(self._blocks) > self._most_blocks or self._bytes > self._most_bytes:
            _, dropped = self._blocks.popitem(last=False)
            self._bytes -= len(dropped.raw)

    def take_children(self, parent: bytes) -> list[Block]:
        """Remove and return the blocks that build on ``parent``."""
        return self._take([b for b in self._blocks.values() if b.header.parent == parent])

    def take_due(self, latest_ms: int) -> list[Block]:
        """Remove and return the blocks whose time is at most ``latest_ms``, earliest first."""
        due = [b for b in self._blocks.values() if b.header.time <= latest_ms]
        return self._take(sorted(due, key=lambda b: b.header.time))

    def _take(self, blocks: list[Block]) -> list[Block]:
        for block in blocks:
            del self._blocks[block.hash]
            self._bytes -= len(block.raw)
        return blocks
