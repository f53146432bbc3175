"""What a kind of transaction is: a parsed body that names its needs and runs on a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from core import receipt
from core.cbor import Value
from core.ports import RecordKey
from core.receipt import Log
from core.tx import UnsignedTx
from execution.view import View


@dataclass(frozen=True)
class Outcome:
    """How running a body ended: status, gas beyond the intrinsic part, events, return bytes.

    ``refund`` is the gas that freed state gives back, before the transaction's cap.
    """

    status: int = receipt.OK
    gas: int = 0
    logs: tuple[Log, ...] = ()
    ret: bytes = b""
    refund: int = 0


class Tracer(Protocol):
    """Is told of every call of a contract as it runs; changes neither gas nor results."""

    def enter(self, frame: Any, data: bytes, *, deploy: bool) -> None:
        """A call begins; ``frame`` is an ``execution.vm.frame.Frame``, ``data`` the calldata.

        Of a deployment ``data`` is the array of ``init``'s arguments.
        """

    def leave(self, frame: Any, ended: Any) -> None:
        """It has ended: an ``execution.vm.outcome.Ended``, with the error if there was one."""

    def event(self, frame: Any, log: Log) -> None:
        """The contract emitted an event."""

    def transfer(self, frame: Any, to: bytes, amount: int) -> None:
        """The contract paid nANM to the account of a key."""


class Compiler(Protocol):
    """Where the programs of contracts come from; ``execution.vm.codes.Codes`` is one."""

    def of(self, code_hash: bytes, source: bytes) -> Any:
        """The program of an accepted source."""


@dataclass(frozen=True)
class Setting:
    """What running may know of its block: height, time in ms, chain id.

    ``programs`` compiles contracts; this process's ``CODES`` by default. Rehearsals have their
    own, so that what nobody deploys pushes nothing out.
    """

    height: int
    time: int
    chain: int
    tracer: Tracer | None = None
    programs: Compiler | None = None


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

    def run(self, view: View, tx: UnsignedTx, gas: int, setting: Setting) -> Outcome:
        """Run on the view with ``gas`` left; the sender's gas and nonce are already taken.

        What does not end with status 0 has put back what it changed.
        """


Kinds = Mapping[str, Callable[[dict[str, Value]], Body]]
"""The active kinds: name to the parser of its body."""
