"""How a contract's run ends early. Source: docs/spec/contracts.md, "Running"."""

from __future__ import annotations

REASON_BYTES = 256


class Reverted(Exception):
    """The call fails with a reason and keeps the gas that is left."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfGas(Exception):
    """The call needed more gas than it had; all of it is used."""


def reason_bytes(reason: str) -> bytes:
    """The reason as a receipt holds it: UTF-8, cut to 256 bytes at a character."""
    encoded = reason.encode("utf-8", "replace")
    return encoded[:REASON_BYTES].decode("utf-8", "ignore").encode("utf-8")
