"""What the miner tells about itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MinerState(StrEnum):
    """What the miner is doing, in a word."""

    STOPPED = "stopped"
    PAUSED = "paused"
    SEARCHING = "searching"
    WAITING_TIME = "waiting for the block's time"
    WAITING_TX = "waiting for a transaction"
    WAITING_CHAIN = "waiting for the chain of its peers"
    FAULT = "waiting after a fault"


@dataclass(frozen=True)
class MinerStats:
    """The miner's numbers. ``height`` is the block it works on; ``reason`` says why it does not.

    ``troubled``: a fault, or refusals of its own blocks, keep it from working; never so for a pause
    that somebody asked for.

    ``shares_found`` counts the hash shares that it handed on to wait for a block. ``hash_rate`` is
    in hashes a second while searching, all workers together. ``block_time_ms`` is what that block
    waits after its parent's time, 0 on demand, None without pacing.
    """

    state: MinerState
    reason: str | None
    troubled: bool
    blocks_found: int
    blocks_refused: int
    shares_found: int
    hashes: int
    hash_rate: int
    height: int
    workers: int
    coinbase: bytes
    block_time_ms: int | None
