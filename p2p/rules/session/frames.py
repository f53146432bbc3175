"""Messages ↔ encrypted frames of one direction. Source: docs/spec/p2p.md.

A frame is ``length u32be || AEAD(flags || payload)``. Frame n of a direction has the nonce n, over
all keys, so that none comes twice. Both ends change the key after the same frame.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag

from p2p.rules import limits
from p2p.rules.session import keys
from p2p.rules.session.ciphers import AEADS, TAG_BYTES, nonce
from p2p.rules.session.refusals import (
    FrameMalformed,
    FramesExhausted,
    FrameTampered,
    FrameTooLong,
    MessageTooLong,
    RekeyOverdue,
)

LENGTH_BYTES = 4
_FLAG_BYTES = 1
MORE, REKEY = 1, 2
"""Flags: the message goes on in the next frame; the next frame is under the next key."""
SEALED_MOST = limits.FRAME_BYTES - LENGTH_BYTES
FRAMES_MOST = 2**64
"""Frames of a direction: as many as there are nonces."""
PAYLOAD_MOST = SEALED_MOST - _FLAG_BYTES - TAG_BYTES


class _Direction:
    """The key of one direction, how many frames it had in all, and what the key has done."""

    def __init__(self, aead: int, key: bytes) -> None:
        self._cipher = AEADS[aead]
        self._number = 0
        self._change(key)

    def _nonce(self) -> bytes:
        """The next nonce."""
        if self._number == FRAMES_MOST:
            raise FramesExhausted("the nonces of this connection are used up")
        self._number += 1
        return nonce(self._number - 1)

    def _change(self, key: bytes) -> None:
        self._key, self._aead, self._bytes = key, self._cipher(key), 0

    def _ratchet(self) -> None:
        self._change(keys.next_key(self._key))


class Sealer(_Direction):
    """Seals messages."""

    def __init__(self, aead: int, key: bytes, message_bytes: int, now_ms: int) -> None:
        super().__init__(aead, key)
        self._message_bytes = message_bytes
        self._since_ms = now_ms

    def seal(self, message: bytes, now_ms: int) -> bytes:
        """The frames of a message. The last frame of a worn or old key announces the next."""
        assert 0 < len(message) <= self._message_bytes, "no message of this protocol"
        if len(message) <= PAYLOAD_MOST:
            return b"".join(self._frame(message, 0, now_ms))
        parts: list[bytes] = []
        view, last = memoryview(message), len(message) - PAYLOAD_MOST
        for at in range(0, len(message), PAYLOAD_MOST):
            more = MORE if at < last else 0
            parts += self._frame(view[at : at + PAYLOAD_MOST], more, now_ms)
        return b"".join(parts)

    def _frame(self, payload: bytes | memoryview, flags: int, now_ms: int) -> tuple[bytes, bytes]:
        sealed_bytes = _FLAG_BYTES + len(payload) + TAG_BYTES
        self._bytes += LENGTH_BYTES + sealed_bytes
        old = now_ms - self._since_ms >= limits.REKEY_MS
        if old or self._bytes >= limits.REKEY_BYTES:
            flags |= REKEY
        length = sealed_bytes.to_bytes(LENGTH_BYTES)
        plain = b"".join((bytes((flags,)), payload))
        sealed = self._aead.encrypt(self._nonce(), plain, length)
        if flags & REKEY:
            self._ratchet()
            self._since_ms = now_ms
        return length, sealed


class Opener(_Direction):
    """Opens frames; after a refusal it is not used again."""

    def __init__(self, aead: int, key: bytes, message_bytes: int) -> None:
        super().__init__(aead, key)
        self._message_bytes = message_bytes
        self._parts: list[bytes | memoryview] = []
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of a message that is not whole yet."""
        return self._held

    def open(self, length: bytes, sealed: bytes | memoryview) -> bytes | None:
        """The message that this frame completes, or None if there is more to come.

        ``length`` has passed ``check_length``.
        """
        plain = self._plain(length, sealed)
        flags, size = plain[0], len(plain) - _FLAG_BYTES
        more = bool(flags & MORE)
        if flags > (MORE | REKEY) or (more and size != PAYLOAD_MOST):
            raise FrameMalformed("a frame has unknown flags or is split for no reason")
        self._held += size
        if self._held > self._message_bytes:
            raise MessageTooLong(
                f"a message has more than {self._message_bytes} bytes", limit=self._message_bytes
            )
        self._wear(len(plain), bool(flags & REKEY))
        if not more and not self._parts:
            self._held = 0
            return plain[_FLAG_BYTES:]
        self._parts.append(memoryview(plain)[_FLAG_BYTES:])
        if more:
            return None
        message = b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        return message

    def _plain(self, length: bytes, sealed: bytes | memoryview) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(), sealed, length)
        except InvalidTag:
            raise FrameTampered("a frame cannot be opened", number=self._number - 1) from None

    def _wear(self, plain_bytes: int, rekey: bool) -> None:
        self._bytes += LENGTH_BYTES + plain_bytes + TAG_BYTES
        if rekey:
            self._ratchet()
        elif self._bytes >= limits.REKEY_BYTES:
            raise RekeyOverdue("the peer does not replace its key", limit=limits.REKEY_BYTES)


def check_length(length: int) -> None:
    """Refuse a frame by the length that it announces, before anything of it is kept."""
    if length > SEALED_MOST:
        raise FrameTooLong(f"a frame announces {length} bytes", limit=SEALED_MOST)
    if length <= _FLAG_BYTES + TAG_BYTES:
        raise FrameMalformed(f"a frame announces {length} bytes, too few for any content")
