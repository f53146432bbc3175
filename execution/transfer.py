"""The kind ``transfer``: move value to the account of a key. Source: docs/spec/transactions.md."""

from __future__ import annotations

from dataclasses import dataclass

from core.cbor import Value
from core.fields import Fields, keys
from core.limits import ADDRESS_BYTES
from core.ports import RecordKey
from core.tx import UnsignedTx
from execution import accounts
from execution.errors import RecipientRefused
from execution.kinds import Outcome, Setting
from execution.view import View
from pq import addresses

_BODY = keys(("to", "value"))
_DONE = Outcome()


@dataclass(frozen=True)
class Transfer:
    """The parsed body: recipient (34 bytes) and value (nANM)."""

    to: bytes
    value: int

    @classmethod
    def parse(cls, body: dict[str, Value]) -> Transfer:
        """Read and check a body; raises ``field.…`` refusals or ``tx.recipient``."""
        f = Fields(body, "tx.body", _BODY, frozenset())
        to = f.data("to", size=ADDRESS_BYTES)
        if not addresses.is_key_address(to):
            raise RecipientRefused("tx.body.to is not the address of a key", field="tx.body.to")
        return cls(to, f.uint("value"))

    @property
    def locked(self) -> int:
        """What the sender needs beyond gas, nANM."""
        return self.value

    @property
    def recipient(self) -> bytes:
        """Who receives, for indices."""
        return self.to

    def touches(self) -> tuple[RecordKey, ...]:
        """Records that running the body will read."""
        return ((accounts.MODULE, self.to),)

    def run(self, view: View, tx: UnsignedTx, gas: int, setting: Setting) -> Outcome:
        """Move the value. The balance has been checked, so this cannot fail."""
        view.debit(tx.sender, self.value)
        view.credit(self.to, self.value)
        return _DONE
