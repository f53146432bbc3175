"""One run of a contract, and how it ends early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.evaluator.modules import Module

REASON_BYTES = 256


class Reverted(Exception):
    """The call fails; what gas is left stays."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfGas(Exception):
    """The call used all that it was given."""


@dataclass
class Frame:
    """What a running function knows: its contract, its caller, its gas."""

    module: Module
    world: Any
    gas: int
    this: bytes = b""
    sender: bytes = b""
    value: int = 0
    static: bool = False
    depth: int = 1

    def charge(self, amount: int) -> None:
        """Take gas before the work. Raises ``OutOfGas``."""
        self.gas -= amount
        if self.gas < 0:
            raise OutOfGas


def cut(reason: str) -> bytes:
    """A reason as receipts hold it: UTF-8, cut to 256 bytes at a character."""
    data = reason.encode()
    while len(data) > REASON_BYTES:
        reason = reason[:-1]
        data = reason.encode()
    return data
