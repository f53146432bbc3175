"""The journalled view: one block's changes over the records of its parent's state."""

from __future__ import annotations

from collections.abc import Iterable

from core.ports import RecordKey, StateReader
from execution import accounts
from execution.accounts import Account


class View:
    """Reads through to a reader, keeps writes, and can go back to any checkpoint.

    Accounts are kept decoded while a block runs and are encoded once, for ``changes``.
    """

    def __init__(self, reader: StateReader) -> None:
        self._reader = reader
        self._before: dict[RecordKey, bytes | None] = {}
        self._now: dict[RecordKey, bytes | None] = {}
        self._accounts: dict[bytes, Account] = {}
        self._journal: list[_Entry] = []

    def prefetch(self, records: Iterable[RecordKey]) -> None:
        """Load the named records in one read; later reads of them cost nothing."""
        wanted = [record for record in dict.fromkeys(records) if record not in self._before]
        found = self._reader.get_many(wanted)
        for record in wanted:
            self._before[record] = self._now[record] = found.get(record)

    def get(self, module: str, id: bytes) -> bytes | None:
        """The record's value now, None when absent."""
        if module == accounts.MODULE and id in self._accounts:
            return self._accounts[id].encode()
        return self._read((module, id))

    def _read(self, record: RecordKey) -> bytes | None:
        if record not in self._now:
            self.prefetch((record,))
        return self._now[record]

    def set(self, module: str, id: bytes, value: bytes | None) -> None:
        """Write a record; None deletes it."""
        previous = self.get(module, id)
        if previous != value:
            self._journal.append(((module, id), previous))
            self._write((module, id), value)

    def _write(self, record: RecordKey, value: bytes | None) -> None:
        if record[0] == accounts.MODULE:
            self._accounts.pop(record[1], None)
        self._now[record] = value

    def account(self, address: bytes) -> Account:
        """The account at an address; absent accounts are the default one."""
        known = self._accounts.get(address)
        if known is None:
            known = Account.of_record(self._read((accounts.MODULE, address)))
            self._accounts[address] = known
        return known

    def set_account(self, address: bytes, account: Account) -> None:
        """Write an account record."""
        previous = self.account(address)
        if previous != account:
            self._journal.append(((accounts.MODULE, address), previous))
            self._accounts[address] = account

    def credit(self, address: bytes, amount: int) -> None:
        """Add an amount (nANM) to an account."""
        if amount:
            account = self.account(address)
            balance = account.balance + amount
            self.set_account(address, Account(account.nonce, balance, account.code))

    def debit(self, address: bytes, amount: int) -> None:
        """Take an amount (nANM) from an account that holds it."""
        if amount:
            account = self.account(address)
            assert account.balance >= amount, "the caller has looked at the balance"
            balance = account.balance - amount
            self.set_account(address, Account(account.nonce, balance, account.code))

    def checkpoint(self) -> int:
        """A mark that ``rollback`` returns to."""
        return len(self._journal)

    def rollback(self, mark: int) -> None:
        """Undo every write since the mark."""
        while len(self._journal) > mark:
            record, previous = self._journal.pop()
            if isinstance(previous, Account):
                self._accounts[record[1]] = previous
            else:
                self._write(record, previous)

    def changes(self) -> tuple[dict[RecordKey, bytes | None], dict[RecordKey, bytes | None]]:
        """Records that differ from the parent's state: (values now, values before)."""
        touched = dict.fromkeys(record for record, _ in self._journal)
        now = {record: self.get(*record) for record in touched}
        changed = [record for record in touched if now[record] != self._before[record]]
        return (
            {record: now[record] for record in changed},
            {record: self._before[record] for record in changed},
        )


_Entry = tuple[RecordKey, bytes | Account | None]
"""What a record was before a write; accounts decoded."""
