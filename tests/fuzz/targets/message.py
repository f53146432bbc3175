"""Messages of peers: their one encoding, and what a compact block makes of hostile parts."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from consensus.errors import RootMismatch
from core.errors import EncodingRefused, Refused
from core.header import Header
from p2p.rules.wire import codec, compact, table
from p2p.rules.wire.compact import Plan
from p2p.rules.wire.messages import KINDS, Compact, GetParts, Parts
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt
from tests.p2p.blocks import DictPool
from tests.p2p.samples import SAMPLES

MAX_BYTES = 64 * 1024
BOTH_KERNELS = True
BLOCK_BYTES = world.NETWORK.block_bytes_most
_SALT = bytes(8)


def one_input(data: bytes) -> None:
    message = attempt(codec.decode, data, block_bytes=BLOCK_BYTES)
    if message is None:
        return
    assert codec.encode(message) == data, "an accepted message is not its own encoding"
    kind = table.kinds(BLOCK_BYTES)[data[0]]
    assert type(message) is KINDS[data[0]] and len(data) <= kind.bytes
    value, items = oracle.decode(data[1:])
    assert oracle.encode(value) == data[1:]
    assert items <= kind.items
    if type(message) is Compact:
        _put_together(message)
    elif type(message) is Parts:
        _fill(message)


def _put_together(message: Compact) -> None:
    """A compact block of any making: refused, lacking, or the block that its header names."""
    header = attempt(Header.decode, message.header)
    if header is None:
        return
    pool = DictPool.of(world.chain().next.block)
    plan = attempt(Plan.of, message, header, pool)
    if plan is None or plan.missing is not None:
        return
    block = attempt(plan.finish, refusals=RootMismatch)
    true = world.chain().next.block
    assert block is None or header != true.header or block.raw == true.raw


def _fill(parts: Parts) -> None:
    """Any parts in answer to a whole block's: refused, or the very ones."""
    block = world.chain().next.block
    plan = Plan.of(compact.make(block, _SALT), block.header, DictPool())
    try:
        plan.fill(parts)
    except EncodingRefused:
        return
    block_made = attempt(plan.finish, refusals=Refused)
    assert block_made is None or block_made.raw == block.raw


def mutate(data: bytes, rng: Random) -> bytes:
    """The map behind the kind byte altered; now and then another kind."""
    kind = data[:1] if rng.random() < 0.95 else bytes([rng.choice((*KINDS, 0, 7, 255))])
    return kind + mutations.cbor(data[1:], rng)


def seeds() -> dict[str, bytes]:
    block = world.chain().next.block
    short = compact.make(block, _SALT, {0})
    ask = GetParts(block.hash, tuple(range(len(block.txs))), tuple(range(len(block.envelopes))))
    real = {
        "compact-real": short,
        "compact-bare": replace(short, prefilled=()),
        "parts-real": compact.parts(block, ask),
    }
    named = {type(sample).__name__.lower(): sample for sample in SAMPLES}
    return {name: codec.encode(message) for name, message in (named | real).items()}
