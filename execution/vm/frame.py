"""What a call runs on: its own frame, and what all calls of one transaction share."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import cbor
from core.receipt import Log
from core.tx import UnsignedTx
from execution.accounts import Account
from execution.kinds import Setting
from execution.view import View
from execution.vm.outcome import OutOfGas
from execution.vm.ports import Programs, Runnable

CODE_MODULE = "code"
STORAGE_MODULE = "storage"
COLD, WARM = 4_000, 100
"""Gas for the first use of an account or slot in a transaction, and for any other use."""


@dataclass(slots=True)
class Running:
    """One transaction's run. ``accounts`` and ``slots`` (34 + 32 bytes) have been used before.

    ``outside`` is what the reader of the state raised, if it did: that is the node's trouble and
    no contract's.
    """

    view: View
    setting: Setting
    programs: Programs
    origin: bytes
    txid: bytes
    accounts: set[bytes]
    slots: set[bytes]
    changed: set[bytes] = field(default_factory=set)
    loaded: set[bytes] = field(default_factory=set)
    active: set[bytes] = field(default_factory=set)
    logs: list[Log] = field(default_factory=list)
    refund: int = 0
    outside: Exception | None = None

    @classmethod
    def of(
        cls, view: View, tx: UnsignedTx, to: bytes, setting: Setting, programs: Programs
    ) -> Running:
        """The run of a transaction that is addressed to ``to``."""
        announced = tx.access or ()
        return cls(
            view=view,
            setting=setting,
            programs=programs,
            origin=tx.sender,
            txid=tx.txid,
            accounts={tx.sender, to, *(address for address, _ in announced)},
            slots={address + slot for address, slots in announced for slot in slots},
        )

    def account(self, address: bytes) -> Account:
        """The account at an address, read through the view."""
        try:
            return self.view.account(address)
        except Exception as error:
            self.outside = error
            raise

    def record(self, module: str, id: bytes) -> bytes | None:
        """A record's value, read through the view."""
        try:
            return self.view.get(module, id)
        except Exception as error:
            self.outside = error
            raise

    def source(self, code_hash: bytes) -> bytes:
        """The source that an account's code hash names."""
        value = self.record(CODE_MODULE, code_hash)
        assert value is not None, "an account's code is stored with it"
        source: bytes = cbor.decode_own(value)
        return source

    def program(self, code_hash: bytes, source: bytes) -> Runnable:
        """The program of a stored source; that it was accepted once makes a failure the node's."""
        try:
            return self.programs.of(code_hash, source)
        except Exception as error:
            self.outside = error
            raise


@dataclass(slots=True, eq=False)
class Frame:
    """One call of a contract: gas left, who it is, who calls, with what (nANM), may it write?

    ``depth`` counts contracts, the first is 1; ``program`` is there once it has been found.
    Generated code knows this as ``m``.
    """

    gas: int
    running: Running
    this: bytes
    sender: bytes
    value: int
    static: bool = False
    depth: int = 1
    program: Runnable | None = None


def charge(m: Frame, gas: int) -> None:
    """Take gas before the work that it pays for; raises OutOfGas."""
    m.gas -= gas
    if m.gas < 0:
        raise OutOfGas


def use_account(m: Frame, address: bytes) -> Account:
    """The account, its first use in the transaction for more gas than later ones."""
    running = m.running
    if address in running.accounts:
        charge(m, WARM)
    else:
        charge(m, COLD)
        running.accounts.add(address)
    return running.account(address)


def move(m: Frame, source: bytes, target: bytes, amount: int) -> None:
    """Move nANM between two accounts; the caller has looked at the balance."""
    if amount:
        m.running.account(target)
        m.running.view.debit(source, amount)
        m.running.view.credit(target, amount)
