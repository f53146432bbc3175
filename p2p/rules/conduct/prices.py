"""What a message costs to handle, in µs of one core, by its kind. Source: docs/spec/p2p.md.

The prices bound the work that peers can cause; they need not be exact. Each is about what the
dearest message of its kind takes on a small machine, with the signatures that it brings, but
without importing blocks: those wait in a queue of their own, and only one that was asked for is
taken at all.
"""

from __future__ import annotations

from typing import NamedTuple

from p2p.rules.wire import messages as m


class Price(NamedTuple):
    """µs for a message, and ns for each of its bytes."""

    us: int
    byte_ns: int

    def of(self, size: int) -> int:
        """µs for a message of ``size`` bytes."""
        return self.us + self.byte_ns * size // 1000


SMALL = Price(50, 10)
"""A message of few bytes, or of no kind at all: it is decoded and little more."""

PRICES: dict[type, Price] = {
    m.Identify: Price(300, 10),
    m.Ping: SMALL,
    m.Pong: SMALL,
    m.Goodbye: SMALL,
    m.GetPeers: Price(5_000, 0),  # a sample of the whole book
    m.Peers: Price(200, 1_000),  # each address is parsed and hashed into its bucket
    m.Inv: Price(50, 150),  # each id is looked up: 5 µs
    m.Get: Price(100, 300),  # each id is looked up, encoded and sent
    m.Missing: Price(50, 30),
    m.Txs: Price(100, 60),  # a signature for some 4,000 bytes
    m.Proofs: Price(200, 200),  # a share has 2,000 bytes and a seal
    m.Graft: SMALL,
    m.Prune: SMALL,
    m.GetHeaders: Price(5_000, 0),  # 256 rows
    m.Headers: Price(100, 300),  # each header is decoded, its rules and its seal checked
    m.GetBodies: Price(200, 15_000),  # each hash of 34 bytes is a block read and sent
    m.Body: Price(200, 10),  # decoded, its roots compared
    m.Compact: Price(20_000, 200),  # a pass over the pool
    m.GetParts: Price(5_000, 500),  # a block read and decoded
    m.Parts: Price(200, 60),
    m.GetManifest: Price(1_000, 0),
    m.ManifestIs: Price(500, 20),
    m.GetChunk: Price(2_000, 0),
    m.ChunkIs: Price(1_000, 40),  # up to 4,096 keys are hashed and proven
}

_BY_KIND = {number: PRICES[kind] for number, kind in m.KINDS.items()}


def work_us(data: bytes) -> int:
    """What handling this message costs, told by its first byte and its length alone."""
    return _BY_KIND.get(data[0] if data else 0, SMALL).of(len(data))
