"""How the contract commands show calls, results and events: lines and JSON views."""

from __future__ import annotations

from typing import Any

from core import receipt
from core.receipt import Log
from execution import reasons
from execution.abi import codec
from execution.abi.calls import DecodedEvent, read_event, signature
from execution.abi.text import show, show_address, view
from execution.lang import tree
from execution.lang.types import NONE
from pq import addresses
from wallet.amounts import show_anm
from wallet.cli_views import cost_rows, from_row
from wallet.transactions import Draft


def contract_rows(name: str, draft: Draft, what: list[str]) -> list[str]:
    """What a deployment or call does and may cost, read from what is signed."""
    rows = [from_row(name, draft), *what]
    if draft.value:
        rows.append(f"Value    {show_anm(draft.value)}")
    return rows + cost_rows(draft)


def call_text(function: tree.Function, values: list[Any]) -> str:
    """``transfer(to=anim1…, amount=5)``."""
    rows = zip(function.parameters, values, strict=False)
    return f"{function.name}({', '.join(f'{p.name}={show(v, p.type)}' for p, v in rows)})"


def result_of(function: tree.Function, ret: bytes) -> Any:
    """The value in a successful call's ``ret``; None for a function without result.

    Raises ``AbiMalformed`` for a node that answers something else.
    """
    return None if function.result == NONE else codec.decode(ret, function.result)


def result_view(function: tree.Function, ret: bytes) -> Any:
    """The same as JSON values."""
    return None if function.result == NONE else view(result_of(function, ret), function.result)


def event_rows(module: tree.Module, contract: bytes, logs: tuple[Log, ...]) -> list[str]:
    """The events of a transaction: the contract's own by name, others raw."""
    rows = []
    for log in logs:
        event = read_event(module, log) if log.address == contract else None
        shown = f"0x{log.data.hex()} by {show_address(log.address)}" if event is None else event
        rows.append(f"Event    {shown}")
    return rows


def event_views(
    module: tree.Module, contract: bytes, logs: tuple[Log, ...]
) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [_event_view(read_event(module, g) if g.address == contract else None, g) for g in logs]


def _event_view(event: DecodedEvent | None, log: Log) -> dict[str, Any]:
    raw = {
        "address": addresses.to_text(log.address),
        "topics": ["0x" + topic.hex() for topic in log.topics],
        "data": "0x" + log.data.hex(),
    }
    if event is None:
        return raw
    fields = {name: view(value, of) for name, of, value in event.fields}
    return {"event": event.name, "fields": fields, **raw}


def failure(status: int, ret: bytes) -> tuple[str, str, str]:
    """Of a receipt that is not 0: the reason, a sentence, the next step."""
    reason = ret.decode("utf-8", "replace") if status == receipt.REVERTED else ""
    reason = "".join(char if char.isprintable() else "?" for char in reason)
    explained = reasons.explain(status, reason)
    assert explained is not None, "only failures are explained"
    return reason, explained.sentence, explained.hint


def interface_rows(module: tree.Module) -> list[str]:
    """The contract's face, for people."""
    rows = _first_line(module.documentation)
    for function in module.functions:
        if function.public or function.name == "init":
            marks = "".join(
                f" @{mark}"
                for mark, has in (("view", function.view), ("payable", function.payable))
                if has
            )
            rows.append(f"  {signature(function)}{marks}")
            rows += [f"      {line}" for line in _first_line(function.documentation)]
    for event in module.events:
        fields = ", ".join(f"{name}: {of}" for name, of in event.fields)
        rows.append(f"  event {event.name}({fields})")
    for stored in module.stored:
        keys = "".join(f"[{key}]" for key in stored.keys)
        rows.append(f"  stored {stored.name}{keys}: {stored.value}")
    return rows


def _first_line(documentation: str) -> list[str]:
    """A stranger's text: its first line, without what a terminal would obey."""
    lines = documentation.strip().splitlines()[:1]
    return ["".join(char if char.isprintable() else "?" for char in line) for line in lines]


def stored_value(value: bytes | None, stored: tree.Stored) -> tuple[Any, str]:
    """What a slot holds, as a JSON value and as text; the default for nothing.

    Raises ``AbiMalformed``.
    """
    found = codec.default(stored.value) if value is None else codec.decode(value, stored.value)
    return view(found, stored.value), show(found, stored.value)
