"""What the parts of the engine share: the peers, the time, what may be read, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.network import Network
from p2p.rules.actions import Action, Close, Note, Send
from p2p.rules.moment import Moment
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.ports import Chance, Ledger, Pool, Shelf
from p2p.rules.wire import codec
from p2p.rules.wire.messages import Goodbye, Message


@dataclass(frozen=True)
class Settings:
    """What this node is and wants. ``listen`` are (scheme, port) pairs told to peers."""

    id: bytes
    agent: str
    listen: tuple[tuple[str, int], ...] = ()
    outbound_wanted: int = 8
    inbound_most: int = 64
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
    actions: list[Action] = field(default_factory=list)
    blame: Callable[[Peer, Offence, str], None] = lambda peer, offence, detail: None
    """``blame(peer, offence, detail)``: points, perhaps a ban. Set by the conduct part."""

    def act(self, action: Action) -> None:
        """Have something done."""
        self.actions.append(action)

    def send(self, peer: Peer, message: Message) -> None:
        """Send a message, unless the connection is about to end."""
        if not peer.closing:
            self.act(Send(peer.conn, codec.encode(message)))

    def close(self, peer: Peer, code: str, reason: str = "") -> None:
        """Say goodbye and end the connection; nothing more is taken from it."""
        if peer.closing:
            return
        self.send(peer, Goodbye(code, reason))
        peer.closing = True
        self.act(Close(peer.conn, code))

    def note(self, level: str, name: str, **facts: object) -> None:
        """A metric, and a line in the log."""
        self.act(Note(level, name, facts))

    @property
    def ready(self) -> list[Peer]:
        """Peers that have identified themselves and are not being closed."""
        return [p for p in self.peers.values() if p.said is not None and not p.closing]
