"""What a connection needs of its transport, whatever it is. All of it in the loop's thread."""

from __future__ import annotations

from typing import Protocol


class Wire(Protocol):
    """A stream of bytes in both directions."""

    def write(self, data: bytes) -> None:
        """Send these bytes after those before them."""

    def waiting(self) -> int:
        """Bytes that have not left yet."""

    def pause(self) -> None:
        """Read no more from the peer until ``resume``."""

    def resume(self) -> None:
        """Read on."""

    def close(self) -> None:
        """End the stream once what waits has left."""

    def abort(self) -> None:
        """End the stream now."""


class End(Protocol):
    """What a wire tells of itself; ``p2p.net.connection.Connection`` is one."""

    def received(self, data: bytes) -> None:
        """Bytes of the peer."""

    def drained(self) -> None:
        """What waited to be sent is below WRITABLE_BYTES again."""

    def lost(self, reason: str) -> None:
        """The stream has ended; nothing follows."""
