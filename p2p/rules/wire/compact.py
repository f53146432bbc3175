"""Blocks in short form: short ids instead of transactions that the receiver has anyway.

    sender    make(block, salt, prefill)            → Compact
    receiver  Plan.of(compact, header, pool)        → what is there, and ``missing``
              plan.fill(parts)                      the sender's answer to ``missing``
              plan.finish()                         → the block that the header commits to

A short id is the first SHORT_ID_BYTES of H(salt || block hash || txid). Two transactions of the
pool, or of the block, that share one count as missing. Whatever the short ids have led to, the
block must match the roots of its header: no collision makes a wrong block.

Source: docs/spec/p2p.md, "Compact blocks".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from consensus.rules.pipeline import check_body_roots
from core import cbor
from core.block import Block
from core.errors import EncodingRefused
from core.hashing import sha3
from core.header import Header
from core.proof import Envelope, ProofReceipt
from core.tx import SignedTx
from p2p.rules.limits import (
    PREFILLED_BYTES,
    PREFILLED_MOST,
    RECEIPT_BYTES,
    SHORT_ID_BYTES,
)
from p2p.rules.wire.messages import Compact, GetParts, Parts
from p2p.rules.wire.table import ENVELOPE_BYTES


class PartsWrong(EncodingRefused):
    """Parts of a block that are not those which its compact form names."""

    code = "p2p.parts_wrong"
    hint = "Send what stands at the places asked for, in that order and in the block's own form."


class Waiting(Protocol):
    """What waits at the receiver."""

    def tx(self, txid: bytes) -> SignedTx | None:
        """A waiting transaction."""

    def txids(self) -> Collection[bytes]:
        """Ids of all that wait."""

    def proof(self, digest: bytes) -> Envelope | None:
        """A waiting proof."""


def make(block: Block, salt: bytes, prefill: Collection[int] = ()) -> Compact:
    """The short form, with the transactions at ``prefill`` whole as far as there is room."""
    prefix = salt + block.hash
    bits = [tx.witness.pk is not None for tx in block.txs]
    return Compact(
        header=block.header.encoded,
        salt=salt,
        txs=b"".join(short_id(prefix, tx.txid) for tx in block.txs),
        keyed=_packed(bits),
        receipts=tuple(receipt.encoded for receipt in block.proofs),
        prefilled=_within_bounds([(index, block.txs[index].raw) for index in sorted(prefill)]),
    )


def parts(block: Block, ask: GetParts) -> Parts:
    """The answer to ``ask``; nothing at all where it names places that the block does not have."""
    if (ask.txs and ask.txs[-1] >= len(block.txs)) or (
        ask.proofs and ask.proofs[-1] >= len(block.envelopes)
    ):
        return Parts(ask.hash, (), ())
    txs = tuple(block.txs[index].raw for index in ask.txs)
    return Parts(ask.hash, txs, tuple(block.envelopes[index].encoded for index in ask.proofs))


def short_id(prefix: bytes, txid: bytes) -> bytes:
    """The short id under ``prefix``: salt and block hash."""
    return sha3(prefix + txid)[:SHORT_ID_BYTES]


@dataclass
class Plan:
    """A block that is being put together; ``guessed``: something was found by its short id.

    Then a body that does not match its header may be nobody's fault.
    """

    header: Header
    shorts: Sequence[bytes]
    keyed: Sequence[bool]
    receipts: tuple[ProofReceipt, ...]
    txs: list[SignedTx | None]
    envelopes: list[Envelope | None]
    fetched: set[int] = field(default_factory=set)
    """Places of the transactions that did not wait here; others may lack them too."""
    guessed: bool = False
    _prefix: bytes = b""

    @classmethod
    def of(cls, compact: Compact, header: Header, pool: Waiting) -> Plan:
        """What ``pool`` has of the block. ``header`` is the decoded one of ``compact``.

        Raises an ``EncodingRefused`` where the compact block contradicts itself.
        """
        receipts = tuple(_receipt(raw) for raw in compact.receipts)
        size = SHORT_ID_BYTES
        shorts = [compact.txs[at : at + size] for at in range(0, len(compact.txs), size)]
        plan = cls(
            header,
            shorts,
            _unpacked(compact.keyed, len(shorts)),
            receipts,
            [None] * len(shorts),
            [pool.proof(receipt.envelope) for receipt in receipts],
            _prefix=compact.salt + header.hash,
        )
        for index, raw in compact.prefilled:
            if pool.tx(plan._put(index, raw)) is None:
                plan.fetched.add(index)
        plan._look_in(pool)
        return plan

    @property
    def missing(self) -> GetParts | None:
        """What has to be asked for; None: nothing."""
        txs = tuple(index for index, tx in enumerate(self.txs) if tx is None)
        proofs = tuple(index for index, one in enumerate(self.envelopes) if one is None)
        return GetParts(self.header.hash, txs, proofs) if txs or proofs else None

    def fill(self, parts: Parts) -> None:
        """Put in the answer to ``missing``; raises PartsWrong or another ``EncodingRefused``."""
        ask = self.missing
        assert ask is not None, "nothing was asked for"
        asked = len(ask.txs), len(ask.proofs)
        if (len(parts.txs), len(parts.envelopes)) != asked:
            raise PartsWrong(f"{asked[0]} transactions and {asked[1]} proofs were asked for")
        for index, raw in zip(ask.txs, parts.txs, strict=True):
            self._put(index, raw)
            self.fetched.add(index)
        for index, raw in zip(ask.proofs, parts.envelopes, strict=True):
            envelope = decode_envelope(raw)
            if envelope.digest != self.receipts[index].envelope:
                raise PartsWrong(f"proof {index} is not the one that its receipt names")
            self.envelopes[index] = envelope

    def finish(self) -> Block:
        """The whole block; raises ``RootMismatch`` where it is not the header's."""
        txs = tuple(tx for tx in self.txs if tx is not None)
        envelopes = tuple(one for one in self.envelopes if one is not None)
        assert len(txs) == len(self.txs), "every transaction is there"
        assert len(envelopes) == len(self.envelopes), "every proof is there"
        block = Block(self.header, txs, self.receipts, envelopes)
        check_body_roots(block)
        return block

    def _put(self, index: int, raw: bytes) -> bytes:
        tx = SignedTx.decode(raw)
        named = short_id(self._prefix, tx.txid) == self.shorts[index]
        if not named or (tx.witness.pk is not None) != self.keyed[index]:
            raise PartsWrong(f"transaction {index} is not the one that the compact block names")
        self.txs[index] = tx
        return tx.txid

    def _look_in(self, pool: Waiting) -> None:
        times = Counter(self.shorts)
        wanted = {
            short: index
            for index, short in enumerate(self.shorts)
            if self.txs[index] is None and times[short] == 1
        }
        if not wanted:
            return
        found: dict[bytes, bytes | None] = {}
        prefix = self._prefix
        for txid in pool.txids():
            short = short_id(prefix, txid)
            if short in wanted:
                found[short] = None if short in found else txid
        for short, one in found.items():
            if one is not None and (tx := pool.tx(one)) is not None:
                self._take(wanted[short], tx)

    def _take(self, index: int, tx: SignedTx) -> None:
        """Take a waiting transaction in the form that the block has, if it can be made."""
        if (tx.witness.pk is not None) != self.keyed[index]:
            if self.keyed[index]:
                return
            tx = tx.with_key(None)
        self.txs[index] = tx
        self.guessed = True


def decode_envelope(raw: bytes) -> Envelope:
    """An envelope from its canonical encoding; raises an ``EncodingRefused``."""
    value = cbor.decode(raw, limit=ENVELOPE_BYTES, what="envelope", most=_ITEMS)
    return Envelope.from_map(value)


_ITEMS = 32
"""CBOR items of an envelope or a receipt: a map of at most seven fields."""


def _receipt(raw: bytes) -> ProofReceipt:
    value = cbor.decode(raw, limit=RECEIPT_BYTES, what="receipt", most=_ITEMS)
    return ProofReceipt.from_map(value)


def _packed(bits: Sequence[bool]) -> bytes:
    """The bits, most significant first, zeros behind."""
    size = -(-len(bits) // 8)
    padded = "".join("01"[bit] for bit in bits).ljust(8 * size, "0")
    return int(padded or "0", 2).to_bytes(size, "big")


def _unpacked(data: bytes, count: int) -> list[bool]:
    return [bool(data[at >> 3] >> (7 - (at & 7)) & 1) for at in range(count)]


def _within_bounds(listed: Sequence[tuple[int, bytes]]) -> tuple[tuple[int, bytes], ...]:
    taken: list[tuple[int, bytes]] = []
    room = PREFILLED_BYTES
    for index, raw in listed[:PREFILLED_MOST]:
        if len(raw) <= room:
            taken.append((index, raw))
            room -= len(raw)
    return tuple(taken)
