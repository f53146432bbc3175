"""The messages of peers as values. ``wire.codec`` turns them into bytes and back.

Source: docs/spec/p2p.md, whose table names every field, its form and its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

TX, BLOCK, PROOF = 1, 2, 3
"""What an id is of: a txid, a block hash, the digest of a proof's envelope."""


@dataclass(frozen=True, slots=True)
class Identify:
    """The first message of both sides, sent once.

    ``listen`` are (scheme, port) pairs at which the sender takes connections; ``bodies_from`` the
    height from which on it has bodies with witnesses; ``snapshots`` (height, hash) pairs of those
    that it serves. ``work`` is the claimed total work of its head, 32 bytes big endian.
    """

    agent: str
    listen: tuple[tuple[str, int], ...]
    height: int
    head: bytes
    work: bytes
    bodies_from: int
    snapshots: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a pong of the same nonce (u64)."""

    nonce: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping."""

    nonce: int


@dataclass(frozen=True, slots=True)
class Inv:
    """The sender has these; ``kind`` is TX or PROOF. Blocks are told by `compact` and `headers`."""

    kind: int
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Get:
    """Send these transactions or proofs, or say that they are missing."""

    kind: int
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What was asked for and is not here: ids of ``kind``; BLOCK answers requests for bodies."""

    kind: int
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Txs:
    """Signed transactions, each its canonical encoding."""

    txs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proofs:
    """Envelopes, each its canonical encoding."""

    envelopes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Graft:
    """Take me into your mesh: send me new blocks in compact form and inventory at once."""


@dataclass(frozen=True, slots=True)
class Prune:
    """You are not in my mesh (any more); do not graft for ``backoff_s`` seconds."""

    backoff_s: int


@dataclass(frozen=True, slots=True)
class GetHeaders:
    """Headers after the first hash of ``locator`` that is on your best chain, newest first in it.

    At most ``most``.
    """

    locator: tuple[bytes, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers in a row, each its canonical encoding.

    ``asked``: the answer to a GetHeaders (empty: the sender has none); else news of a new head.
    """

    headers: tuple[bytes, ...]
    asked: bool


@dataclass(frozen=True, slots=True)
class GetBodies:
    """Send these blocks, one ``Body`` each, or a ``Missing`` of kind BLOCK."""

    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A whole block, its canonical encoding."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Compact:
    """A new block without what the receiver probably has.

    ``txs`` are short ids in body order under ``salt`` (8 bytes), ``keyed`` a bit for each, most
    significant first: whether its witness carries the public key. ``receipts`` are those of the
    proofs, each its canonical encoding; they name the envelopes. ``prefilled`` are (index, raw
    transaction) pairs that the sender expects to be missing.
    """

    header: bytes
    salt: bytes
    txs: bytes
    keyed: bytes
    receipts: tuple[bytes, ...]
    prefilled: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class GetParts:
    """The transactions and proofs at these places of a block, asked for once."""

    hash: bytes
    txs: tuple[int, ...]
    proofs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The answer: signed transactions and envelopes in the order asked for; empty: not here."""

    hash: bytes
    txs: tuple[bytes, ...]
    envelopes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class GetManifest:
    """The manifest of the snapshot after this block."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class ManifestIs:
    """A manifest; empty: not here."""

    hash: bytes
    manifest: bytes


@dataclass(frozen=True, slots=True)
class GetChunk:
    """A chunk of a snapshot by its number from 0."""

    hash: bytes
    index: int


@dataclass(frozen=True, slots=True)
class ChunkIs:
    """A chunk; empty: not here."""

    hash: bytes
    index: int
    chunk: bytes


@dataclass(frozen=True, slots=True)
class GetPeers:
    """Tell addresses of nodes, asked once a connection."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Addresses (text) of nodes that the sender has been connected to or heard of."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The last message: why the sender ends the connection."""

    code: str
    reason: str


Message = (
    Identify
    | Ping
    | Pong
    | Inv
    | Get
    | Missing
    | Txs
    | Proofs
    | Graft
    | Prune
    | GetHeaders
    | Headers
    | GetBodies
    | Body
    | Compact
    | GetParts
    | Parts
    | GetManifest
    | ManifestIs
    | GetChunk
    | ChunkIs
    | GetPeers
    | Peers
    | Goodbye
)

KINDS: dict[int, type] = {
    1: Identify,
    2: Ping,
    3: Pong,
    4: Goodbye,
    5: GetPeers,
    6: Peers,
    10: Inv,
    11: Get,
    12: Missing,
    13: Txs,
    14: Proofs,
    15: Graft,
    16: Prune,
    20: GetHeaders,
    21: Headers,
    22: GetBodies,
    23: Body,
    24: Compact,
    25: GetParts,
    26: Parts,
    30: GetManifest,
    31: ManifestIs,
    32: GetChunk,
    33: ChunkIs,
}
"""The kind byte of each message. What is not here is unknown: refused, and the sender scored."""
