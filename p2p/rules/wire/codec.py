"""Messages to bytes and back: a kind byte, then strict CBOR. Source: docs/spec/p2p.md."""

from __future__ import annotations

from p2p.rules.wire.messages import Message


def encode(message: Message) -> bytes:
    """The kind byte and the canonical CBOR of a message."""
    raise NotImplementedError


def decode(data: bytes, *, block_bytes: int) -> Message:
    """The message in ``data``, within its kind's limits; ``block_bytes`` is the network's.

    Raises an ``EncodingRefused`` or ``MessageUnknown``.
    """
    raise NotImplementedError
