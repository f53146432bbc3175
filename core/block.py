"""Whole blocks as values and their encoding for submission, disk and peers.

Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core import cbor, merkle
from core.errors import EncodingRefused
from core.fields import Fields, keys
from core.header import Header
from core.limits import PROOFS_PER_BLOCK, SHARES_PER_BLOCK_MOST
from core.proof import Envelope, ProofReceipt
from core.tx import SignedTx, UnsignedTx, Witness

_BLOCK = keys(("header", "txs", "witnesses", "proofs", "envelopes"))
# More than a block of the largest network can hold: a transaction has over 100 bytes.
_ITEMS = 100_000
# The shares of any network and the other types together.
_PROOFS = SHARES_PER_BLOCK_MOST + PROOFS_PER_BLOCK


class BlockForm(EncodingRefused):
    """A block whose lists do not belong together."""

    code = "block.form"
    hint = "A block carries one witness for each transaction and one envelope for each proof."


@dataclass(frozen=True)
class Block:
    """Header and body: ``proofs`` are the receipts of what ``envelopes`` hold, pair by pair."""

    header: Header
    txs: tuple[SignedTx, ...] = ()
    proofs: tuple[ProofReceipt, ...] = ()
    envelopes: tuple[Envelope, ...] = ()

    @property
    def hash(self) -> bytes:
        """See ``Header.hash``."""
        return self.header.hash

    @cached_property
    def raw(self) -> bytes:
        """The canonical encoding."""
        return cbor.encode(
            {
                "header": self.header.to_map(),
                "txs": [tx.unsigned.to_map() for tx in self.txs],
                "witnesses": [tx.witness.to_map() for tx in self.txs],
                "proofs": [proof.to_map() for proof in self.proofs],
                "envelopes": [envelope.to_map() for envelope in self.envelopes],
            }
        )

    @cached_property
    def body_roots(self) -> dict[str, bytes]:
        """The roots that the body gives, by their names in the header."""
        return {
            "txs": txs_root(self.txs),
            "witnesses": witnesses_root(self.txs),
            "proofs": proofs_root(self.proofs),
        }

    @classmethod
    def decode(cls, raw: bytes, *, limit: int, items: int) -> Block:
        """Decode an encoding of at most ``limit`` bytes and ``items`` CBOR items.

        Raises an ``EncodingRefused`` that names the field.
        """
        value = cbor.decode(raw, limit=limit, what="block", most=items)
        f = Fields(value, "block", _BLOCK, frozenset())
        header = Header.from_map(f.raw("header"))
        txs = [UnsignedTx.from_map(item) for item in f.items("txs", most=_ITEMS)]
        witnesses = [Witness.from_map(item) for item in f.items("witnesses", most=_ITEMS)]
        proofs = [ProofReceipt.from_map(item) for item in f.items("proofs", most=_PROOFS)]
        envelopes = [Envelope.from_map(item) for item in f.items("envelopes", most=_PROOFS)]
        if len(txs) != len(witnesses):
            raise BlockForm(
                f"block has {len(txs)} transactions and {len(witnesses)} witnesses",
                field="block.witnesses",
            )
        if len(proofs) != len(envelopes):
            raise BlockForm(
                f"block has {len(proofs)} proofs and {len(envelopes)} envelopes",
                field="block.envelopes",
            )
        pairs = zip(txs, witnesses, strict=True)
        signed = tuple(SignedTx(unsigned, witness) for unsigned, witness in pairs)
        block = cls(header, signed, tuple(proofs), tuple(envelopes))
        block._keep_encodings(raw)
        return block

    def _keep_encodings(self, raw: bytes) -> None:
        """Decoding is strict, so slices of what was decoded are what encoding would give."""
        self.__dict__["raw"] = raw
        # A map is its keys and values in a row, the shorter names first: ``raw`` above.
        ends = cbor.item_ends(raw, 1, 2 * len(_BLOCK))
        self.header.__dict__["encoded"] = raw[ends[2] : ends[3]]
        unsigned = _elements(raw, ends[0], len(self.txs))
        witnesses = _elements(raw, ends[8], len(self.txs))
        for tx, encoded, witness in zip(self.txs, unsigned, witnesses, strict=True):
            tx.unsigned.__dict__["encoded"] = encoded
            tx.witness.__dict__["encoded"] = witness


def _elements(raw: bytes, at: int, count: int) -> list[bytes]:
    """The encoded elements of the array of ``count`` that starts at ``at``."""
    start = at + len(cbor.array_head(count))
    ends = cbor.item_ends(raw, start, count)
    return [raw[a:b] for a, b in zip([start, *ends], ends, strict=False)]


def txs_root(txs: tuple[SignedTx, ...]) -> bytes:
    """Merkle root over CBOR(unsigned) in body order."""
    return merkle.root([tx.unsigned.encoded for tx in txs])


def witnesses_root(txs: tuple[SignedTx, ...]) -> bytes:
    """Merkle root over CBOR(witness) in body order."""
    return merkle.root([tx.witness.encoded for tx in txs])


def proofs_root(proofs: tuple[ProofReceipt, ...]) -> bytes:
    """Merkle root over CBOR(proof receipt) in body order."""
    return merkle.root([proof.encoded for proof in proofs])
