"""A contract deployed and called on an empty state in memory, for people who are writing it.

Transactions as in blocks, each in a block of its own and without fees; signatures are left out.
Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import receipt
from core.cbor import Value
from core.errors import TxRefused
from core.ports import RecordKey
from core.receipt import Receipt
from core.tx import SignedTx, UnsignedTx, Witness
from execution import transaction
from execution.call import Call
from execution.deploy import Deploy
from execution.gas import intrinsic_gas
from execution.kinds import Setting
from execution.validity import Prices
from execution.view import View
from execution.vm.codes import Codes
from pq.algorithms import ML_DSA_65

BALANCE = 10**15
"""What every sender owns, nANM."""
CHAIN = 31337
START_MS = 1_700_000_000_000
INTERVAL_MS = 2_000
PROGRAMS = Codes(count_most=32)
"""Programs of rehearsals and estimates."""

_WITNESS = Witness(ML_DSA_65, b"")


@dataclass(frozen=True)
class Sent:
    """A transaction: kind ``deploy`` or ``call``, its body, sender (34 bytes), the most gas."""

    kind: str
    body: dict[str, Value]
    sender: bytes
    gas: int


@dataclass(frozen=True)
class Ran:
    """How it went: the receipt, or why a block would not hold it; the source line of a failure."""

    receipt: Receipt | None
    refused: TxRefused | None = None
    line: int | None = None

    @property
    def succeeded(self) -> bool:
        """Did it end with status 0?"""
        return self.receipt is not None and self.receipt.status == receipt.OK


class _Empty:
    """A state without records. A ``core.ports.StateReader``."""

    def get_many(self, records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
        return {}


class Rehearsal:
    """Runs transactions one behind the other; all of them together use at most ``gas_most``."""

    def __init__(self, gas_most: int) -> None:
        self.gas_left = gas_most
        self.height = 0
        self._view = View(_Empty())
        self._known: set[bytes] = set()

    def nonce_of(self, sender: bytes) -> int:
        """The nonce that the sender's next transaction has."""
        return self._view.account(sender).nonce

    def run(self, sent: Sent) -> Ran:
        """One transaction in the next block; one that is refused changes nothing."""
        self._fund(sent.sender)
        trace = _Line()
        setting = Setting(
            self.height + 1, START_MS + INTERVAL_MS * self.height, CHAIN, trace, PROGRAMS
        )
        unsigned = UnsignedTx(
            chain=CHAIN,
            kind=sent.kind,
            sender=sent.sender,
            nonce=self.nonce_of(sent.sender),
            gas=min(sent.gas, self.gas_left),
            max_fee=0,
            max_tip=0,
            body=sent.body,
        )
        prices = Prices(base_fee=0, blob_fee=0, gas_left=self.gas_left)
        try:
            body = _PARSERS[sent.kind](sent.body)
            signed = SignedTx(unsigned, _WITNESS)
            done = transaction.apply_tx(self._view, signed, body, prices, setting).receipt
        except TxRefused as refused:
            return Ran(None, refused)
        self.height += 1
        self.gas_left -= done.gas_used
        return Ran(done, line=trace.line)

    def _fund(self, sender: bytes) -> None:
        if sender not in self._known:
            self._known.add(sender)
            self._view.credit(sender, BALANCE)


_PARSERS: dict[str, Any] = {"deploy": Deploy.parse, "call": Call.parse}


def intrinsic(sent: Sent) -> int:
    """What the transaction pays before anything runs, of a key that the chain holds."""
    unsigned = UnsignedTx(CHAIN, sent.kind, sent.sender, 0, sent.gas, 0, 0, sent.body)
    return intrinsic_gas(unsigned, ML_DSA_65, 0)


class _Line:
    """A tracer that keeps the source line at which the outermost call failed."""

    def __init__(self) -> None:
        self.line: int | None = None
        self._depth = 0

    def enter(self, frame: Any, data: bytes, *, deploy: bool) -> None:
        self._depth += 1

    def leave(self, frame: Any, ended: Any) -> None:
        self._depth -= 1
        if not self._depth and ended.error is not None and frame.program is not None:
            steps = frame.program.trace(ended.error)
            self.line = steps[-1][1] if steps else None

    def event(self, frame: Any, log: Any) -> None:
        return

    def transfer(self, frame: Any, to: bytes, amount: int) -> None:
        return
