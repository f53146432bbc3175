"""What peers tell each other of addresses, and what of it is taken.

An address is told only to, and taken only from, peers that are as near as itself: nobody from
outside gets this node to dial into its own network, or learns how that looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from p2p.rules.addresses import NAMED, NOWHERE, PUBLIC, Address, AddressInvalid, parse
from p2p.rules.limits import ADDRESSES_MOST
from p2p.rules.peer import Peer
from p2p.rules.ports import Chance


def reach_of(peer: Peer) -> int:
    """How far the peer's own address reaches; one dialled by name is anywhere."""
    reach = peer.address.reach
    return PUBLIC if reach == NAMED else reach


def read(texts: Sequence[str]) -> list[Address]:
    """The addresses that a peer tells. Raises AddressInvalid for what no honest node sends."""
    found = []
    for text in texts:
        address = parse(text)
        if str(address) != text or address.reach <= NOWHERE:
            raise AddressInvalid(f"{text[:100]!r} is not the address of a host", field="addresses")
        found.append(address)
    return found


def for_peer(peer: Peer, addresses: Iterable[Address]) -> list[Address]:
    """Those that may be told to a peer, or taken from it."""
    least = reach_of(peer)
    return [address for address in addresses if address.reach >= least]


def listening(peer: Peer) -> list[Address]:
    """Where an inbound peer says that it takes connections: its host as seen, with its ports."""
    if peer.outbound or peer.said is None:
        return []
    return [Address(scheme, peer.address.host, port) for scheme, port in peer.said.listen]


def sample(chance: Chance, addresses: Sequence[Address]) -> tuple[str, ...]:
    """Up to ADDRESSES_MOST of them, drawn at random, as text."""
    left = list(addresses)
    drawn: list[str] = []
    while left and len(drawn) < ADDRESSES_MOST:
        at = chance.below(len(left))
        drawn.append(str(left[at]))
        left[at] = left[-1]
        left.pop()
    return tuple(drawn)
