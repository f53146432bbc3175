"""Signed transfers for the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core import tags
from core.network import Network
from core.tx import SignedTx, UnsignedTx, Witness
from execution.gas import intrinsic_gas
from pq.signing import PrivateKey

_MAX_FEE = 1_000_000


@dataclass
class Sender:
    """A key and its next nonce."""

    key: PrivateKey
    nonce: int = 0


def transfer(network: Network, sender: Sender, to: bytes, *, with_key: bool) -> SignedTx:
    """The sender's next transfer, signed; ``with_key`` also has the chain keep the key."""
    pk = sender.key.public_key if with_key else None
    draft = UnsignedTx(
        chain=network.chain,
        kind="transfer",
        sender=sender.key.address,
        nonce=sender.nonce,
        gas=10**6,
        max_fee=_MAX_FEE,
        max_tip=1,
        body={"to": to, "value": 1_000},
        keep=with_key,
    )
    unsigned = replace(draft, gas=intrinsic_gas(draft, sender.key.alg, len(pk or b"")))
    sender.nonce += 1
    signature = sender.key.sign(unsigned.txid, tags.CONTEXT_TX)
    return SignedTx(unsigned, Witness(sender.key.alg, signature, pk))
