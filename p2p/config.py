"""How a node takes part in the network, gathered before Django starts."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.rules.addresses import Address

SNAPSHOT_EVERY_BLOCKS = 1_024
"""By default a snapshot is made of each block whose height is a multiple of this."""


@dataclass(frozen=True)
class PeersConfig:
    """``port`` None listens to nobody, 0 picks a free port.

    ``connect`` are always kept connected, ``seeds`` are where to begin. ``ws_port`` is where the
    HTTP server takes peers too, if that is to be told to others. ``snapshot_every``: a snapshot to
    serve is made every so many blocks, never if 0. ``identity_alg``: what a first start makes;
    None takes whatever identity is there.
    """

    host: str = "127.0.0.1"
    port: int | None = 0
    connect: tuple[Address, ...] = ()
    seeds: tuple[Address, ...] = ()
    ws_port: int | None = None
    snapshot_sync: bool = False
    snapshot_every: int = SNAPSHOT_EVERY_BLOCKS
    identity_alg: int | None = None
