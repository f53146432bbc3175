"""What a contract does to others: calls of contracts, payments, events.

Source: docs/spec/contracts.md, "Running".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from core import receipt
from core.hashing import sha3
from core.limits import DATA_BYTES, LOG_DATA_BYTES
from core.receipt import Log
from execution.lang.tree import Event
from execution.lang.types import BYTES, STR, Type
from execution.vm import forms, machine
from execution.vm.frame import Frame, charge, move, use_account
from execution.vm.outcome import Reverted
from pq import addresses

EVENTS_MOST = 256
CALL = 1_000
VALUE = 3_000
EVENT, TOPIC, EVENT_BYTE = 2_500, 700, 20
TOPICS_OF_FIELDS = 3
KEPT_PART = 64


def call(
    m: Frame,
    to: bytes,
    function: str,
    types: tuple[Type, ...],
    args: tuple[Any, ...],
    value: int,
    gas: int | None,
) -> tuple[bool, bytes]:
    """``abi.call``: did it succeed, and its result or reason."""
    types, args = (STR, *types), (function, *args)
    _begin(m, to, value, gas, types, args)
    data = forms.array([forms.encode(arg, of) for arg, of in zip(args, types, strict=True)])
    if len(data) > DATA_BYTES:
        raise Reverted("vm.size")
    return _enter(m, to, data, value, gas)


def forward(m: Frame, to: bytes, data: bytes, value: int, gas: int | None) -> tuple[bool, bytes]:
    """``abi.forward``: as ``call``, with calldata that was made elsewhere."""
    _begin(m, to, value, gas, (BYTES,), (data,))
    return _enter(m, to, data, value, gas)


def _begin(
    m: Frame,
    to: bytes,
    value: int,
    gas: int | None,
    types: tuple[Type, ...],
    args: tuple[Any, ...],
) -> None:
    """Refuse what is the caller's fault, and charge the call's own cost."""
    if value < 0 or (gas is not None and gas < 0):
        raise Reverted("vm.value")
    if m.static and value:
        raise Reverted("vm.static")
    use_account(m, to)
    charge(m, CALL + (VALUE if value else 0))
    forms.charge_weight(m, args, types)


def _enter(m: Frame, to: bytes, data: bytes, value: int, gas: int | None) -> tuple[bool, bytes]:
    """Run the callee with its part of the gas."""
    _check_balance(m, value)
    most = m.gas - m.gas // KEPT_PART
    given = most if gas is None else min(gas, most)
    m.gas -= given
    callee = Frame(given, m.running, to, m.this, value, m.static, m.depth + 1)
    ended = machine.call(callee, data)
    m.gas += ended.gas
    return ended.status == receipt.OK, ended.ret


def view_call(m: Frame, function: Callable[..., Any], *args: Any) -> Any:
    """Call a ``@view`` function of the module from one that is not; what it calls is static."""
    before, m.static = m.static, True
    result = function(m, *args)
    m.static = before
    return result


def balance(m: Frame) -> int:
    """``treasury.balance()``, nANM."""
    return m.running.account(m.this).balance


def transfer(m: Frame, to: bytes, amount: int) -> None:
    """``treasury.transfer``: pay nANM to the account of a key."""
    if m.static:
        raise Reverted("vm.static")
    if not addresses.is_key_address(to):
        raise Reverted("vm.recipient")
    if amount < 0:
        raise Reverted("vm.value")
    use_account(m, to)
    charge(m, VALUE if amount else 0)
    _check_balance(m, amount)
    move(m, m.this, to, amount)
    tracer = m.running.setting.tracer
    if tracer is not None:
        tracer.transfer(m, to, amount)


def _check_balance(m: Frame, amount: int) -> None:
    if amount > balance(m):
        raise Reverted("vm.balance")


def emit(m: Frame, event: Event, values: tuple[Any, ...]) -> None:
    """``E.emit(…)``; ``values`` are in the fields' order."""
    if m.static:
        raise Reverted("vm.static")
    logs = m.running.logs
    if len(logs) >= EVENTS_MOST:
        raise Reverted("vm.logs")
    types = [of for _, of in event.fields]
    topics = 1 + min(TOPICS_OF_FIELDS, len(types))
    charge(m, EVENT + TOPIC * topics)
    forms.charge_weight(m, values, types)
    encoded = [forms.encode(value, of) for value, of in zip(values, types, strict=True)]
    data = forms.array(encoded)
    if len(data) > LOG_DATA_BYTES:
        raise Reverted("vm.logs")
    charge(m, EVENT_BYTE * len(data))
    hashed = [sha3(form) for form in encoded[:TOPICS_OF_FIELDS]]
    log = Log(m.this, (_topic(event.name), *hashed), data)
    logs.append(log)
    tracer = m.running.setting.tracer
    if tracer is not None:
        tracer.event(m, log)


@lru_cache(maxsize=4096)
def _topic(name: str) -> bytes:
    return sha3(name.encode("ascii"))
