"""``chain.getScore`` and ``chain.getBlockProofs``: why a block counts, and what work it carries."""

from __future__ import annotations

from typing import Annotated

from chain import queries
from chain import service as chain
from chain.errors import LedgerDamaged, NotExecuted, Pruned
from chain.values import BlockView
from consensus import scores
from consensus.rules import issuance
from rpc import context, score_views
from rpc.at_block import height_of
from rpc.errors import NodeAbsent
from rpc.params import AnyBlock
from rpc.registry import method
from rpc.results.scores import BlockProofsView, ScoreView

Ref = Annotated[AnyBlock, "A height or tag of the best chain, or the hash of any block."]


@method("chain.getScore", errors=[NodeAbsent, NotExecuted, Pruned, LedgerDamaged])
def get_score(block: Ref = "latest") -> ScoreView | None:
    """A block's draw, each step of its useful work, and the threshold.

    All of it is computed again from the header, the proof receipts and the α of the block's epoch.
    Null where there is no such block, and for genesis, which needs no seal.
    """
    network = context.importer().network
    with chain.snapshot():
        found = _find(block)
        if found is None or found.header.height == 0:
            return None
        score = scores.score_of(found, network)
    return score_views.score(found, score, network.at(found.header.height).poies)


@method("chain.getBlockProofs", errors=[NodeAbsent, NotExecuted, Pruned])
def get_block_proofs(block: Ref = "latest") -> BlockProofsView | None:
    """The proofs of useful work in a block: what each brought, to whom, and the proof itself.

    Null where there is no such block. Where the node has pruned the proofs' bytes `envelope` and
    `share` are null, where it has pruned their receipts too it refuses.
    """
    network = context.importer().network
    with chain.snapshot():
        found = _find(block)
        if found is None:
            return None
        proofs = scores.proofs_of(found)
    height = found.header.height
    slice_ = issuance.share_slice_at(height, network.at(height)) if height else 0
    return score_views.proofs(found, proofs, slice_)


def _find(block: int | str | bytes) -> BlockView | None:
    if isinstance(block, bytes):
        return queries.block_by_hash(block)
    return queries.block_by_height(height_of(block))
