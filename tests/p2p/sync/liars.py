"""What dishonest peers send in place of what an honest one would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.block import Block
from core.header import Header
from p2p.rules.wire import messages as m
from tests.support import key, transfer

MUCH = (2**255).to_bytes(32, "big")


def boaster(chance) -> Callable:
    """Claims more work than anybody, and shows nothing."""

    def say(message):
        match message:
            case m.Identify():
                return [replace(message, work=MUCH, height=10**9, head=b"\x77" * 32)]
            case m.Headers(asked=True):
                return [m.Headers((), asked=True)]
        return [message]

    return say


def mute(chance) -> Callable:
    """Claims more work than anybody, and never answers."""

    def say(message):
        match message:
            case m.Identify():
                return [replace(message, work=MUCH)]
            case m.Headers() | m.Body() | m.Missing():
                return []
        return [message]

    return say


def miner_without_work(chance) -> Callable:
    """Its headers lack the work."""

    def say(message):
        if isinstance(message, m.Headers) and message.headers:
            place = chance.randrange(len(message.headers))
            header = Header.decode(message.headers[place])
            while int.from_bytes(header.nonce, "little") == 0 or header.draw < 2**253:
                header = header.sealed(chance.randbytes(8))
            raws = [*message.headers[:place], header.encoded]
            return [replace(message, headers=tuple(raws))]
        return [message]

    return say


def detached(chance) -> Callable:
    """Answers with headers of anywhere."""

    def say(message):
        if isinstance(message, m.Headers) and message.asked and len(message.headers) > 2:
            return [replace(message, headers=message.headers[1:])]
        return [message]

    return say


def withholder(chance) -> Callable:
    """Shows headers and keeps the bodies to itself."""
    return lambda message: [] if isinstance(message, m.Body) else [message]


def denier(chance) -> Callable:
    """Shows headers and says that it has no bodies."""

    def say(message):
        if isinstance(message, m.Body):
            return [m.Missing(m.BLOCK, (_block(message).hash,))]
        return [message]

    return say


def picker(chance) -> Callable:
    """Keeps one block in five to itself, always the same ones."""
    salt = chance.randrange(256)

    def say(message):
        hidden = isinstance(message, m.Body) and (_block(message).hash[0] ^ salt) % 5 == 0
        return [] if hidden else [message]

    return say


def swapper(chance) -> Callable:
    """Puts other bodies under the headers."""
    stray = transfer(key(0), key(1).address, 1, nonce=0)

    def say(message):
        if isinstance(message, m.Body):
            return [m.Body(Block(_block(message).header, (stray,)).raw)]
        return [message]

    return say


def _block(message: m.Body) -> Block:
    return Block.decode(message.raw, limit=10**7, items=10**6)


LIARS = (boaster, mute, miner_without_work, detached, withholder, denier, picker, swapper)


def lossy(chance, share: float) -> Callable:
    """An honest peer of whose answers some never come."""

    def say(message):
        lost = isinstance(message, m.Headers | m.Body) and chance.random() < share
        return [] if lost else [message]

    return say
