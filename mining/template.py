"""A block on a parent, all but its nonce: chosen transactions run, every root computed.

Runs the very transition that the importer runs, so what it builds imports. Pure but for the
reader and ``stage``, which the caller hands in. Source: docs/spec/mining.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from chain.values import BlockEffects
from consensus.rules import draft as draft_rules
from consensus.rules import proofs, seal, shares
from consensus.rules.header import Ancestry
from consensus.rules.pipeline import receipts_root
from consensus.rules.transition import KINDS, BlockEnv, BlockExecution, touched_records
from core import cbor
from core.block import Block
from core.errors import EncodingRefused, Refused, TxRefused
from core.header import NONCE_BYTES, Header
from core.network import Network, ParamSet
from core.ports import RecordKey, StateReader
from core.proof import Envelope, Lineage, Verifier
from core.tx import SignedTx
from execution import accounts, validity
from execution.errors import FeeBelowBase, GasAboveLimit, NonceGap
from execution.kinds import Body
from execution.view import View


@dataclass(frozen=True)
class Left:
    """What a block has left: gas, bytes, the ids it has, and the senders who are out of it."""

    gas: int
    size: int
    taken: frozenset[bytes]
    without: frozenset[bytes]


ROUNDS_MOST = 32
"""How often a template asks for more candidates; a full pool has had its turn long before."""

More = Callable[[Left], Sequence[SignedTx]]
"""Further candidates for what is left: of no sender who is out, and none that is taken."""

Stage = Callable[[Mapping[RecordKey, bytes | None]], bytes]
"""The state root after changes (None deletes a record) to the parent's post-state."""


@dataclass(frozen=True)
class Skipped:
    """A candidate that breaks a rule, with the refusal."""

    tx: SignedTx
    refusal: Refused


@dataclass(frozen=True)
class SkippedProof:
    """A proof that may not enter the block, with the refusal."""

    envelope: Envelope
    refusal: Refused


@dataclass(frozen=True)
class Template:
    """An unsealed block, and the candidates that may never enter one as they are.

    Candidates that a later block may take (no room left, an earlier nonce missing, a fee below
    this block's) are in neither. ``share_offset`` is s of the parent's state, micro-nats.
    """

    block: Block
    skipped: tuple[Skipped, ...]
    skipped_proofs: tuple[SkippedProof, ...]
    share_offset: int

    @cached_property
    def threshold(self) -> int:
        """Draws strictly below this number seal the block."""
        return seal.threshold(self.block.header.theta, self.block.header.psi)

    @cached_property
    def share_threshold(self) -> int:
        """Draws strictly below this number make a hash share."""
        return shares.threshold(self.block.header.theta, self.share_offset)

    @property
    def seal_prefix(self) -> bytes:
        """The 80 bytes that nonces are hashed behind."""
        return self.block.header.seal_prefix

    def sealed(self, nonce: int) -> Block:
        """The block with its nonce, which is hashed as 8 bytes little endian."""
        header = self.block.header.sealed(nonce.to_bytes(NONCE_BYTES, "little"))
        return replace(self.block, header=header)


@dataclass(frozen=True)
class Base:
    """What a template builds on: the parent with its ancestors, and the parent's post-state."""

    network: Network
    parent: Header
    grandparent: Header | None
    reader: StateReader
    stage: Stage
    lineage: Lineage
    verifiers: Mapping[int, Verifier] = field(default_factory=lambda: proofs.VERIFIERS)

    @property
    def rules(self) -> ParamSet:
        """The parameter set of the block that is built."""
        return self.network.at(self.parent.height + 1)


@dataclass(frozen=True)
class Wishes:
    """What a producer may choose: who is paid (34 bytes), free bytes (≤ 32), the time, how many."""

    coinbase: bytes
    extra: bytes
    time_ms: int
    most: int | None = None


def build(
    base: Base,
    wishes: Wishes,
    candidates: Sequence[SignedTx],
    envelopes: Sequence[Envelope] = (),
    more: More | None = None,
) -> Template:
    """Fill a block with ``envelopes`` and as many ``candidates`` as may run and fit, in order.

    Where these leave room, ``more`` is asked for others until it has none: candidates who turn out
    not to fit, and those behind them, must not keep everybody else out.

    Form, key and account of each candidate are checked; signatures are the caller's to have
    checked. ``envelopes`` are in body order, of allowed numbers and leave room for the header; one
    that breaks a rule is left out.
    """
    draft = _draft(base, wishes)
    view = View(base.reader)
    admitted, skipped = _admit(base, draft, view, candidates, envelopes)
    proved, skipped_proofs = _prove(base, draft, view, envelopes)
    offset = proofs.tuning_at(view, draft.height, base.network).share_offset
    execution = BlockExecution(view, proved.env, base.network)
    room = _Room(proved.block, base.rules.params.block_bytes)
    filling = _Filling(execution, room, draft.gas_limit, wishes.most)
    filling.offer_all(admitted, skipped)
    for _ in range(ROUNDS_MOST):
        others = () if more is None or filling.is_full else more(filling.left)
        if not others:
            break
        admitted, refused = _admit(base, draft, view, others)
        skipped += refused
        filling.offer_all(admitted, refused)
    block = replace(proved.block, txs=tuple(filling.txs))
    header = _finished(block, base, execution.gas_used, execution.finish())
    block = replace(block, header=header)
    return Template(block, (*skipped, *filling.skipped), skipped_proofs, offset)


def _draft(base: Base, wishes: Wishes) -> Header:
    """The header as far as it follows from the ancestors and the producer's choice."""
    assert wishes.time_ms > base.parent.time, "block times rise"
    return draft_rules.draft(
        Ancestry(base.parent, base.grandparent),
        base.network,
        coinbase=wishes.coinbase,
        time_ms=wishes.time_ms,
        extra=wishes.extra,
    )


@dataclass(frozen=True)
class _Proved:
    """A block of proofs alone, and what execution may know of it."""

    block: Block
    env: BlockEnv


def _prove(
    base: Base, draft: Header, view: View, envelopes: Sequence[Envelope]
) -> tuple[_Proved, tuple[SkippedProof, ...]]:
    """Verify the proofs; each that is refused is left out, until the others pass together."""
    offered, skipped = list(envelopes), []
    while True:
        try:
            proven = proofs.verify_all(
                offered, draft, view, base.network, base.lineage, base.verifiers
            )
            break
        except Refused as refusal:
            index = refusal.facts.get("proofIndex")
            if not isinstance(index, int):
                raise  # not about one of them: the caller chose wrong
            skipped.append(SkippedProof(offered.pop(index), refusal))
    header = replace(draft, psi=proven.psi)
    block = Block(header, (), proven.receipts, tuple(offered))
    return _Proved(block, BlockEnv.of(header, proven)), tuple(skipped)


def _admit(
    base: Base,
    draft: Header,
    view: View,
    candidates: Sequence[SignedTx],
    envelopes: Sequence[Envelope] = (),
) -> tuple[list[tuple[SignedTx, Body]], list[Skipped]]:
    """Check what needs no running state: form, and the key against the parent's post-state.

    What those who pass will read, and the ``envelopes``, is read into the view.
    """
    senders = dict.fromkeys((accounts.KEY_MODULE, tx.unsigned.sender) for tx in candidates)
    stored = base.reader.get_many(list(senders))
    admitted: list[tuple[SignedTx, Body]] = []
    skipped: list[Skipped] = []
    for tx in candidates:
        known = accounts.decode_key(stored.get((accounts.KEY_MODULE, tx.unsigned.sender)))
        # The key may have been stored since the pool let it in: then a block must not repeat it.
        fitted = tx if known is None or tx.witness.pk is None else tx.with_key(None)
        try:
            body = validity.check_form(fitted, base.network, draft.height, KINDS)
            validity.check_key(fitted, known, in_block=True)
        except (TxRefused, EncodingRefused) as refusal:
            skipped.append(Skipped(tx, refusal))
        else:
            admitted.append((fitted, body))
    txs, bodies = [tx for tx, _ in admitted], [body for _, body in admitted]
    view.prefetch(touched_records(BlockEnv.of(draft), txs, bodies, envelopes))
    return admitted, skipped


class _Room:
    """Counts the bytes of ``Block.raw`` as transactions are added."""

    def __init__(self, block: Block, limit: int) -> None:
        # The widest gasUsed the header can come to have: at most 8 bytes stay unused for it.
        widest = replace(block.header, gas_used=block.header.gas_limit)
        self._left = limit - len(replace(block, header=widest).raw)
        self._count = 0

    @property
    def left(self) -> int:
        """Bytes, without those by which the heads of the lists may grow."""
        return self._left

    def fits(self, tx: SignedTx) -> bool:
        return self._cost(tx) <= self._left

    def take(self, tx: SignedTx) -> None:
        self._left -= self._cost(tx)
        self._count += 1

    def _cost(self, tx: SignedTx) -> int:
        """The transaction, its witness, and what the heads of both lists grow by."""
        growth = len(cbor.encode(self._count + 1)) - len(cbor.encode(self._count))
        return len(tx.unsigned.encoded) + len(tx.witness.encoded) + 2 * growth


class _Filling:
    """Runs candidates one after the other and sorts them into taken, skipped and left out."""

    def __init__(
        self, execution: BlockExecution, room: _Room, gas_limit: int, most: int | None
    ) -> None:
        self._execution = execution
        self._room = room
        self._gas_limit = gas_limit
        self._most = most
        self._without: set[bytes] = set()
        self.txs: list[SignedTx] = []
        self.skipped: list[Skipped] = []

    @property
    def is_full(self) -> bool:
        """Whether it has as many as were wished."""
        return self._most is not None and len(self.txs) >= self._most

    @property
    def left(self) -> Left:
        """What others may fill."""
        return Left(
            gas=self._gas_limit - self._execution.gas_used,
            size=self._room.left,
            taken=frozenset(tx.txid for tx in self.txs),
            without=frozenset(self._without),
        )

    def offer_all(self, admitted: Sequence[tuple[SignedTx, Body]], refused: list[Skipped]) -> None:
        """Offer them in order; senders of whom one is not taken are out."""
        self._without.update(skipped.tx.unsigned.sender for skipped in refused)
        for tx, body in admitted:
            if self.is_full:
                return
            if not self._offer(tx, body):
                self._without.add(tx.unsigned.sender)

    def _offer(self, tx: SignedTx, body: Body) -> bool:
        """Whether it was taken."""
        if not self._room.fits(tx):
            return False
        try:
            self._execution.run(tx, body)
        except (TxRefused, EncodingRefused) as refusal:
            if not self._may_run_later(tx, refusal):
                self.skipped.append(Skipped(tx, refusal))
            return False
        self._room.take(tx)
        self.txs.append(tx)
        return True

    def _may_run_later(self, tx: SignedTx, refusal: Refused) -> bool:
        """Whether a later block may take it: after one before it, at a lower fee, with room."""
        if isinstance(refusal, GasAboveLimit):
            return tx.unsigned.gas <= self._gas_limit
        return isinstance(refusal, NonceGap | FeeBelowBase)


def _finished(block: Block, base: Base, gas_used: int, effects: BlockEffects) -> Header:
    """The draft with what body and execution decide."""
    roots = replace(
        block.header.roots,
        **block.body_roots,
        state=base.stage(effects.changes),
        receipts=receipts_root(effects),
    )
    return replace(block.header, gas_used=gas_used, roots=roots)
