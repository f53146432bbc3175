"""The chain as a test sees it: accounts by name, contracts with methods, time that can be moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import receipt
from execution.abi import codec
from execution.abi.calls import calldata, init_data, init_of, public_function
from execution.lang import tree
from execution.lang.types import NONE
from execution.vm import slots
from execution.vm.frame import STORAGE_MODULE
from pq import addresses
from workbench import sources, values
from workbench.accounts import Accounts, known_name
from workbench.contract import Contract
from workbench.errors import ContractMissing, StoredUnknown
from workbench.ledger import Ledger, Numbers, Ran, Snapshot
from workbench.report import GasReport
from workbench.result import Result, events_of
from workbench.trace import Call, reason_of

__all__ = ["Chain", "Numbers", "Snapshot"]


class Chain:
    """Ten funded accounts and what they deploy; every transaction has a block of its own.

    Signatures are left out: the sender of a call is who the test says, ``accounts.alice`` unless
    it says somebody. ``gas`` counts calls, ``last`` is the newest transaction's result.
    """

    def __init__(self, numbers: Numbers | None = None, **changes: int) -> None:
        self.ledger = Ledger(replace(numbers or Numbers(), **changes))
        self.accounts = Accounts()
        self.gas = GasReport()
        self.last: Result | None = None
        self._names: dict[bytes, str] = {}
        for account in self.accounts:
            self.set_balance(account, self.ledger.numbers.balance)

    @property
    def height(self) -> int:
        """The newest block's height."""
        return self.ledger.height

    @property
    def time(self) -> int:
        """The newest block's time, ms."""
        return self.ledger.time

    def balance(self, who: Any) -> int:
        """The balance of an account or contract, nANM."""
        return self.ledger.account(values.address_of(who)).balance

    def set_balance(self, who: Any, amount: int) -> None:
        """Give an account or contract a balance, nANM out of nothing."""
        self.ledger.set_balance(values.address_of(who), amount)

    def transfer(self, sender: Any, to: Any, value: int) -> Result:
        """Move nANM between accounts of keys, in a transaction."""
        body = {"to": values.address_of(to, "to"), "value": value}
        ran = self.ledger.transact("transfer", self._sender(sender), body, None)
        return self._keep("", None, None, ran)

    def advance(self, blocks: int = 1, time_ms: int | None = None) -> None:
        """Empty blocks: each an interval later, or all of them ``time_ms`` together."""
        self.ledger.advance(blocks, time_ms)

    def snapshot(self) -> Snapshot:
        """The state now."""
        return self.ledger.snapshot()

    def revert(self, to: Snapshot) -> None:
        """Back to a snapshot, as often as wanted."""
        self.ledger.revert(to)

    def deploy(
        self,
        source: str | bytes | Path,
        *args: Any,
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
        name: str | None = None,
        **named: Any,
    ) -> Contract:
        """Deploy source text or a file; ``args`` are those of ``init``, ``value`` is nANM.

        Raises ``SourceUnreadable``, ``SourceRefused`` or ``Reverted``.
        """
        result = self.try_deploy(
            source, *args, sender=sender, value=value, gas=gas, name=name, **named
        )
        return self.at(result.require().value)

    def try_deploy(
        self,
        source: str | bytes | Path,
        *args: Any,
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
        name: str | None = None,
        **named: Any,
    ) -> Result:
        """Deploy, and tell what came of it: ``value`` of the result is the address."""
        code = sources.read(source)
        module, called = sources.module_of(code), name or sources.name_of(source)
        init = init_of(module)
        data = init_data(init, values.arguments(init, args, named))
        body = {"code": code, "args": data, "value": value}
        ran = self.ledger.transact("deploy", self._sender(sender), body, gas)
        if ran.trace is not None:
            self._names[ran.trace.to] = called
        return self._keep(called, code, None, ran)

    def at(self, address: Any, name: str | None = None) -> Contract:
        """The contract at an address. Raises ``ContractMissing``."""
        where = values.address_of(address)
        module = self.ledger.module_at(where)
        if module is None:
            raise ContractMissing(f"there is no contract at {addresses.to_text(where)}")
        return Contract(self, where, module, name or self.name_of(where))

    def name_of(self, address: bytes) -> str:
        """How a contract or test account is called here, else its address, shortened."""
        known = self._names.get(address) or known_name(address)
        return known or addresses.to_text(address)[:14] + "…"

    def explain(self, result: Result) -> str:
        """The tree of a result's calls, with the names of accounts and contracts."""
        if result.trace is None:
            return result.function
        text = result.trace.text(self.name_of)
        for address in (*(account.address for account in self.accounts), *self._names):
            text = text.replace(addresses.to_text(address), self.name_of(address))
        return text

    # --- what contracts ask for -------------------------------------------------------------

    def send(
        self,
        contract: Contract,
        function: str,
        args: Sequence[Any],
        named: Mapping[str, Any],
        *,
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
    ) -> Result:
        """Call in a transaction; see ``Contract.send``."""
        asked = public_function(contract.module, function)
        data = calldata(asked, values.arguments(asked, args, named))
        body = {"to": contract.address, "data": data, "value": value}
        ran = self.ledger.transact("call", self._sender(sender), body, gas)
        return self._keep(contract.label, None, asked, ran)

    def simulate(
        self,
        contract: Contract,
        function: str,
        args: Sequence[Any],
        named: Mapping[str, Any],
        *,
        sender: Any = None,
        value: int = 0,
    ) -> Result:
        """Call and forget; see ``Contract.simulate``."""
        asked = public_function(contract.module, function)
        data = calldata(asked, values.arguments(asked, args, named))
        ran = self.ledger.read(self._sender(sender), contract.address, data, value)
        self.gas.add(contract.label, function, "view", ran.gas_used)
        return self._result(contract.label, asked, ran)

    def stored(self, contract: Contract, name: str, keys: Sequence[Any]) -> Any:
        """What a stored value or a map's entry holds; see ``Contract.stored``."""
        found = next((s for s in contract.module.stored if s.name == name), None)
        if found is None or len(found.keys) != len(keys):
            takes = "no such name" if found is None else f"{len(found.keys)} keys"
            raise StoredUnknown(f"{contract.label}.{name} with {len(keys)} keys: {takes}")
        given = [values.coerce(key, of, "key") for key, of in zip(keys, found.keys, strict=True)]
        record = contract.address + slots.map_slot(found, tuple(given))
        value = self.ledger.get(STORAGE_MODULE, record)
        return codec.default(found.value) if value is None else codec.decode(value, found.value)

    # --- results ----------------------------------------------------------------------------

    def _sender(self, sender: Any) -> bytes:
        return values.address_of(self.accounts.alice if sender is None else sender, "sender")

    def _keep(
        self, called: str, deployed: bytes | None, asked: tree.Function | None, ran: Ran
    ) -> Result:
        """The result of a transaction, counted and remembered."""
        result = self._result(called, asked, ran, deployed)
        if ran.trace is not None:
            self.gas.add(called, ran.trace.function, "send", ran.gas_used)
            for call in list(ran.trace.walk())[1:]:
                self.gas.add(call.contract, call.function, "inside", call.gas_used)
        self.last = result
        return result

    def _result(
        self,
        called: str,
        asked: tree.Function | None,
        ran: Ran,
        deployed: bytes | None = None,
    ) -> Result:
        root = ran.trace
        if root is not None:
            self._label(root, deployed)
        function = root.function if root is not None else asked.name if asked else "transfer"
        value: Any = None
        if ran.status == receipt.OK and asked is None and ran.ret:
            value = ran.ret
        elif ran.status == receipt.OK and asked is not None and asked.result != NONE:
            value = codec.decode(ran.ret, asked.result)
        return Result(
            function=f"{called}.{function}" if called else function,
            status=ran.status,
            value=value,
            reason=reason_of(ran.status, ran.ret),
            gas_used=ran.gas_used,
            events=events_of(ran.logs, self.ledger.module_at, self.name_of),
            line=root.line if root is not None else None,
            trace=root,
            txid=ran.txid,
            height=ran.height,
        )

    def _label(self, root: Call, deployed: bytes | None) -> None:
        """Give each call of a trace its contract's module and name, and its line's text.

        ``deployed`` is the source of a deployment, which is not stored when it has failed.
        """
        for call in root.walk():
            call.contract = self.name_of(call.to)
            source = self.ledger.source_at(call.to) or (deployed if call is root else None)
            if source is not None:
                call.module = sources.module_of(source)
                call.code = sources.line_of(source, call.line)
