"""What an address page says of a contract, and calls of its functions by forms."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from chain import contracts
from chain.contracts import ContractCode
from chain.service import snapshot
from consensus import calls as running
from consensus.calls import Asked, Called
from core import cbor
from core.errors import EncodingRefused
from core.limits import ADDRESS_BYTES
from core.receipt import OK
from execution import reasons
from execution.abi import calls, codec, readings
from execution.abi.calls import signature
from execution.abi.readings import Reading, Value
from execution.abi.text import parse, show
from execution.lang.tree import Function, Stored
from explorer import format, highlight
from explorer.errors import NothingFound, TooManyReads
from explorer.frame import frame
from explorer.pages.read import Event
from pq import addresses

EVENT_ROWS = 10
READ_GAS = 10_000_000
"""Gas of one read by a form: about 50 ms of a core."""
READS_AT_ONCE = 2
_places = BoundedSemaphore(READS_AT_ONCE)
_TEXT_CHARACTERS = 2_000
_NOBODY = bytes(ADDRESS_BYTES)


@dataclass(frozen=True)
class Input:
    """A field of a form; ``name`` is its place among the arguments."""

    name: str
    label: str
    type: str
    optional: bool
    value: str = ""


@dataclass(frozen=True)
class Form:
    """A public function as a form."""

    function: Function
    signature: str
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Row:
    """A stored value with what it holds, or a map with the fields of its keys."""

    name: str
    type: str
    text: str | None = None
    keys: tuple[Input, ...] = ()


def context(address: bytes) -> dict[str, Any]:
    """The parts of an address page that only a contract has. Inside a snapshot."""
    code = contracts.code(address)
    if code is None:
        return {}
    face = code.face
    forms = [form(one, {}) for one in face.functions if one.public]
    events = [
        Event(line.log, readings.of_event(face, line.log), line)
        for line in contracts.newest_events(address, EVENT_ROWS)
    ]
    return {
        "contract": code,
        "address_text": addresses.to_text(address),
        "maker": contracts.maker(address),
        "reads": [one for one in forms if one.function.view],
        "writes": [one for one in forms if not one.function.view],
        "stored": _stored(code),
        "events": events,
        "source": highlight.html(code.source.decode("ascii")),
        "line_count": code.source.rstrip(b"\n").count(b"\n") + 1,
    }


def _stored(code: ContractCode) -> list[Row]:
    cells = [one for one in code.face.stored if not one.keys]
    found = contracts.slots(code.address, [_slot(one) for one in cells])
    rows = [Row(one.name, str(one.value), _text(one, found.get(_slot(one)))) for one in cells]
    maps = [one for one in code.face.stored if one.keys]
    return rows + [_map_row(one, {}) for one in maps]


def _map_row(stored: Stored, given: Mapping[str, str]) -> Row:
    keys = tuple(
        Input(f"k{place}", "key" if len(stored.keys) == 1 else f"key {place + 1}", str(of),
              optional=False, value=given.get(f"k{place}", ""))
        for place, of in enumerate(stored.keys)
    )  # fmt: skip
    kind = f"{', '.join(map(str, stored.keys))} → {stored.value}"
    return Row(stored.name, kind, keys=keys)


def _slot(stored: Stored, keys: Sequence[Any] = ()) -> bytes:
    """The bytes that are hashed; see docs/spec/contracts.md, "Storage"."""
    pairs = zip(keys, stored.keys, strict=True)
    return cbor.encode([stored.name, *(codec.to_plain(key, of) for key, of in pairs)])


def _text(cell: Stored, held: bytes | None) -> str:
    if held is None:
        return _short(show(codec.default(cell.value), cell.value))
    try:
        return _short(show(codec.decode(held, cell.value), cell.value))
    except EncodingRefused:  # only a damaged database holds what the contract cannot have stored
        return format.hex0x(held)


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_CHARACTERS else text[:_TEXT_CHARACTERS] + "…"


def form(function: Function, given: Mapping[str, str]) -> Form:
    """The form of a function, filled with what was given."""
    inputs = tuple(
        Input(f"a{place}", one.name, str(one.type), one.default, given.get(f"a{place}", ""))
        for place, one in enumerate(function.parameters)
    )
    return Form(function, signature(function), inputs)


def entry_context(text: str, given: Mapping[str, str]) -> dict[str, Any]:
    """An entry of a stored map, asked for by a form.

    Raises ``NothingFound``, ``ArgumentRefused`` and the ``EncodingRefused`` of bad addresses.
    """
    address = addresses.from_text(text)
    with snapshot():
        code = _contract(address)
        name = given.get("name", "")
        stored = next((one for one in code.face.stored if one.name == name and one.keys), None)
        if stored is None:
            raise NothingFound("the contract has no stored map of this name")
        row = _map_row(stored, given)
        values = [
            parse(one.value, of, one.label) for one, of in zip(row.keys, stored.keys, strict=True)
        ]
        return {
            "frame": frame(),
            "address": address,
            "address_text": addresses.to_text(address),
            "row": row,
            "asked": [
                Value(one.label, of, value)
                for one, of, value in zip(row.keys, stored.keys, values, strict=True)
            ],
            "held": _text(stored, contracts.slot(address, _slot(stored, values))),
        }


def _contract(address: bytes) -> ContractCode:
    code = contracts.code(address)
    if code is None:
        raise NothingFound("there is no contract at this address")
    return code


# ------------------------------------------------------------------ calls


def call_context(text: str, given: Mapping[str, str]) -> dict[str, Any]:
    """A function called by a form: the result of a view, or how to send a transaction.

    Raises ``NothingFound``, ``TooManyReads``, ``FunctionUnknown``, ``ArgumentRefused`` and the
    ``EncodingRefused`` of bad addresses.
    """
    address = addresses.from_text(text)
    with snapshot():
        code = _contract(address)
        function = calls.public_function(code.face, given.get("function", "")[:64])
        texts = _texts(function, given)
        values = calls.parse_arguments(function, texts)
        shown = {
            "frame": frame(),
            "address": address,
            "address_text": addresses.to_text(address),
            "form": form(function, given),
            "asked": Reading(function.name, _named(function, values)),
        }
        if not function.view:
            return {**shown, "command": command(address, function, texts, given.get("value", ""))}
        called = _read(address, calls.calldata(function, values))
        return {**shown, **_outcome(code, function, called)}


def _texts(function: Function, given: Mapping[str, str]) -> list[str]:
    """What the fields hold; empty fields at the end stand for defaults where there are any."""
    texts = [given.get(f"a{place}", "") for place in range(len(function.parameters))]
    while texts and not texts[-1].strip() and function.parameters[len(texts) - 1].default:
        texts.pop()
    return texts


def _named(function: Function, values: list[Any]) -> tuple[Value, ...]:
    pairs = zip(function.parameters, values, strict=False)
    return tuple(Value(one.name, one.type, value) for one, value in pairs)


def _read(address: bytes, data: bytes) -> Called:
    if not _places.acquire(blocking=False):
        raise TooManyReads(f"{READS_AT_ONCE} contracts are being read")
    try:
        return running.run(Asked(address, data, _NOBODY, gas=READ_GAS, static=True))
    finally:
        _places.release()


def _outcome(code: ContractCode, function: Function, called: Called) -> dict[str, Any]:
    outcome = called.outcome
    reason = outcome.ret.decode("utf-8", "replace") if outcome.status != OK else ""
    return {
        "called": called,
        "result": readings.of_result(function, outcome.ret) if outcome.status == OK else None,
        "failure": reasons.explain(outcome.status, reason),
    }


def command(address: bytes, function: Function, texts: list[str], value: str) -> str:
    """The command that sends this call as a transaction."""
    words = ["animica", "contract", "send", addresses.to_text(address), function.name, *texts]
    words += ["--from", "WALLET"]
    if function.payable and value.strip():
        words += ["--value", value.strip()]
    return shlex.join(words)
