"""What a session wants done. Drivers do it in order."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.rules.session.refusals import SessionRefused


@dataclass(frozen=True, slots=True)
class ToWire:
    """Bytes for the other side."""

    data: bytes


@dataclass(frozen=True, slots=True)
class NeedSignature:
    """Sign ``message`` with the node's identity under ``context``; the answer is ``signed``."""

    message: bytes
    context: bytes


@dataclass(frozen=True, slots=True)
class Established:
    """The handshake is complete: the other side holds the secret of this key."""

    id: bytes
    alg: int
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A whole message, exactly as the other side sent it."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The session is over. Send what came before this, then end the connection."""

    refusal: SessionRefused


Out = ToWire | NeedSignature | Established | Received | Failed
