"""A case: contracts, what is done with them one after the other, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core import cbor
from tests.evaluator.world import (
    Outcome,
    Transaction,
    Verify,
    World,
    contract_address,
    nobody_signed,
)

ME = b"\x10\x03" + b"\x11" * 32
OTHER = b"\x10\x02" + b"\x22" * 32
FUNDS = 10**12


def deployed(index: int) -> bytes:
    """The address of a case's contract: contract number n comes from nonce n."""
    return contract_address(ME, index)


@dataclass
class Step:
    """A deployment (``data``: init's arguments) or a call (``data``: calldata)."""

    kind: str
    contract: int
    data: bytes
    gas: int
    value: int = 0
    sender: bytes = ME
    access: dict[bytes, list[bytes]] = field(default_factory=dict)

    @classmethod
    def deploy(cls, contract: int, args: list[Any], gas: int, value: int = 0) -> Step:
        return cls("deploy", contract, cbor.encode(args), gas, value)

    @classmethod
    def call(
        cls,
        contract: int,
        words: list[Any],
        gas: int,
        value: int = 0,
        access: tuple[bytes, ...] = (),
    ) -> Step:
        announced: dict[bytes, list[bytes]] = {place: [] for place in access}
        return cls("call", contract, cbor.encode(words), gas, value, access=announced)

    def to_json(self) -> dict[str, Any]:
        form: dict[str, Any] = {"do": self.kind, "on": self.contract, "data": self.data.hex()}
        form |= {"gas": self.gas}
        if self.value:
            form["value"] = self.value
        if self.sender != ME:
            form["sender"] = self.sender.hex()
        if self.access:
            form["access"] = {
                place.hex(): [slot.hex() for slot in slots] for place, slots in self.access.items()
            }
        return form

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> Step:
        access = {
            bytes.fromhex(place): list(map(bytes.fromhex, slots))
            for place, slots in form.get("access", {}).items()
        }
        sender = bytes.fromhex(form.get("sender", ME.hex()))
        data = bytes.fromhex(form["data"])
        return cls(
            form["do"], form["on"], data, form["gas"], form.get("value", 0), sender, access
        )  # fmt: skip


@dataclass
class Case:
    name: str
    sources: list[str]
    steps: list[Step]


@dataclass
class Effect:
    """What one step came to: the outcome, its events, and what it wrote (after, by place)."""

    status: int
    ret: bytes
    used: int
    refund: int
    events: list[tuple[bytes, list[bytes], bytes]]
    writes: dict[tuple[bytes, bytes], bytes]
    moved: dict[bytes, int]


def run(case: Case, verify: Verify = nobody_signed) -> list[Effect]:
    """The effects of a case's steps, by the evaluator; ``verify`` judges signatures."""
    world = World()
    world.verify = verify
    world.balances = {ME: FUNDS, OTHER: FUNDS}
    return [_step(world, case, step) for step in case.steps]


def _step(world: World, case: Case, step: Step) -> Effect:
    slots, balances = dict(world.slots), dict(world.balances)
    tx = Transaction(step.sender, access=step.access)
    if step.kind == "deploy":
        source = case.sources[step.contract].encode("ascii")
        outcome = world.deploy(tx, step.contract, source, step.data, step.gas, step.value)
    else:
        outcome = world.call(tx, deployed(step.contract), step.data, step.gas, step.value)
    return effect(world, outcome, slots, balances)


def effect(world: World, outcome: Outcome, slots: Any, balances: Any) -> Effect:
    """What changed between two states of the world."""
    writes = {
        place: world.slots.get(place, b"")
        for place in sorted(slots.keys() | world.slots.keys())
        if slots.get(place, b"") != world.slots.get(place, b"")
    }
    moved = {
        who: world.balance(who) - balances.get(who, 0)
        for who in sorted(balances.keys() | world.balances.keys())
        if world.balance(who) != balances.get(who, 0)
    }
    refund = world.refund if outcome.ok else 0
    events = world.events if outcome.ok else []
    return Effect(outcome.status, outcome.ret, outcome.used, refund, events, writes, moved)
