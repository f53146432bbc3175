"""The score of a stored block, step by step, made again from what no node prunes but proofs.

Proof receipts hold the units and the quality that were credited; α of an epoch stands in the event
of the block that ended the epoch before it. So every step follows for a block of any age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from chain import queries
from chain import service as chain
from chain.errors import HeadBroken, LedgerDamaged, NotExecuted
from chain.values import BlockProofs, BlockStatus, BlockView, Part, StoredHeader
from consensus.rules import poies, seal, tuning
from consensus.rules.poies import Score, Work
from consensus.rules.tuning import Tuning
from core import exact
from core.header import Header
from core.network import PPM, Network, Poies
from core.proof import SCORED, ProofReceipt


@dataclass(frozen=True)
class BlockScore:
    """Why a block counts as sealed. Scores in micro-nats; ``gamma`` bounds all useful work."""

    header: Header
    proofs: BlockProofs
    steps: Score
    gamma: int

    @cached_property
    def draw(self) -> int:
        """−ln u."""
        return exact.nlog(self.header.draw)

    @property
    def raised(self) -> bool:
        """Whether storage work raised the ψ of every type."""
        return self.steps.multiplier > PPM

    @property
    def total(self) -> int:
        """S, what the block reached."""
        return self.draw + self.header.psi

    @property
    def surplus(self) -> int:
        """How far S lies above Θ."""
        return self.total - self.header.theta

    @property
    def threshold(self) -> int:
        """Draws strictly below this number sealed the block."""
        return seal.threshold(self.header.theta, self.header.psi)

    @property
    def expected_draws(self) -> int:
        """Draws that such a block takes on average, with the help of its useful work."""
        return 2**256 // self.threshold

    @property
    def work(self) -> int:
        """What the block counts in its chain: draws expected for Θ alone."""
        return seal.block_work(self.header.theta)


def score_of(block: BlockView, network: Network) -> BlockScore:
    """The score of a stored block above genesis, which needs no seal.

    Raises NotExecuted, and Pruned where the block's proofs are no longer kept.
    """
    header = block.header
    assert header.height > 0, "genesis has no score"
    proofs = proofs_of(block)
    rules = network.at(header.height).poies
    alphas = tuned_for(block, network).alphas
    return BlockScore(header, proofs, steps(proofs.receipts, alphas, rules), rules.gamma_unat)


def proofs_of(block: BlockView) -> BlockProofs:
    """The verified proofs of a stored block.

    Raises NotExecuted, and Pruned where they are no longer kept.
    """
    if block.status is BlockStatus.HEADER:
        raise queries.pruned(Part.BODIES, block.header.height)
    if block.status is not BlockStatus.EXECUTED:
        raise NotExecuted(
            f"this block of height {block.header.height} was never executed here",
            hash="0x" + block.hash.hex(),
            height=block.header.height,
        )
    return queries.proofs(block.header)


def steps(receipts: Sequence[ProofReceipt], alphas: dict[int, int], rules: Poies) -> Score:
    """How Σψ comes about; ``alphas`` in ppm by type."""
    works = [Work(one.type, one.units, one.quality) for one in receipts if one.type in SCORED]
    return poies.score(works, alphas, rules)


def tuned_for(block: BlockView, network: Network) -> Tuning:
    """α and s that an executed block was judged by; its counts are 0."""
    height = block.header.height
    rules = network.at(height)
    end = tuning.last_epoch_end(height, rules.params)
    if end == 0:
        return Tuning.start(network.at(0).poies).within(rules.poies)
    return _tuned_after(_ancestor(block, end)).within(rules.poies)


def _ancestor(block: BlockView, height: int) -> bytes:
    """The hash of the block's ancestor at a height, on whatever branch that is."""
    if block.canonical:
        return _on_chain(height)
    entry = _stored(block.header.parent)
    while entry.height > height:
        if entry.canonical:
            return _on_chain(height)
        entry = _stored(entry.header.parent)
    return entry.hash


def _on_chain(height: int) -> bytes:
    found = chain.canonical_header(height)
    if found is None:
        raise HeadBroken("a block of the best chain is not stored", height=height)
    return found.hash


def _stored(block_hash: bytes) -> StoredHeader:
    found = chain.stored(block_hash)
    assert found is not None, "a stored block's ancestors are stored"
    return found


@lru_cache(maxsize=256)
def _tuned_after(block_hash: bytes) -> Tuning:
    """What the epoch after a block starts with; the same for ever, whatever branch is best."""
    system = queries.system_receipt(block_hash)
    for log in () if system is None else system.logs:
        if log.topics == (tuning.TOPIC,):
            return Tuning.of_event(log.data)
    raise LedgerDamaged(
        "the last block of an epoch has no event that says so",
        part="receipts",
        block="0x" + block_hash.hex(),
    )
