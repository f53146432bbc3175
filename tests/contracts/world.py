"""A small chain in memory for the contracts of the library: every call is a transaction's run.

It goes through ``execution`` as a block does, without signatures, fees and nonces of keys: who
calls is said by ``by``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from core import receipt
from core.hashing import sha3
from core.ports import RecordKey
from core.tx import UnsignedTx
from execution import accounts
from execution.abi import codec
from execution.call import Call, read
from execution.deploy import Deploy
from execution.kinds import Body, Outcome, Setting
from execution.lang import parse_and_check, tree
from execution.lang.types import NONE, Type, parse_type
from execution.view import View
from pq import signing
from pq.addresses import of_contract

ROOT = Path(__file__).resolve().parents[2]
NOBODY = bytes(34)
ANM = 10**9
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = 365 * DAY
GAS = 10_000_000


class Failed(Exception):
    """A call that did not succeed, with its reason; ``out of gas`` for that."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def person(name: str) -> bytes:
    """An address of a key that nobody has."""
    return b"\x10\x03" + sha3(name.encode())


@cache
def key(number: int) -> signing.PrivateKey:
    """A key that signs."""
    return signing.from_seed(bytes([number]) * 32)


@cache
def module_of(source: str) -> tree.Module:
    """The checked tree of a source."""
    return parse_and_check(source.encode())


def calldata(function: str, types: Iterable[str] = (), *values: Any) -> bytes:
    """The ABI array of a call, from the texts of its types."""
    return codec.encode_all([function, *values], [parse_type("str"), *map(parse_type, types)])


class Records(dict[RecordKey, bytes]):
    """The state, as a reader."""

    def get_many(self, records: Iterable[RecordKey]) -> dict[RecordKey, bytes]:
        """Those of the records that are there."""
        return {record: self[record] for record in records if record in self}


class World:
    """Accounts and contracts; ``time``, ``height`` and ``chain`` are the test's to set."""

    def __init__(self) -> None:
        self.time = 1_800_000_000_000
        self.height = 1_000
        self.chain = 1337
        self.records = Records()
        self.logs: tuple[receipt.Log, ...] = ()
        self.gas = 0
        self.deployed = 0

    # ------------------------------------------------------------------ money

    def balance(self, address: bytes) -> int:
        """Of an account, nANM."""
        return View(self.records).account(address).balance

    def fund(self, address: bytes, amount: int) -> None:
        """Make money."""
        view = View(self.records)
        view.credit(address, amount)
        self._keep(view)

    def total(self) -> int:
        """All the money there is."""
        return sum(
            accounts.Account.of_record(value).balance
            for (module, _), value in self.records.items()
            if module == accounts.MODULE
        )

    # ------------------------------------------------------------------ calls

    def deploy(self, name: str, *args: Any, by: bytes, value: int = 0) -> Contract:
        """Deploy a contract of the library."""
        source = (ROOT / "contracts" / f"{name}.py").read_text("ascii")
        return self.deploy_source(source, *args, by=by, value=value)

    def deploy_source(self, source: str, *args: Any, by: bytes, value: int = 0) -> Contract:
        """Deploy a source text."""
        module = module_of(source)
        init = [f for f in module.functions if f.name == "init"]
        types = [p.type for p in init[0].parameters] if init else []
        body = Deploy(source.encode("ascii"), codec.encode_all(args, types), value)
        self.deployed += 1
        address = self._transact(by, "deploy", body, self.deployed).ret
        assert address == of_contract(by, self.deployed)
        return Contract(self, address, module)

    def call(self, to: bytes, data: bytes, *, by: bytes, value: int) -> bytes:
        """Call in a transaction; the state changes if it succeeds, and it raises Failed if not."""
        return self._transact(by, "call", Call(to, data, value), 0).ret

    def view(self, to: bytes, data: bytes) -> bytes:
        """Call without a transaction, by nobody."""
        view = View(self.records)
        ended = read(view, self._setting(), sender=NOBODY, to=to, data=data, gas=GAS, static=True)
        return _good(ended).ret

    def _transact(self, by: bytes, kind: str, body: Body, nonce: int) -> Outcome:
        tx = UnsignedTx(
            chain=self.chain,
            kind=kind,
            sender=by,
            nonce=nonce,
            gas=GAS,
            max_fee=0,
            max_tip=0,
            body={},
        )
        view = View(self.records)
        self.logs = ()
        assert view.account(by).balance >= body.value
        ended = _good(body.run(view, tx, GAS, self._setting()))
        self.logs, self.gas = ended.logs, ended.gas
        self._keep(view)
        return ended

    def _setting(self) -> Setting:
        return Setting(height=self.height, time=self.time, chain=self.chain)

    def _keep(self, view: View) -> None:
        for record, value in view.changes()[0].items():
            if value is None:
                del self.records[record]
            else:
                self.records[record] = value

    # ------------------------------------------------------------------ failures

    @contextmanager
    def refused(self, reason: str) -> Iterator[None]:
        """What is inside has to fail for this reason and to change nothing."""
        before = dict(self.records)
        try:
            yield
        except Failed as failure:
            assert failure.reason == reason
        else:
            raise AssertionError(f"not refused: {reason}")
        assert self.records == before

    @contextmanager
    def allowing_failure(self) -> Iterator[None]:
        """What is inside may fail, by a reason of the contract's own."""
        try:
            yield
        except Failed as failure:
            assert not failure.reason.startswith("vm.")
            assert failure.reason != "out of gas"


def _good(ended: Outcome) -> Outcome:
    if ended.status == receipt.OUT_OF_GAS:
        raise Failed("out of gas")
    if ended.status != receipt.OK:
        raise Failed(ended.ret.decode())
    return ended


class Contract:
    """A deployed contract; its functions are methods, that take ``by`` and ``value``.

    Without ``by`` a function is called as a view, outside of any transaction.
    """

    def __init__(self, world: World, address: bytes, module: tree.Module) -> None:
        self.world = world
        self.address = address
        self._functions = {f.name: f for f in module.functions}
        self._events = {sha3(e.name.encode()): e for e in module.events}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self._functions.get(name)
        types = [p.type for p in function.parameters] if function else []
        result = function.result if function else NONE

        def run(*args: Any, by: bytes | None = None, value: int = 0) -> Any:
            return self._run(name, args, types, result, by, value)

        return run

    def _run(
        self,
        name: str,
        args: tuple[Any, ...],
        types: list[Type],
        result: Type,
        by: bytes | None,
        value: int,
    ) -> Any:
        if len(args) > len(types):
            types = [_type_of(arg) for arg in args]
        data = codec.encode_all([name, *args], [parse_type("str"), *types])
        if by is None:
            ret = self.world.view(self.address, data)
        else:
            ret = self.world.call(self.address, data, by=by, value=value)
        return codec.decode(ret, result) if result != NONE else None

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What this contract emitted in the last transaction: names and fields."""
        found = []
        for log in self.world.logs:
            if log.address == self.address:
                event = self._events[log.topics[0]]
                names, types = zip(*event.fields, strict=True)
                fields = (
                    codec.decode(log.data, Type("tuple", types))
                    if len(types) > 1
                    else (codec.decode(log.data, Type("list", types)))
                )
                found.append((event.name, dict(zip(names, fields, strict=True))))
        return found


def _type_of(value: Any) -> Type:
    """A type for an argument of a function that is not there."""
    kinds = {bool: "bool", int: "int", str: "str"}
    return parse_type(kinds.get(type(value), "bytes"))
