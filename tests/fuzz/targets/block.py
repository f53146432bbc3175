"""Blocks: their one encoding, and the roots that their bodies give."""

from __future__ import annotations

from random import Random

from core import block as codec
from core.block import Block
from tests.consensus import altering
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt, one_form

MAX_BYTES = 24 * 1024
BOTH_KERNELS = True
_ITEMS = 2_000


def one_input(data: bytes) -> None:
    block = attempt(Block.decode, data, limit=MAX_BYTES, items=_ITEMS)
    if block is None:
        return
    txs = [tx.unsigned.to_map() for tx in block.txs]
    witnesses = [tx.witness.to_map() for tx in block.txs]
    proofs = [receipt.to_map() for receipt in block.proofs]
    envelopes = [envelope.to_map() for envelope in block.envelopes]
    body = {"txs": txs, "witnesses": witnesses, "proofs": proofs}
    one_form(data, {"header": block.header.to_map(), **body, "envelopes": envelopes})
    assert block.raw == data
    found = (
        codec.txs_root(block.txs),
        codec.witnesses_root(block.txs),
        codec.proofs_root(block.proofs),
    )
    assert found == tuple(
        altering.merkle([oracle.encode(i) for i in part]) for part in body.values()
    )


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.cbor(data, rng)


def seeds() -> dict[str, bytes]:
    chain = world.chain()
    value, _ = oracle.decode(chain.next.raw)
    for witness in value["witnesses"]:
        witness.update(sig=witness["sig"][:8])
        witness.pop("pk", None)
    proof = {**value, "txs": [], "witnesses": []}
    cut = {"cut": oracle.encode(value), "proof": oracle.encode(proof)}
    return {"genesis": chain.builder.genesis.raw, "whole": chain.next.raw, **cut}
