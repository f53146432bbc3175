"""What the engine wants done. Drivers do them in order; nothing else comes out of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.header import Header
from core.ports import RecordKey
from core.proof import Envelope
from p2p.rules.addresses import Address


@dataclass(frozen=True, slots=True)
class Send:
    """A message for a connection: kind byte and CBOR.

    ``bulk`` may wait behind all others; each is answered by one ``Writable``, at once where less
    than WRITABLE_BYTES wait.
    """

    conn: int
    data: bytes
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """End a connection once what was sent before is on its way. ``code`` as in `goodbye`."""

    conn: int
    code: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect. ``purpose``: ``outbound``, ``feeler`` (only to see who answers), ``asked``."""

    address: Address
    purpose: str


@dataclass(frozen=True, slots=True)
class ImportBlock:
    """Import a block; the answer is one ``BlockJudged``. Done strictly in order."""

    hash: bytes
    height: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class AdmitTxs:
    """Submit to the pool; the answer is one ``TxsJudged``. ``source`` names the peer there."""

    conn: int
    source: str
    txids: tuple[bytes, ...]
    raws: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AdmitProof:
    """Submit to the pool of proofs; the answer is one ``ProofJudged``."""

    conn: int
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class SetSyncing:
    """Whether the first synchronisation is still on: maxReorg does not bind meanwhile."""

    on: bool


@dataclass(frozen=True, slots=True)
class RefusedBranch:
    """Raise the alarm about a chain of more work that forks off below maxReorg.

    Only its headers are known; ``work`` is the total that they prove up to the block ``hash``.
    """

    hash: bytes
    height: int
    work: int
    fork_height: int


@dataclass(frozen=True, slots=True)
class BeginSnapshot:
    """Get ready to load the state behind ``header``, whose ancestors are ``headers`` from 1 on.

    Answered by ``SnapshotStored`` with the key to go on from: the first, or where an interrupted
    load of the same snapshot had come to. One of which nothing is missing becomes the head.
    """

    header: Header
    headers: Sequence[Header]


@dataclass(frozen=True, slots=True)
class StoreChunk:
    """Write chunk ``index``: proven records, from key ``first`` to key ``last``.

    Answered by ``SnapshotStored``. With the last chunk the state is put in place. In order.
    """

    hash: bytes
    index: int
    first: bytes
    last: bytes
    records: Sequence[tuple[RecordKey, bytes]]


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a metric and, above ``debug``, a line in the log."""

    level: str
    name: str
    facts: Mapping[str, object] = field(default_factory=dict)


Action = (
    Send
    | Close
    | Dial
    | ImportBlock
    | AdmitTxs
    | AdmitProof
    | SetSyncing
    | RefusedBranch
    | BeginSnapshot
    | StoreChunk
    | Note
)
