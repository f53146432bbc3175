"""The kind ``deploy``: a contract from its source text. See docs/spec/contracts.md, "Running"."""

from __future__ import annotations

from dataclasses import dataclass

from core import cbor
from core.cbor import Value
from core.fields import Fields, keys
from core.hashing import sha3
from core.limits import CODE_BYTES, DATA_BYTES
from core.ports import RecordKey
from core.tx import UnsignedTx
from execution import lang
from execution.accounts import Account
from execution.kinds import Outcome, Setting
from execution.lang.errors import SourceRefused
from execution.view import View
from execution.vm import arguments, machine
from execution.vm.codes import programs_of
from execution.vm.frame import CODE_MODULE, Frame, Running, charge, move
from execution.vm.outcome import Reverted
from pq import addresses

_BODY = keys(("code", "args", "value"))
_INIT = "init"
_NO_ARGUMENTS = cbor.encode([])
TOKEN = 1_500
"""Gas for checking and compiling a token of the source."""


@dataclass(frozen=True)
class Deploy:
    """The parsed body: source, ABI array of ``init``'s arguments, value (nANM)."""

    code: bytes
    args: bytes
    value: int

    @classmethod
    def parse(cls, body: dict[str, Value]) -> Deploy:
        """Read and check a body; raises ``field.…`` refusals."""
        f = Fields(body, "tx.body", _BODY, frozenset())
        return cls(
            f.data("code", most=CODE_BYTES), f.data("args", most=DATA_BYTES), f.uint("value")
        )

    @property
    def locked(self) -> int:
        """What the sender needs beyond gas, nANM."""
        return self.value

    @property
    def recipient(self) -> None:
        """Nobody: the address follows from sender and nonce."""
        return None

    def touches(self) -> tuple[RecordKey, ...]:
        """Records that running the body will read."""
        return ((CODE_MODULE, sha3(self.code)),)

    def run(self, view: View, tx: UnsignedTx, gas: int, setting: Setting) -> Outcome:
        """Check the source, write code and account, move the value, run ``init``."""
        address = addresses.of_contract(tx.sender, tx.nonce)
        running = Running.of(view, tx, address, setting, programs_of(setting))
        m = Frame(gas, running, address, tx.sender, self.value)
        ended = machine.traced(
            m, self.args, lambda: machine.attempt(m, lambda: self._create(m)), deploy=True
        )
        return machine.outcome(gas, running, ended)

    def _create(self, m: Frame) -> bytes:
        code_hash = sha3(self.code)
        try:
            charge(m, TOKEN * lang.size_of(self.code))
            m.program = m.running.programs.of(code_hash, self.code)
        except SourceRefused:
            raise Reverted("vm.source") from None
        held = m.running.account(m.this)
        m.running.record(CODE_MODULE, code_hash)
        m.running.view.set(CODE_MODULE, code_hash, cbor.encode(self.code))
        m.running.view.set_account(m.this, Account(held.nonce, held.balance, code_hash))
        move(m, m.sender, m.this, self.value)
        if _INIT in m.program.program.functions:
            machine.begin(m, self.code, self.args)
            machine.invoke(m, m.program, _INIT, arguments.split(self.args))
        elif self.value:
            raise Reverted("vm.not_payable")
        elif self.args != _NO_ARGUMENTS:
            raise Reverted("vm.argument")
        return m.this
