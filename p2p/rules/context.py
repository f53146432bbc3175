"""What the parts of the engine share: the peers, the time, what may be read, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.network import Network
from p2p.rules import limits
from p2p.rules.actions import Action, Close, Note, Send
from p2p.rules.moment import Moment
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.ports import Chance, Ledger, Pool, Shelf
from p2p.rules.steady import Steady
from p2p.rules.wire import codec
from p2p.rules.wire.messages import Goodbye, Message


@dataclass(frozen=True)
class Settings:
    """What this node is and wants. ``listen`` are (scheme, port) pairs told to peers.

    ``seeds`` are addresses to begin with; ``pinned`` ones are always kept connected.
    """

    id: bytes
    agent: str
    listen: tuple[tuple[str, int], ...] = ()
    outbound_wanted: int = limits.OUTBOUND_WANTED
    inbound_most: int = limits.INBOUND_MOST
    seeds: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    snapshot_sync: bool = False
    """Whether a node without blocks loads a snapshot rather than executing from block 1."""


@dataclass
class Context:
    """One engine's; every part has it."""

    network: Network
    settings: Settings
    ledger: Ledger
    pool: Pool
    shelf: Shelf
    chance: Chance
    now: Moment = field(default_factory=lambda: Moment(0, 0))
    peers: dict[int, Peer] = field(default_factory=dict)
    """By connection; only those whose handshake is complete."""
    bars: Callable[[bytes], bool] = lambda id: False
    """Whether a peer is kept out. Set likewise."""
    pinned: set[bytes] = field(default_factory=set)
    """Ids that operators hold on to: never banned, always kept connected."""
    actions: list[Action] = field(default_factory=list)
    blame: Callable[[Peer, Offence, str], None] = lambda peer, offence, detail: None
    """``blame(peer, offence, detail)``: points, perhaps a ban. Set by the conduct part."""
    admits: Callable[[Peer, bytes], bool] = lambda peer, data: True
    """Whether the budgets have room for a message, before it is decoded. Set likewise."""

    def __post_init__(self) -> None:
        self.steady = Steady(self.ledger)
        self.ledger = self.steady

    def act(self, action: Action) -> None:
        """Have something done."""
        self.actions.append(action)

    def send(self, peer: Peer, message: Message) -> None:
        """Send a message, unless the connection is about to end."""
        if not peer.closing:
            self.act(Send(peer.conn, codec.encode(message)))

    def bulk(self, peer: Peer, make: Callable[[], Message | None]) -> None:
        """Answer with a large message when the peer has read the one before.

        ``make`` is called when the answer's turn has come; None: there is none, and it has asked
        for nothing further. Who asks for more than ASKED_MOST at once floods.
        """
        if peer.closing:
            return
        if len(peer.bulk) >= limits.ASKED_MOST:
            self.blame(peer, Offence.FLOOD, "too many requests wait for their answers")
            return
        peer.bulk.append(make)
        self.pump(peer)

    def pump(self, peer: Peer) -> None:
        """Send the next bulk message if the peer is writable."""
        while peer.bulk and peer.writable and not peer.closing:
            make = peer.bulk.popleft()
            peer.writable = False  # already: what ``make`` asks for comes behind its own answer
            message = make()
            if message is None:
                peer.writable = True
            elif not peer.closing:
                self.act(Send(peer.conn, codec.encode(message), bulk=True))

    def useful(self, peer: Peer) -> None:
        """The peer has brought something that this node wanted and found valid."""
        peer.useful_ms = self.now.ms

    def pin(self, id: bytes) -> bool:
        """Hold on to a peer; False: too many are pinned already."""
        if id not in self.pinned and len(self.pinned) >= limits.PINNED_MOST:
            return False
        self.pinned.add(id)
        return True

    def close(self, peer: Peer, code: str, reason: str = "") -> None:
        """Say goodbye and end the connection; nothing more is taken from it."""
        if peer.closing:
            return
        self.send(peer, Goodbye(code, _short(reason)))
        peer.closing = True
        peer.bulk.clear()
        self.act(Close(peer.conn, code))

    def note(self, level: str, name: str, **facts: object) -> None:
        """A metric, and a line in the log."""
        self.act(Note(level, name, facts))

    @property
    def ready(self) -> list[Peer]:
        """Peers that have identified themselves and are not being closed."""
        return [p for p in self.peers.values() if p.said is not None and not p.closing]


def _short(reason: str) -> str:
    """What a goodbye can carry of a reason: its beginning, in printable ASCII."""
    return "".join(c if " " <= c <= "~" else "?" for c in reason[: limits.REASON_BYTES])
