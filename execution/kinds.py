"""What a kind of transaction is: a parsed body that names its needs and runs on a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core import receipt
from core.cbor import Value
from core.ports import RecordKey
from core.receipt import Log
from execution.view import View


@dataclass(frozen=True)
class Outcome:
    """How running a body ended: status, gas beyond the intrinsic part, events, return bytes."""

    status: int = receipt.OK
    gas: int = 0
    logs: tuple[Log, ...] = ()
    ret: bytes = b""


class Body(Protocol):
    """A kind's parsed body."""

    @property
    def locked(self) -> int:
        """What the sender needs beyond gas, nANM."""

    @property
    def recipient(self) -> bytes | None:
        """The account it is addressed to, for indices."""

    @property
    def value(self) -> int:
        """What it moves, nANM."""

    def touches(self) -> tuple[RecordKey, ...]:
        """Records that running it will read, for one prefetch."""

    def run(self, view: View, sender: bytes) -> Outcome:
        """Run on the view; the sender's gas and nonce are already taken."""


Kinds = Mapping[str, Callable[[dict[str, Value]], Body]]
"""The active kinds: name to the parser of its body."""
