"""A ledger in memory on which rows run, and the ABI form written from the specification alone."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.ports import RecordKey
from core.tx import UnsignedTx
from execution import accounts
from execution.accounts import Account
from execution.call import Call
from execution.deploy import Deploy
from execution.kinds import Outcome, Setting
from execution.view import View
from execution.vm.codes import CODES
from pq import addresses, signing
from tests.execution.vm.escapes.table import Escape, Of, Step

DEPLOY_GAS = 20_000_000
MONEY = 10**12
ALICE = signing.from_seed(bytes(32)).address
NAMED = {
    "alice": ALICE,
    "treasury": accounts.TREASURY,
    "aicf": accounts.AICF,
    "zero": bytes(34),
}


def head(major: int, argument: int) -> bytes:
    """The head of a CBOR item, as short as it can be."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for size, letter in ((0, "B"), (1, "H"), (2, "I"), (3, "Q")):
        if argument < 1 << (8 << size):
            return bytes([major << 5 | 24 + size]) + struct.pack(">" + letter, argument)
    raise ValueError(argument)


def form(value: Any) -> bytes:
    """The ABI form: ints in 32 bytes, dicts as sorted pairs, addresses are bytes."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return form(value.to_bytes(32, "big", signed=True))
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return head(3, len(raw)) + raw
    if isinstance(value, dict):
        pairs = sorted((form(name), form(held)) for name, held in value.items())
        return head(4, len(pairs)) + b"".join(b"\x82" + name + held for name, held in pairs)
    return head(4, len(value)) + b"".join(map(form, value))


class Nothing:
    """A reader of the empty state."""

    def get_many(self, records: Iterable[RecordKey]) -> dict[RecordKey, bytes]:
        return {}


@dataclass(frozen=True)
class Ran:
    """What a step came to, with all that it changed."""

    outcome: Outcome
    changes: dict[RecordKey, bytes | None]


class World:
    """Alice with money; what she deploys is known by name."""

    def __init__(self) -> None:
        self.view = View(Nothing())
        self.view.set_account(ALICE, Account(balance=MONEY))
        self.names = dict(NAMED)
        self._nonce = 0

    def deploy(self, name: str, source: str | bytes, arguments: tuple[Any, ...] = ()) -> Outcome:
        """Deploy under a name; a failure is raised."""
        code = source if isinstance(source, bytes) else source.encode()
        self.names[name] = addresses.of_contract(ALICE, self._nonce)
        body = Deploy(code, form(self.resolve(arguments)), 0)
        outcome = self._run(body, DEPLOY_GAS)
        if outcome.status:
            raise AssertionError(f"{name} is not deployed: {outcome.ret!r}")
        return outcome

    def fund(self, name: str, amount: int) -> None:
        """Give nANM to whom has the name."""
        self.view.credit(self.names[name], amount)

    def call(self, step: Step) -> Outcome:
        """Run a step on ``main``."""
        data = step.raw
        if data is None:
            data = form([step.function, *self.resolve(step.arguments)])
        return self._run(Call(self.names["main"], data, step.value), step.gas)

    def resolve(self, value: Any) -> Any:
        """The value with every ``Of`` replaced by the address."""
        if isinstance(value, Of):
            return self.names[value.name]
        if isinstance(value, list | tuple):
            return [self.resolve(item) for item in value]
        return value

    def _run(self, body: Deploy | Call, gas: int) -> Outcome:
        fields = {"value": 0}
        tx = UnsignedTx(
            chain=1337,
            kind="call",
            sender=ALICE,
            nonce=self._nonce,
            gas=gas,
            max_fee=1,
            max_tip=1,
            body=fields,
        )
        self._nonce += 1
        return body.run(self.view, tx, gas, Setting(height=7, time=1_000_000, chain=1337))


def play(escape: Escape, *, cold: bool) -> Ran | None:
    """All steps of a row on a ledger of its own; None when it has none.

    ``cold`` forgets every compiled program before each step. Raises AssertionError when something
    before the last step fails.
    """
    world = World()
    for name, source in escape.others.items():
        world.deploy(name, source)
    world.deploy("main", escape.source, escape.arguments)
    world.fund("main", escape.funds)
    outcome = None
    for step in escape.steps:
        assert outcome is None or outcome.status == 0, f"a step before failed: {outcome}"
        if cold:
            CODES.clear()
        outcome = world.call(step)
    return None if outcome is None else Ran(outcome, world.view.changes()[0])
