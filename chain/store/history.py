"""How much history this node keeps, and the refusal where something of it is pruned."""

from __future__ import annotations

from chain.errors import BodyMissing, Pruned
from chain.store import sql
from chain.values import Kept, Part
from core.errors import AnimicaError

_WHAT = {
    Part.WITNESSES: "the witnesses of block {} are",
    Part.BODIES: "the body of block {} is",
    Part.STATE: "the state after block {} is",
}


def kept() -> Kept:
    """From which height on each part is here; everything on an empty database."""
    row = sql.one(
        "SELECT witnesses_from, bodies_from, state_from, base_height FROM chain_meta WHERE id = 1"
    )
    return Kept() if row is None else Kept(*row)


def pruned(part: Part, height: int, start: int) -> Pruned:
    """The refusal for a part of a block that is kept from height ``start`` on only."""
    return Pruned(
        f"{_WHAT[part].format(height)} pruned; this node keeps them from block {start} on",
        part=part.value,
        height=height,
        keptFrom=start,
    )


def never_here(height: int, kept: Kept) -> Pruned:
    """The refusal for what this node never had of a block below the snapshot it began from."""
    return Pruned(
        f"of block {height} this node has the header alone: it began from a snapshot of block "
        f"{kept.base}",
        part=Part.BODIES.value,
        height=height,
        keptFrom=kept.bodies_from,
    )


def check_executed(height: int) -> None:
    """Refuse a height whose block was never executed here, only loaded over. Raises Pruned."""
    now = kept()
    if 0 < height <= now.base:
        raise never_here(height, now)


def missing(height: int, *, of: bytes) -> AnimicaError:
    """Why a section of a stored block is not there: pruned, or a fault of this node."""
    now = kept()
    if 0 < height <= now.base:
        return never_here(height, now)
    for part in (Part.BODIES, Part.WITNESSES):
        if height < now.start_of(part):
            return pruned(part, height, now.start_of(part))
    return BodyMissing("the body of a block is not stored", block="0x" + of.hex())


def check_body(block_hash: bytes) -> None:
    """Say why the body of a block cannot be read, if the block itself is stored."""
    row = sql.one("SELECT height FROM chain_block WHERE hash = %s", (block_hash,))
    if row is not None:
        raise missing(row[0], of=block_hash)


def check_state(height: int) -> None:
    """Refuse a height whose state is no longer known. Raises Pruned."""
    start = kept().state_from
    if height < start:
        raise pruned(Part.STATE, height, start)
