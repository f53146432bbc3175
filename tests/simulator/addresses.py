"""Where simulated nodes are: each in a group of addresses of its own."""

from __future__ import annotations

from p2p.rules.addresses import Address

PORT = 8546


def host_of(number: int) -> str:
    """A node's host."""
    return f"{30 + number}.1.0.1"


def address_of(number: int) -> Address:
    """Where a node listens."""
    return Address("tcp", host_of(number), PORT)
