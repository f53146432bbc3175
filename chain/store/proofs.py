"""Proofs of useful work in stored blocks: their receipts, and while kept their envelopes."""

from __future__ import annotations

from chain.store import history, sections, sql
from chain.values import BlockProofs
from core.proof import ProofReceipt


def of_block(block_hash: bytes) -> BlockProofs:
    """The proofs of a stored block. Raises Pruned where its body is no longer kept."""
    row = sql.one(
        "SELECT b.height, d.proofs, d.envelopes FROM chain_block b "
        "JOIN chain_blockbody d ON d.block_id = b.id WHERE b.hash = %s",
        (block_hash,),
    )
    if row is None:
        history.check_body(block_hash)
        return BlockProofs((), None)
    height, proofs, envelopes = row
    if proofs is None or (envelopes is None and height >= history.kept().witnesses_from):
        raise history.missing(height, of=block_hash)
    return BlockProofs(
        sections.read_proof_receipts(bytes(proofs)),
        None if envelopes is None else sections.read_envelopes(bytes(envelopes)),
    )


def receipts_between(first: int, last: int) -> dict[int, tuple[ProofReceipt, ...]]:
    """Receipts by height of the best chain's blocks that have any and still keep them."""
    query = (
        "SELECT b.height, d.proofs FROM chain_block b JOIN chain_blockbody d ON d.block_id = b.id "
        "WHERE b.height BETWEEN %s AND %s AND b.canonical AND LENGTH(d.proofs) > 1"
    )
    found = sql.rows(query, (first, last))
    return {height: sections.read_proof_receipts(bytes(proofs)) for height, proofs in found}
