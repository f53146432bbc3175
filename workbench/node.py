"""A real development node behind the workbench's face: for what only a node can show.

It runs in a process of its own, on a free port, and makes a block for each transaction.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import receipt
from core.receipt import Log
from execution.abi import codec
from execution.abi.calls import calldata, init_data, init_of, public_function
from execution.lang import tree
from execution.lang.types import NONE
from execution.vm import slots
from pq import addresses
from wallet import contracts
from wallet.client import NodeClient
from wallet.transactions import Draft, choose_fees, sign
from workbench import sources, values
from workbench.accounts import Account, Accounts, known_name
from workbench.contract import Contract
from workbench.errors import ContractMissing, NodeNotStarted, StoredUnknown
from workbench.result import Result, events_of
from workbench.trace import reason_of

GAS = 40_000_000
"""The limit of a transaction that names none; what is not used is not paid."""
_START_S = 90.0
_STOP_S = 20.0
_TAIL = 2_000
_SERVICES = ("DATABASE_URL", "REDIS_URL")

Source = str | bytes | Path
Find = Callable[[Source], Source]


class Node:
    """A node that runs: ``url``, ``client`` (the wallet's), the same ``accounts``.

    Its contracts are ``workbench.Contract``: ``sender`` must be one of the accounts, whose keys
    sign. Failures have no line, for the node tells none.
    """

    def __init__(self, url: str, find: Find = lambda source: source) -> None:
        self.url = url
        self.accounts = Accounts()
        self.client = NodeClient(url)
        self.last: Result | None = None
        self._find = find
        self._modules: dict[bytes, tree.Module | None] = {}
        self._names: dict[bytes, str] = {}

    def balance(self, who: Any) -> int:
        """The balance of an account or contract, nANM, proven against a header."""
        return self.client.proven_account(values.address_of(who)).balance

    def deploy(
        self,
        source: Source,
        *args: Any,
        sender: Account | None = None,
        value: int = 0,
        gas: int = GAS,
        name: str | None = None,
        **named: Any,
    ) -> Contract:
        """Deploy source text or a file. Raises ``SourceRefused`` or ``Reverted``."""
        found = self._find(source)
        code = sources.read(found)
        module, called = sources.module_of(code), name or sources.name_of(found)
        init = init_of(module)
        data = init_data(init, values.arguments(init, args, named))
        who = self._signer(sender)
        draft = contracts.draft_deploy(
            code=code, args=data, value=value, gas=gas, **self._standing(who)
        )
        address = contracts.deployed_at(draft)
        self._names[address] = called
        self._run(f"{called}.init", who, draft, None).require()
        return Contract(self, address, module, called)

    def at(self, address: Any, name: str | None = None) -> Contract:
        """The contract at an address. Raises ``ContractMissing``."""
        where = values.address_of(address)
        module = self._module_at(where)
        if module is None:
            raise ContractMissing(f"there is no contract at {addresses.to_text(where)}")
        return Contract(self, where, module, name or self.name_of(where))

    def name_of(self, address: bytes) -> str:
        """How a contract or test account is called here, else its address, shortened."""
        known = self._names.get(address) or known_name(address)
        return known or addresses.to_text(address)[:14] + "…"

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
        """What ``Contract.send`` does."""
        asked = public_function(contract.module, function)
        who = self._signer(sender)
        draft = contracts.draft_call(
            to=contract.address,
            data=calldata(asked, values.arguments(asked, args, named)),
            value=value,
            gas=GAS if gas is None else gas,
            **self._standing(who),
        )
        return self._run(f"{contract.label}.{function}", who, draft, asked)

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
        """What ``Contract.simulate`` does, by ``state.call``."""
        asked = public_function(contract.module, function)
        who = values.address_of(self._signer(sender))
        data = calldata(asked, values.arguments(asked, args, named))
        done = self.client.contract_call(contract.address, data, sender=who, value=value)
        called = f"{contract.label}.{function}"
        return self._result(called, asked, done.status, done.ret, done.gas_used, done.logs)

    def stored(self, contract: Contract, name: str, keys: Sequence[Any]) -> Any:
        """What ``Contract.stored`` does, proven against a header."""
        found = next((s for s in contract.module.stored if s.name == name), None)
        if found is None or len(found.keys) != len(keys):
            raise StoredUnknown(f"{contract.label} stores no {name} with {len(keys)} keys")
        given = [values.coerce(key, of, "key") for key, of in zip(keys, found.keys, strict=True)]
        slot = slots.map_slot(found, tuple(given))
        value = self.client.proven_storage(contract.address, slot).value
        return codec.default(found.value) if value is None else codec.decode(value, found.value)

    def _signer(self, sender: Any) -> Account:
        if sender is None:
            return self.accounts.alice
        if not isinstance(sender, Account):
            raise TypeError("only test accounts sign on a node: accounts.alice, accounts.bob, …")
        return sender

    def _standing(self, who: Account) -> dict[str, Any]:
        client = self.client
        return {
            "sender": who.address,
            "chain": client.chain_id(),
            "nonce": client.next_nonce(who.address),
            "fees": choose_fees(client.head().base_fee),
            "key_stored": client.account(who.address).key_stored,
        }

    def _run(self, called: str, who: Account, draft: Draft, asked: tree.Function | None) -> Result:
        signed = sign(draft, who.key)
        done = self.client.wait_for_receipt(self.client.send_raw(signed.raw))
        result = self._result(
            called, asked, done.status, done.ret, done.gas_used, done.logs, signed.txid, done.height
        )
        self.last = result
        return result

    def _result(
        self,
        called: str,
        asked: tree.Function | None,
        status: int,
        ret: bytes,
        gas_used: int,
        logs: tuple[Log, ...],
        txid: bytes = b"",
        height: int = 0,
    ) -> Result:
        value: Any = ret if asked is None else None
        if status == receipt.OK and asked is not None and asked.result != NONE:
            value = codec.decode(ret, asked.result)
        return Result(
            function=called,
            status=status,
            value=value if status == receipt.OK else None,
            reason=reason_of(status, ret),
            gas_used=gas_used,
            events=events_of(logs, self._module_at, self.name_of),
            txid=txid,
            height=height,
        )

    def _module_at(self, address: bytes) -> tree.Module | None:
        if address not in self._modules:
            code = self.client.contract_code(address)
            self._modules[address] = None if code is None else sources.module_of(code.source)
        return self._modules[address]


@contextmanager
def running(
    folder: Path, find: Find = lambda source: source, *, block_time_s: float = 0
) -> Iterator[Node]:
    """A node in ``folder``, stopped at the end. Raises ``NodeNotStarted``.

    ``block_time_s`` 0 makes a block for each transaction.
    """
    facts, log = folder / "node.json", folder / "node.log"
    command = [sys.executable, "-m", "animica_site", "devnet", "--http-port", "0"]
    command += ["--block-time", str(block_time_s), "--no-shares", "--json-out", str(facts)]
    command += ["--data-dir", str(folder / "data")]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env=_environment()
        )
    try:
        node = Node(_url_of(process, facts, log), find)
        yield node
        node.client.close()
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """The child runs the very code that this is, wherever Python would look for it.

    It is thrown away with its folder, so it never touches a database or Redis that the caller uses.
    """
    here = str(Path(__file__).resolve().parents[1])
    known = os.environ.get("PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in _SERVICES}
    return {**kept, "PYTHONPATH": os.pathsep.join([here, known] if known else [here])}


def _url_of(process: subprocess.Popen[bytes], facts: Path, log: Path) -> str:
    """The node's JSON-RPC address, once it has written it."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            url: str = json.loads(facts.read_text("utf-8"))["rpc"]
            return url
        except (OSError, ValueError, KeyError):
            time.sleep(0.05)  # it is not written yet, or not whole
    tail = log.read_text("utf-8", "replace")[-_TAIL:]
    raise NodeNotStarted(f"the node did not start within {_START_S:g} s:\n{tail}")
