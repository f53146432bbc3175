"""Transactions of test accounts signed again after a change, from the definition."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha3_256
from typing import Any

from core import tags
from pq.signing import PrivateKey
from tests import support
from tests.fuzz import oracle

OWNERS = {support.key(n).address: support.key(n) for n in range(10)}


def witness_of(
    unsigned: dict[str, Any], owners: Mapping[bytes, PrivateKey], *, with_key: bool
) -> dict[str, Any]:
    """The sender's witness. Raises KeyError where the sender is not among the owners."""
    owner = owners[unsigned["from"]]
    txid = sha3_256(b"animica/tx/v1\x00" + oracle.encode(unsigned)).digest()
    witness: dict[str, Any] = {"alg": owner.alg, "sig": owner.sign(txid, tags.CONTEXT_TX)}
    return {**witness, "pk": owner.public_key} if with_key else witness


def signed_again(block: dict[str, Any], at: int, unsigned: dict[str, Any]) -> dict[str, Any]:
    """The decoded block with another transaction at a place, signed by who it says."""
    witness = witness_of(unsigned, OWNERS, with_key="pk" in block["witnesses"][at])
    txs, witnesses = list(block["txs"]), list(block["witnesses"])
    txs[at], witnesses[at] = unsigned, witness
    return {**block, "txs": txs, "witnesses": witnesses}
