"""What an operator may do about peers, the same for the admin and the command line.

Each action leaves a wish for the running node and a row in the audit, in one transaction. The
node takes wishes once a second; while it is stopped they wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from audit import service as audit
from p2p import store
from p2p.errors import BanLengthInvalid, PeerIdInvalid
from p2p.kept import ID_BYTES
from p2p.rules.addresses import parse
from p2p.rules.events import Asked

HOUR_MS = 3_600_000
BAN_LEAST_MS = 60_000
BAN_MOST_MS = 365 * 24 * HOUR_MS


@dataclass(frozen=True)
class Action:
    """One verb. ``permission`` is Django's; ``consequence`` says what will be so afterwards."""

    verb: str
    title: str
    permission: str
    consequence: str

    @property
    def names_address(self) -> bool:
        """Whether it names an address; all others name a peer's id."""
        return self.verb == "connect"

    @property
    def has_length(self) -> bool:
        """Whether it is for a time."""
        return self.verb == "ban"

    def ask(
        self, target: str, *, who: str, why: str, now_ms: int, ban_ms: int = 24 * HOUR_MS
    ) -> Asked:
        """Leave the wish and its audit row; the wish.

        Raises AddressInvalid, PeerIdInvalid, BanLengthInvalid, ReasonMissing, TooManyWishes.
        """
        wish = self._wish(target.strip(), ban_ms)
        after: dict[str, Any] = {"verb": wish.verb}
        after |= {"address": str(wish.address)} if wish.address else {"peer": id_text(wish.peer)}
        if self.has_length:
            after["banMs"] = wish.ban_ms
        with transaction.atomic():
            store.add_wish(wish, now_ms)
            audit.record(
                who=who,
                what=f"peer.{self.verb}",
                why=why,
                at_ms=now_ms,
                before=None if wish.address else store.standing(wish.peer),
                after=after,
            )
        return wish

    def _wish(self, target: str, ban_ms: int) -> Asked:
        if self.names_address:
            return Asked(self.verb, address=parse(target))
        peer = read_id(target)
        if not self.has_length:
            return Asked(self.verb, peer)
        if not BAN_LEAST_MS <= ban_ms <= BAN_MOST_MS:
            raise BanLengthInvalid(
                f"a ban of {ban_ms:,} ms", least=BAN_LEAST_MS, most=BAN_MOST_MS, field="ban_ms"
            )
        return Asked(self.verb, peer, ban_ms=ban_ms)


ACTIONS: Mapping[str, Action] = {
    action.verb: action
    for action in (
        Action(
            "ban",
            "Keep a peer out",
            "p2p.ban_peer",
            "The node ends its connection to this peer and refuses new ones, from its address "
            "too, until the time is over. If it is one of few peers, this node may fall behind.",
        ),
        Action(
            "unban",
            "Let a peer in again",
            "p2p.ban_peer",
            "The node accepts this peer again at once. It remembers that there was a ban: a next "
            "one is longer.",
        ),
        Action(
            "pin",
            "Keep the connection to a peer",
            "p2p.pin_peer",
            "The node keeps a connection to this peer, dials it again when it is lost, and never "
            "bans it by itself. A pinned peer that lies costs the node work until it is unpinned.",
        ),
        Action(
            "unpin",
            "Stop keeping the connection to a peer",
            "p2p.pin_peer",
            "The node treats this peer like any other from now on.",
        ),
        Action(
            "connect",
            "Connect to an address",
            "p2p.connect_peer",
            "The node dials this address once, now. Whoever answers there learns this node's "
            "address.",
        ),
        Action(
            "disconnect",
            "Disconnect a peer",
            "p2p.connect_peer",
            "The node ends its connection to this peer. The peer may come back at any time; a ban "
            "keeps it out.",
        ),
    )
}


def any_waits() -> bool:
    """Whether some wish has not been taken by a node yet."""
    return store.any_wish()


def id_text(peer: bytes) -> str:
    """A peer's id as people and JSON have it."""
    return "0x" + peer.hex()


def read_id(text: str) -> bytes:
    """The id in ``text``, with or without ``0x``. Raises PeerIdInvalid."""
    digits = text.removeprefix("0x")
    try:
        peer = bytes.fromhex(digits) if digits.isascii() and digits.isalnum() else b""
    except ValueError:
        peer = b""
    if len(peer) != ID_BYTES:
        raise PeerIdInvalid(f"{text[:100]!r} is not the id of a peer", field="peer")
    return peer
