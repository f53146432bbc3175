"""A block's checks as a chain of types: no check can be skipped, none is done twice.

    bytes → Decoded → HeaderChecked → Sealed → BodyMatched → Witnessed → Proven → Executed

Each step takes the type before it and raises the ``Refused`` of the first rule that fails.
Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chain.values import BlockEffects
from consensus import errors
from consensus.rules import header as header_rules
from consensus.rules import proofs, seal
from consensus.rules.header import Ancestry
from consensus.rules.proofs import ProofResult
from consensus.rules.transition import KINDS, BlockEnv, BlockExecution, touched_records
from core import merkle
from core.block import Block
from core.errors import Refused, adding
from core.header import Beacon, Header
from core.network import Network
from core.ports import StateReader
from core.proof import Lineage, Verifier
from core.tx import SignedTx
from execution import accounts, validity
from execution.kinds import Body
from execution.view import View


@dataclass(frozen=True)
class Decoded:
    """A block in canonical form, within the size limit."""

    block: Block


@dataclass(frozen=True)
class HeaderChecked:
    """Its header follows from its ancestors. ``early``: held until its time comes."""

    block: Block
    early: bool


@dataclass(frozen=True)
class Sealed:
    """Its draw meets Θ: work was spent on it."""

    block: Block
    early: bool


@dataclass(frozen=True)
class BodyMatched:
    """Its body is the one that the header commits to."""

    block: Block


@dataclass(frozen=True)
class Witnessed:
    """Every transaction is well formed and signed by its sender; bodies are parsed.

    ``view`` stands on the parent's post-state, with the records that the block touches read.
    """

    block: Block
    bodies: tuple[Body, ...]
    view: View


@dataclass(frozen=True)
class Proven:
    """Every proof passed its verifier, and the header's ψ is what they bring."""

    block: Block
    bodies: tuple[Body, ...]
    view: View
    proofs: ProofResult


@dataclass(frozen=True)
class Executed:
    """It ran; the state root is still to be compared."""

    block: Block
    effects: BlockEffects


VerifySignatures = Callable[[Sequence[tuple[SignedTx, bytes]]], None]
"""Verifies (transaction, public key) pairs in parallel; raises the refusal of a bad one."""


def decode(raw: bytes, network: Network) -> Decoded:
    """Size and encoding."""
    most = network.block_bytes_most, network.block_items_most
    block = Block.decode(raw, limit=most[0], items=most[1])
    params = network.at(block.header.height).params
    if most != (params.block_bytes, params.block_items):
        # Another parameter set allows more than the one of this height.
        block = Block.decode(raw, limit=params.block_bytes, items=params.block_items)
    return Decoded(block)


def check_header(step: Decoded, ancestry: Ancestry, network: Network, now_ms: int) -> HeaderChecked:
    """Everything that headers alone decide, but the seal."""
    header = step.block.header
    return HeaderChecked(step.block, header_rules.check_header(header, ancestry, network, now_ms))


def check_seal(step: HeaderChecked) -> Sealed:
    """The draw."""
    seal.check_seal(step.block.header)
    return Sealed(step.block, step.early)


def check_body(step: Sealed, beacon: Beacon) -> BodyMatched:
    """The beacon against state, then the body against its roots."""
    if step.block.header.beacon != beacon:
        raise errors.BeaconWrong(
            "header.beacon is not the parent state's latest final round", field="header.beacon"
        )
    check_body_roots(step.block)
    return BodyMatched(step.block)


def check_body_roots(block: Block) -> None:
    """The body is the one that the header commits to.

    A mismatch says nothing about the header's hash: the same header may come with its own body.
    """
    for name, root in block.body_roots.items():
        if getattr(block.header.roots, name) != root:
            raise errors.RootMismatch(
                f"the body does not match header.roots.{name}", field=f"header.roots.{name}"
            )
    check_envelopes(block)


def check_envelopes(block: Block) -> None:
    """The envelopes are those that the receipts name, so the header commits to them too."""
    for index, (receipt, envelope) in enumerate(zip(block.proofs, block.envelopes, strict=True)):
        if receipt.envelope != envelope.digest:
            raise errors.RootMismatch(
                "an envelope is not the one that its receipt names",
                field="block.envelopes",
                proofIndex=index,
            )


def check_witnesses(
    step: BodyMatched, network: Network, parent_state: StateReader, verify: VerifySignatures
) -> Witnessed:
    """Form, key and signature of every transaction, keys from the parent's post-state."""
    block = step.block
    bodies, malformed = _check_forms(block, network)
    txs = block.txs[: len(bodies)]
    view = View(parent_state)
    env = BlockEnv.of(block.header)
    view.prefetch(touched_records(env, txs, bodies, block.envelopes))
    signed: list[tuple[SignedTx, bytes]] = []
    for index, tx in enumerate(txs):
        with adding(txIndex=index):
            known = accounts.decode_key(view.get(accounts.KEY_MODULE, tx.unsigned.sender))
            signed.append((tx, validity.check_key(tx, known, in_block=True)))
    if malformed is not None:
        raise malformed
    verify(signed)
    return Witnessed(block, bodies, view)


def _check_forms(block: Block, network: Network) -> tuple[tuple[Body, ...], Refused | None]:
    """The bodies up to the first transaction that is malformed, and its refusal.

    Keys come with the form, transaction by transaction: an earlier one's key is refused first.
    """
    bodies: list[Body] = []
    for index, tx in enumerate(block.txs):
        try:
            with adding(txIndex=index):
                bodies.append(validity.check_form(tx, network, block.header.height, KINDS))
        except Refused as refusal:
            return tuple(bodies), refusal
    return tuple(bodies), None


def signatures_ahead(block: Block, state: StateReader) -> list[tuple[SignedTx, bytes]]:
    """What ``check_witnesses`` will ask to verify, as far as an earlier state can tell.

    Nothing is judged here; a key that a block in between stores is not known yet.
    """
    senders = dict.fromkeys((accounts.KEY_MODULE, tx.unsigned.sender) for tx in block.txs)
    stored = state.get_many(list(senders))
    keys = [
        accounts.decode_key(stored.get((accounts.KEY_MODULE, tx.unsigned.sender))) or tx.witness.pk
        for tx in block.txs
    ]
    return [(tx, key) for tx, key in zip(block.txs, keys, strict=True) if key is not None]


def check_proofs(
    step: Witnessed,
    network: Network,
    lineage: Lineage,
    verifiers: Mapping[int, Verifier] = proofs.VERIFIERS,
) -> Proven:
    """Every proof by the verifier of its type; receipts and Σψ exactly as they follow."""
    block = step.block
    result = proofs.verify_all(
        block.envelopes, block.header, step.view, network, lineage, verifiers
    )
    proofs.check_receipts(block.proofs, result)
    proofs.check_sum(block.header.psi, result)
    return Proven(block, step.bodies, step.view, result)


def execute(step: Proven, network: Network) -> Executed:
    """The transition, then everything that its result decides but the state root."""
    block = step.block
    execution = BlockExecution(step.view, BlockEnv.of(block.header, step.proofs), network)
    for index, (tx, body) in enumerate(zip(block.txs, step.bodies, strict=True)):
        with adding(txIndex=index):
            execution.run(tx, body)
    effects = execution.finish()
    _check_result(block.header, execution.gas_used, effects)
    return Executed(block, effects)


def _check_result(header: Header, gas_used: int, effects: BlockEffects) -> None:
    if header.gas_used != gas_used:
        raise errors.GasUsedWrong(
            f"header.gasUsed is {header.gas_used}", field="header.gasUsed", required=gas_used
        )
    if header.blob_bytes != 0:
        raise errors.BlobBytesWrong(
            f"header.blobBytes is {header.blob_bytes}", field="header.blobBytes", required=0
        )
    if header.roots.receipts != receipts_root(effects):
        raise errors.ReceiptsRootWrong(
            "header.roots.receipts differs", field="header.roots.receipts"
        )
    if header.roots.da != merkle.EMPTY_ROOT:
        raise errors.DataRootWrong("header.roots.da differs", field="header.roots.da")


def receipts_root(effects: BlockEffects) -> bytes:
    """Merkle root over CBOR(receipt), the system receipt last."""
    return merkle.root([receipt.encoded for receipt in effects.receipts])


def check_state_root(step: Executed, root: bytes) -> None:
    """The last check: the tree after the block's changes."""
    header = step.block.header
    if header.roots.state != root:
        raise errors.StateRootWrong("header.roots.state differs", field="header.roots.state")
