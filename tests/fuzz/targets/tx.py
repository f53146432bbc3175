"""Transactions: their one encoding, their id, and the rules of form behind it."""

from __future__ import annotations

from hashlib import sha3_256
from random import Random

from consensus.rules.transition import KINDS
from core.errors import Refused
from core.tx import SignedTx
from execution import validity
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt, one_form

MAX_BYTES = 24 * 1024
BOTH_KERNELS = True


def one_input(data: bytes) -> None:
    tx = attempt(SignedTx.decode, data)
    if tx is None:
        return
    unsigned = tx.unsigned.to_map()
    one_form(data, [unsigned, tx.witness.to_map()])
    assert tx.raw == data
    assert tx.txid == sha3_256(b"animica/tx/v1\x00" + oracle.encode(unsigned)).digest()
    body = attempt(validity.check_form, tx, world.NETWORK, 1, KINDS, refusals=Refused)
    if body is not None:
        assert tx.unsigned.body == {"to": body.recipient, "value": body.value}
        for stored in (None, bytes(1952)):
            for in_block in (False, True):
                attempt(validity.check_key, tx, stored, in_block=in_block, refusals=Refused)


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.cbor(data, rng)


def seeds() -> dict[str, bytes]:
    txs = world.chain().next.block.txs
    small = [oracle.decode(tx.raw)[0] for tx in txs]
    for _, witness in small:
        witness["sig"] = witness["sig"][:8]
        witness.pop("pk", None)
    cut = {f"cut-{n}": oracle.encode(value) for n, value in enumerate(small)}
    # Over 16 KiB its items are counted; this is the most that an access list may declare.
    slots = [n.to_bytes(32) for n in range(256)]
    access = [[n.to_bytes(34), slots if n == 0 else []] for n in range(256)]
    full = oracle.encode([{**small[0][0], "access": access}, small[0][1]])
    return {"with-key": txs[2].raw, "without-key": txs[1].raw, "full-access": full, **cut}
