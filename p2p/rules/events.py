"""What the engine is told. Each is handled whole before the next."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refused
from core.header import Header
from p2p.rules.addresses import Address


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """A handshake is complete. ``conn`` numbers the connection, ``id`` is the peer's.

    ``address`` is the dialled one of an outbound connection, else where the peer came from (its
    port then is no listening port). ``purpose`` is what it was dialled for, see ``Dial``.
    """

    conn: int
    id: bytes
    alg: int
    address: Address
    outbound: bool
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class PeerLost:
    """A connection is gone, whoever ended it."""

    conn: int
    reason: str


@dataclass(frozen=True, slots=True)
class DialFailed:
    """Nobody answered, or the handshake failed; ``code`` names the refusal, "" is no answer."""

    address: Address
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A whole message of a connection: kind byte and CBOR."""

    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Writable:
    """After a bulk ``Send``: what waits to be sent to this peer is below WRITABLE_BYTES."""

    conn: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; comes every TICK_MS."""


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """The node's best chain has a new head, wherever it came from. ``removed``: old branch."""

    header: Header
    total_work: int
    removed: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TxEntered:
    """A transaction is in the pool, wherever it came from."""

    txid: bytes


@dataclass(frozen=True, slots=True)
class ProofEntered:
    """A proof waits for a block; ``digest`` is its envelope's."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class BlockJudged:
    """The importer's word on an ``ImportBlock``: its outcome, or the refusal or fault.

    ``fault``: the node could not say (its database failed); nobody is to blame.
    """

    hash: bytes
    height: int
    outcome: str
    refusal: Refused | None = None
    fault: bool = False


@dataclass(frozen=True, slots=True)
class TxsJudged:
    """The pool's word on an ``AdmitTxs``, in its order: None is admitted."""

    conn: int
    txids: tuple[bytes, ...]
    refusals: tuple[Refused | None, ...]


@dataclass(frozen=True, slots=True)
class ProofJudged:
    """The word on an ``AdmitProof``: None is taken."""

    conn: int
    digest: bytes
    refusal: Refused | None


@dataclass(frozen=True, slots=True)
class SnapshotStored:
    """A step of loading a snapshot is on disk: ``following`` is the key that it goes on from.

    ``chunks`` and ``records`` count what is there. ``following`` None without refusal or fault:
    the state is whole, its root compared, and the head moved to it. ``fault``: the node failed,
    nobody is to blame.
    """

    hash: bytes
    following: bytes | None
    chunks: int = 0
    records: int = 0
    refusal: Refused | None = None
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An operator's wish: ``ban``, ``unban``, ``pin``, ``unpin``, ``connect``, ``disconnect``.

    ``peer`` names a peer id for all but ``connect``, which names an ``address``.
    """

    verb: str
    peer: bytes = b""
    address: Address | None = None
    ban_ms: int = 0


Event = (
    PeerConnected
    | PeerLost
    | DialFailed
    | MessageReceived
    | Writable
    | Tick
    | HeadMoved
    | TxEntered
    | ProofEntered
    | BlockJudged
    | TxsJudged
    | ProofJudged
    | SnapshotStored
    | Asked
)
