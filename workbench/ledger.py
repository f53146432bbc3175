"""The chain below the workbench: records, blocks, and transactions run by ``execution``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core import cbor
from core.ports import RecordKey
from core.receipt import Log
from core.tx import SignedTx, UnsignedTx, Witness
from execution import accounts, transaction
from execution.accounts import Account
from execution.call import Call, read
from execution.deploy import Deploy
from execution.kinds import Kinds, Setting
from execution.lang import tree
from execution.transfer import Transfer
from execution.validity import Prices
from execution.view import View
from execution.vm.frame import CODE_MODULE
from pq.algorithms import ML_DSA_65
from pq.devnet_keys import CHAIN
from workbench import sources, trace

KINDS: Kinds = {"transfer": Transfer.parse, "deploy": Deploy.parse, "call": Call.parse}
# The key counts as stored, the signature by its weight, as in a block; nothing verifies either.
_WITNESS = Witness(ML_DSA_65, b"")


@dataclass(frozen=True)
class Numbers:
    """What the chain is like; by default the development network.

    Times in ms, ``balance`` of each test account in nANM, ``base_fee`` in nANM per gas: 0, so
    that balances in tests change by what contracts move and nothing else.
    """

    chain: int = CHAIN
    start_ms: int = 1_767_225_600_000
    interval_ms: int = 2_000
    gas_limit: int = 100_000_000
    base_fee: int = 0
    balance: int = 1_000_000 * 10**9


@dataclass(frozen=True)
class Ran:
    """What a transaction or a read did: a receipt's fields, and the tree of its calls."""

    status: int
    gas_used: int
    logs: tuple[Log, ...]
    ret: bytes
    trace: trace.Call | None
    txid: bytes
    height: int


@dataclass(frozen=True)
class Snapshot:
    """A state to go back to."""

    records: Mapping[RecordKey, bytes]
    height: int
    time: int


class Ledger:
    """Records of the state, and the newest block's ``height`` and ``time`` (ms).

    A ``core.ports.StateReader``.
    """

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.height = 0
        self.time = numbers.start_ms
        self._records: dict[RecordKey, bytes] = {}

    def get_many(self, records: Collection[RecordKey]) -> dict[RecordKey, bytes]:
        """The values of those that are there."""
        return {record: self._records[record] for record in records if record in self._records}

    def get(self, module: str, id: bytes) -> bytes | None:
        """A record's value, None when absent."""
        return self._records.get((module, id))

    def account(self, address: bytes) -> Account:
        """The account at an address of 34 bytes."""
        return Account.of_record(self.get(accounts.MODULE, address))

    def set_balance(self, address: bytes, amount: int) -> None:
        """Give an account a balance, nANM out of nothing."""
        encoded = replace(self.account(address), balance=amount).encode()
        self._store({(accounts.MODULE, address): encoded})

    def source_at(self, address: bytes) -> bytes | None:
        """The source of the contract there, None without one."""
        code = self.account(address).code
        stored = None if code is None else self.get(CODE_MODULE, code)
        return None if stored is None else cbor.decode_own(stored)

    def module_at(self, address: bytes) -> tree.Module | None:
        """The checked module of the contract there, None without one."""
        source = self.source_at(address)
        return None if source is None else sources.module_of(source)

    def snapshot(self) -> Snapshot:
        """The state now."""
        return Snapshot(dict(self._records), self.height, self.time)

    def revert(self, to: Snapshot) -> None:
        """Back to a snapshot, as often as wanted."""
        self._records, self.height, self.time = dict(to.records), to.height, to.time

    def advance(self, blocks: int, time_ms: int | None) -> None:
        """Empty blocks: each an interval later, or all of them ``time_ms`` together."""
        self.height += blocks
        self.time += self.numbers.interval_ms * blocks if time_ms is None else time_ms

    def transact(self, kind: str, sender: bytes, body: dict[str, Any], gas: int | None) -> Ran:
        """One transaction in a block of its own.

        Raises the ``TxRefused`` of the rule that it breaks; then nothing has changed.
        """
        numbers, recorder, view = self.numbers, trace.Recorder(), View(self)
        unsigned = UnsignedTx(
            chain=numbers.chain,
            kind=kind,
            sender=sender,
            nonce=self.account(sender).nonce,
            gas=numbers.gas_limit if gas is None else gas,
            max_fee=numbers.base_fee,
            max_tip=0,
            body=body,
        )
        prices = Prices(numbers.base_fee, 1, numbers.gas_limit)
        signed, parsed = SignedTx(unsigned, _WITNESS), KINDS[kind](body)
        applied = transaction.apply_tx(view, signed, parsed, prices, self._setting(recorder))
        self._store(view.changes()[0])
        self.advance(1, None)
        done = applied.receipt
        return Ran(
            done.status,
            done.gas_used,
            done.logs,
            done.ret,
            recorder.root,
            unsigned.txid,
            self.height,
        )

    def read(self, sender: bytes, to: bytes, data: bytes, value: int) -> Ran:
        """What a call would do in the next block; nothing changes."""
        recorder = trace.Recorder()
        outcome = read(
            View(self),
            self._setting(recorder),
            sender=sender,
            to=to,
            data=data,
            gas=self.numbers.gas_limit,
            value=value,
        )
        return Ran(
            outcome.status, outcome.gas, outcome.logs, outcome.ret, recorder.root, b"", self.height
        )

    def _setting(self, recorder: trace.Recorder) -> Setting:
        """The next block, as a transaction in it sees it."""
        numbers = self.numbers
        return Setting(self.height + 1, self.time + numbers.interval_ms, numbers.chain, recorder)

    def _store(self, changes: Mapping[RecordKey, bytes | None]) -> None:
        for record, value in changes.items():
            if value is None:
                self._records.pop(record, None)
            else:
                self._records[record] = value
