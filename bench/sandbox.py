"""Contracts on a state in memory, without blocks: for the benchmarks of the engine."""

from __future__ import annotations

from collections.abc import Iterable

from core import cbor
from core.ports import RecordKey
from core.tx import UnsignedTx
from execution.accounts import Account
from execution.call import read
from execution.deploy import Deploy
from execution.kinds import Outcome, Setting
from execution.view import View
from pq import addresses, signing

SETTING = Setting(height=1, time=1_000, chain=1337)
SENDER = signing.from_seed(bytes(32))
_ENDLESS = 10**12


class Memory:
    """A state of records in a dictionary."""

    def __init__(self) -> None:
        self.records: dict[RecordKey, bytes] = {}

    def get_many(self, records: Iterable[RecordKey]) -> dict[RecordKey, bytes]:
        """Those of the records that there are."""
        known = self.records
        return {record: known[record] for record in records if record in known}


class Sandbox:
    """A sender with money, and what it deploys."""

    def __init__(self) -> None:
        self.memory = Memory()
        self._nonce = 0
        view = View(self.memory)
        view.set_account(SENDER.address, Account(balance=10**15))
        self._keep(view)

    def _keep(self, view: View) -> None:
        for record, value in view.changes()[0].items():
            if value is not None:
                self.memory.records[record] = value

    def deploy(self, source: str, args: bytes = b"\x80", value: int = 0) -> bytes:
        """The address of a new contract. Raises RuntimeError with the reason of a failure."""
        view = View(self.memory)
        tx = UnsignedTx(
            chain=SETTING.chain,
            kind="deploy",
            sender=SENDER.address,
            nonce=self._nonce,
            gas=_ENDLESS,
            max_fee=1,
            max_tip=1,
            body={},
        )
        outcome = Deploy(source.encode(), args, value).run(view, tx, _ENDLESS, SETTING)
        if outcome.status:
            raise RuntimeError(f"not deployed: {outcome.ret!r}")
        self._nonce += 1
        self._keep(view)
        return outcome.ret

    def fund(self, address: bytes, amount: int) -> None:
        """Give nANM to an account."""
        view = View(self.memory)
        view.credit(address, amount)
        self._keep(view)

    def call(self, to: bytes, function: str, *arguments: object) -> Outcome:
        """A call that changes nothing here. Raises RuntimeError with the reason of a failure."""
        data = calldata(function, *arguments)
        outcome = read(
            View(self.memory), SETTING, sender=SENDER.address, to=to, data=data, gas=_ENDLESS
        )
        if outcome.status:
            raise RuntimeError(f"{function}: {outcome.ret!r}")
        return outcome


def calldata(function: str, *arguments: object) -> bytes:
    """Calldata of ints, texts and byte strings."""
    plain = [a.to_bytes(32, "big", signed=True) if isinstance(a, int) else a for a in arguments]
    return cbor.encode([function, *plain])


def contract(number: int) -> bytes:
    """The address of the sender's contract of that number."""
    return addresses.of_contract(SENDER.address, number)
