"""What every page shows around its own matter: the network, its head, and warnings."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chain import queries
from chain.values import BlockView
from consensus import service as consensus
from explorer import format
from mining import service as mining

SAFE_DEPTH = 12
"""Blocks on top of a block after which readers may take it as settled."""
STALE_INTERVALS = 20
"""A head older than this many block intervals is worth a warning."""


@dataclass(frozen=True)
class Notice:
    """A warning: ``tone`` is ``danger`` or ``warning``; ``hint`` is the next step."""

    tone: str
    title: str
    text: str
    hint: str


@dataclass(frozen=True)
class Frame:
    """The node as the page's head and foot name it."""

    network: str
    chain_id: int
    head: BlockView
    age_ms: int
    notices: tuple[Notice, ...]

    @property
    def height(self) -> int:
        """The head's height."""
        return self.head.header.height

    @property
    def safe_height(self) -> int:
        """The highest block that is buried deep enough; never below genesis."""
        return max(0, self.height - SAFE_DEPTH)


def now_ms() -> int:
    """Unix time in milliseconds, for ages only."""
    return time.time_ns() // 1_000_000


def frame() -> Frame:
    """The frame of a page made now."""
    importer = consensus.current()
    head = queries.head()
    age_ms = max(0, now_ms() - head.header.time)
    return Frame(
        network=importer.network.name,
        chain_id=importer.network.chain,
        head=head,
        age_ms=age_ms,
        notices=tuple(_notices(importer, head.header.height, age_ms)),
    )


def _notices(importer: consensus.Importer, height: int, age_ms: int) -> list[Notice]:
    notices = []
    if (alarm := importer.alarm) is not None:
        notices.append(
            Notice(
                "danger",
                "This node refuses a reorganisation",
                f"A heavier branch ends in block {format.short(format.hex0x(alarm.hash))}, but "
                f"following it would undo too many blocks ({alarm.message}).",
                "What is shown here may not be what the network agreed on. The operator has to "
                "decide which chain is right.",
            )
        )
    stale_ms = _stale_after_ms(importer, height)
    if stale_ms is not None and age_ms > stale_ms:
        notices.append(
            Notice(
                "warning",
                "The newest block is old",
                f"No block has arrived for {format.duration(age_ms)}.",
                "Everything below is true as of that block; newer transactions may be waiting.",
            )
        )
    return notices


def _stale_after_ms(importer: consensus.Importer, height: int) -> int | None:
    """The age at which a head is old; None where blocks are made on demand."""
    interval = importer.network.at(height).params.target_interval_ms
    miner = mining.current()
    if miner is not None and (asked := miner.stats().block_time_ms) is not None:
        if asked == 0:
            return None
        interval = max(interval, asked)
    return STALE_INTERVALS * interval
