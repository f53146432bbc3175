"""How a contract's run ends. Source: docs/spec/contracts.md, "Running"."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NodeFault

REASON_BYTES = 256


class Reverted(Exception):
    """The call fails with a reason and keeps the gas that is left."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfGas(Exception):
    """The call needed more gas than it had; all of it is used."""


class EngineExhausted(NodeFault):
    """A contract's run met an end of this machine's memory, or of the stack it was started on."""

    code = "engine.exhausted"
    hint = "Give the node more memory; the limits of contracts fit a node of the stated size."


@dataclass(slots=True)
class Ended:
    """How a call ended: a receipt's status, gas left, and the result or the reason.

    ``error`` is what ended it, with its traceback; kept only where a tracer looks on.
    """

    status: int
    gas: int
    ret: bytes
    error: Exception | None = None


def reason_bytes(reason: str) -> bytes:
    """The reason as a receipt holds it: UTF-8, cut to 256 bytes at a character."""
    encoded = reason.encode("utf-8", "replace")
    return encoded[:REASON_BYTES].decode("utf-8", "ignore").encode("utf-8")
