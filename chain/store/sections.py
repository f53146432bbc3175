"""Sections of a body: CBOR arrays kept as bytes, so that one item is a slice of them. Pure.

A block's encoding is its header and sections put together; docs/spec/blocks.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from core import cbor
from core.block import Block
from core.cbor import Value
from core.proof import Envelope, ProofReceipt
from core.receipt import Receipt
from core.tx import SignedTx, UnsignedTx, Witness

# A stored section is our own encoding of a block that passed the limits; this only bounds memory.
_SECTION_BYTES = 2**30


def pack(items: Sequence[bytes]) -> bytes:
    """The CBOR array of encoded items."""
    return cbor.array_head(len(items)) + b"".join(items)


def places(items: Sequence[bytes]) -> list[tuple[int, int]]:
    """(offset, size) of each item inside ``pack(items)``."""
    sizes = [len(item) for item in items]
    starts = accumulate(sizes[:-1], initial=len(cbor.array_head(len(items)))) if sizes else ()
    return list(zip(starts, sizes, strict=True))


def unpack(section: bytes, what: str) -> list[Value]:
    """The decoded items of a section."""
    items: list[Value] = cbor.decode(section, limit=_SECTION_BYTES, what=what)
    return items


def split(block: Block) -> dict[str, bytes]:
    """The sections of a block by name."""
    return {
        "txs": pack([tx.unsigned.encoded for tx in block.txs]),
        "proofs": pack([proof.encoded for proof in block.proofs]),
        "witnesses": pack([tx.witness.encoded for tx in block.txs]),
        "envelopes": pack([envelope.encoded for envelope in block.envelopes]),
    }


def assemble(
    header: bytes, *, txs: bytes, proofs: bytes, witnesses: bytes, envelopes: bytes
) -> bytes:
    """The canonical encoding of a block, ``Block.raw``: keys by length, then alphabet."""
    return b"".join(
        [
            *(b"\xa5", b"\x63txs", txs),
            *(b"\x66header", header),
            *(b"\x66proofs", proofs),
            *(b"\x69envelopes", envelopes),
            *(b"\x69witnesses", witnesses),
        ]
    )


def read_txs(txs: bytes, witnesses: bytes) -> tuple[SignedTx, ...]:
    """The transactions of two sections."""
    unsigned = [UnsignedTx.from_map(item) for item in unpack(txs, "txs")]
    vouched = [Witness.from_map(item) for item in unpack(witnesses, "witnesses")]
    return tuple(SignedTx(*pair) for pair in zip(unsigned, vouched, strict=True))


def read_proof_receipts(proofs: bytes) -> tuple[ProofReceipt, ...]:
    """The receipts of proofs."""
    return tuple(ProofReceipt.from_map(item) for item in unpack(proofs, "proofs"))


def read_envelopes(envelopes: bytes) -> tuple[Envelope, ...]:
    """The proofs themselves, as sent."""
    return tuple(Envelope.from_map(item) for item in unpack(envelopes, "envelopes"))


def read_receipts(receipts: bytes) -> tuple[Receipt, ...]:
    """The receipts of a section, the system receipt last."""
    return tuple(Receipt.from_map(item) for item in unpack(receipts, "receipts"))
