"""The next block's header as far as it follows from its ancestors and the producer's choice.

Templates begin with it, and proofs that wait for a block are verified against it.
Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from consensus.rules import fees
from consensus.rules.header import Ancestry, expected_mix, expected_theta
from core import merkle
from core.header import Header, Roots
from core.network import Network


def draft(
    ancestry: Ancestry, network: Network, *, coinbase: bytes, time_ms: int, extra: bytes = b""
) -> Header:
    """A child of the parent with an empty body: no gas, no ψ, no roots of its own, no nonce."""
    parent = ancestry.parent
    params = network.at(parent.height + 1).params
    # No round can become final yet, so the latest final one is still the parent's.
    beacon = parent.beacon
    empty = merkle.EMPTY_ROOT
    return Header(
        chain=network.chain,
        height=parent.height + 1,
        parent=parent.hash,
        time=time_ms,
        coinbase=coinbase,
        gas_limit=params.gas_limit,
        gas_used=0,
        base_fee=fees.next_base_fee(parent, params),
        blob_bytes=0,
        blob_fee=fees.next_blob_fee(parent, params),
        theta=expected_theta(ancestry, network),
        psi=0,
        roots=Roots(parent.roots.state, empty, empty, empty, empty, empty),
        beacon=beacon,
        mix=expected_mix(parent, beacon.out),
        policy=network.pins_at(parent.height + 1),
        extra=extra,
    )
