"""Contracts: their code, what calls do, and bytes read by an interface."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from rpc.results.forms import AddressText, Hash, Hex
from rpc.results.state import StateProof


class ValueView(TypedDict):
    """A value of a contract.

    In JSON an int is decimal text, bytes are `0x…`, an address its text, a dict an array of pairs.
    """

    name: str
    type: str
    value: Any


class ReadingView(TypedDict):
    """A function with its arguments, or an event with its fields, by the contract's interface."""

    name: str
    values: list[ValueView]


class FailureView(TypedDict):
    """Why a call failed: the reason as the receipt has it, a sentence, and the next step."""

    reason: str
    sentence: str
    hint: str


class EventView(TypedDict):
    """One event as the receipt holds it; `reading` is null where no interface explains it."""

    address: AddressText
    topics: list[Hash]
    data: Hex
    reading: NotRequired[ReadingView | None]


class CallView(TypedDict):
    """What a call would do. `gasUsed` is without the intrinsic part of a transaction."""

    status: Literal[0, 1, 2]
    outcome: Literal["ok", "reverted", "outOfGas"]
    ret: Hex
    result: ValueView | None
    reason: str | None
    failure: FailureView | None
    gasUsed: int
    logs: list[EventView]
    height: int
    blockHash: Hash


class CodeView(TypedDict):
    """A contract's source with its hash and interface.

    `accountProof`, where it was asked for, proves that the account has the code hash; the source
    hashes to that.
    """

    address: AddressText
    hash: Hash
    source: str
    interface: dict[str, Any]
    height: int
    blockHash: Hash
    accountProof: NotRequired[StateProof]


class StorageView(TypedDict):
    """What a slot holds in ABI form, null at its default. `id` is that of the state's record."""

    id: Hex
    value: Hex | None
    height: int
    blockHash: Hash
    proof: NotRequired[StateProof]
