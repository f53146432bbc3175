"""Attacks: each is called again and again and does a little each time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from p2p.rules.limits import HEADERS_MOST
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from tests.p2p.hostile.attacker import Attacker, hello_parts
from tests.p2p.hostile.siege import Siege

_NUMBERS = count(1)
PILE = 200
"""Messages that go out at once."""


def _id() -> bytes:
    return next(_NUMBERS).to_bytes(32, "big")


def pings() -> list[m.Message]:
    return [m.Ping(next(_NUMBERS)) for _ in range(PILE)]


def invs() -> list[m.Message]:
    return [m.Inv(m.TX, tuple(_id() for _ in range(1_000)))]


def gets() -> list[m.Message]:
    return [m.Get(m.TX, tuple(_id() for _ in range(1_000)))]


def get_headers() -> list[m.Message]:
    return [m.GetHeaders(tuple(_id() for _ in range(64)), HEADERS_MOST) for _ in range(10)]


def get_bodies() -> list[m.Message]:
    return [m.GetBodies(tuple(_id() for _ in range(16)))]


def grafts() -> list[m.Message]:
    return [m.Graft(), m.Prune(1)] * (PILE // 2)


def get_chunks() -> list[m.Message]:
    return [m.GetChunk(_id(), 0) for _ in range(20)]


FLOODS: dict[str, Callable[[], list[m.Message]]] = {
    "ping": pings,
    "inv": invs,
    "get": gets,
    "get_headers": get_headers,
    "get_bodies": get_bodies,
    "graft": grafts,
    "get_chunk": get_chunks,
}


def flood(make: Callable[[], list[m.Message]], guests: int, *, reads: bool) -> Callable[..., None]:
    """So many guests send for all they can; who is sent away comes back under a new name."""
    mine: list[Attacker] = []

    def attack(siege: Siege) -> None:
        mine[:] = [one for one in mine if one.open]
        if len(mine) < guests:
            mine.append(siege.attacker().greet())
        for one in mine:
            one.plain_many([codec.encode(message) for message in make()])
            if reads:
                one.read()
                one.heard.clear()

    return attack


def never_reading(guests: int) -> Callable[..., None]:
    """So many ask for all there is and read nothing."""
    mine: list[Attacker] = []

    def attack(siege: Siege) -> None:
        mine[:] = [one for one in mine if one.open]
        if len(mine) < guests:
            mine.append(siege.attacker().greet())
        ask = codec.encode(m.GetHeaders((siege.genesis,), HEADERS_MOST))
        for one in mine:
            one.plain_many([ask] * 20)

    return attack


def stalling(guests: int) -> Callable[..., None]:
    """So many are always somewhere in a handshake that they do not end."""
    mine: list[Attacker] = []

    def attack(siege: Siege) -> None:
        for one in mine:
            one.read()
        mine[:] = [one for one in mine if one.open]
        while len(mine) < guests:
            one = siege.attacker()
            parts = list(hello_parts(one))
            one.wire(parts[len(mine) % len(parts)])
            mine.append(one)

    return attack


def crowding(guests: int) -> Callable[..., None]:
    """More names than there are places, all polite."""
    mine: list[Attacker] = []

    def attack(siege: Siege) -> None:
        for one in mine:
            one.read()
            while one.heard:
                if isinstance(said := one.heard.popleft(), m.Ping):
                    one.say(m.Pong(said.nonce))
        mine[:] = [one for one in mine if one.open]
        if len(mine) < guests:
            mine.append(siege.attacker().greet())

    return attack


def half_messages(guests: int) -> Callable[..., None]:
    """Frames that begin a message which never ends, as long as one may be."""
    mine: list[Attacker] = []

    def attack(siege: Siege) -> None:
        mine[:] = [one for one in mine if one.open]
        if len(mine) < guests:
            one = siege.attacker().greet()
            most = siege.network.block_bytes_most
            whole = one.session.send(bytes([15]) + bytes(most), 0)
            one.pending = whole[:-100]
            mine.append(one)
        for one in mine:
            one.push()

    return attack
