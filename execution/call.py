"""The kind ``call``: run a function of a contract. Source: docs/spec/contracts.md, "Running"."""

from __future__ import annotations

from dataclasses import dataclass

from core import receipt
from core.cbor import Value
from core.fields import Fields, keys
from core.limits import ADDRESS_BYTES, DATA_BYTES
from core.ports import RecordKey
from core.tx import UnsignedTx
from execution import accounts
from execution.errors import RecipientRefused
from execution.kinds import Outcome, Setting
from execution.view import View
from execution.vm import machine
from execution.vm.codes import programs_of
from execution.vm.frame import Frame, Running
from pq import addresses
from pq.algorithms import NO_KEY

_BODY = keys(("to", "data", "value"))
_NO_TXID = bytes(32)


@dataclass(frozen=True)
class Call:
    """The parsed body: the contract (34 bytes), calldata, value (nANM)."""

    to: bytes
    data: bytes
    value: int

    @classmethod
    def parse(cls, body: dict[str, Value]) -> Call:
        """Read and check a body; raises ``field.…`` refusals or ``tx.recipient``."""
        f = Fields(body, "tx.body", _BODY, frozenset())
        to = f.data("to", size=ADDRESS_BYTES)
        if addresses.alg_of(to) != NO_KEY:
            raise RecipientRefused("tx.body.to is no contract's address", field="tx.body.to")
        return cls(to, f.data("data", most=DATA_BYTES), f.uint("value"))

    @property
    def locked(self) -> int:
        """What the sender needs beyond gas, nANM."""
        return self.value

    @property
    def recipient(self) -> bytes:
        """The contract, for indices."""
        return self.to

    def touches(self) -> tuple[RecordKey, ...]:
        """Records that running the body will read."""
        return ((accounts.MODULE, self.to),)

    def run(self, view: View, tx: UnsignedTx, gas: int, setting: Setting) -> Outcome:
        """Run the function; a failure leaves no more than its receipt."""
        running = Running.of(view, tx, self.to, setting, programs_of(setting))
        ended = machine.call(Frame(gas, running, self.to, tx.sender, self.value), self.data)
        return machine.outcome(gas, running, ended)


def read(
    view: View,
    setting: Setting,
    *,
    sender: bytes,
    to: bytes,
    data: bytes,
    gas: int,
    value: int = 0,
    static: bool = False,
) -> Outcome:
    """What a call would do, without a transaction: no intrinsic part, no nonce, no fee.

    The view is left as a transaction's run would leave it; the caller lets it go or rolls it back.
    """
    if view.account(sender).balance < value:
        return Outcome(receipt.REVERTED, ret=b"vm.balance")
    running = Running(
        view=view,
        setting=setting,
        programs=programs_of(setting),
        origin=sender,
        txid=_NO_TXID,
        accounts={sender, to},
        slots=set(),
    )
    ended = machine.call(Frame(gas, running, to, sender, value, static), data)
    return machine.outcome(gas, running, ended)
