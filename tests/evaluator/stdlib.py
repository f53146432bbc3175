"""The standard library: storage, events, ABI, hashes and the world around a call.

Source: docs/spec/contracts.md, "Standard library" and "Dynamic costs".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from core import cbor
from core.hashing import sha3
from tests.evaluator import abi, costs
from tests.evaluator.arithmetic import sized
from tests.evaluator.frame import Frame, Reverted
from tests.evaluator.kinds import BYTES, STR, Type, default, density, tupled, weight
from tests.evaluator.modules import Event, Stored

MAX_KEY, MAX_STORED = 1_024, 16_384
MAX_CALLDATA = 65_536
MAX_EVENTS, MAX_EVENT_DATA = 256, 4_096
KEY_ALGORITHMS = (0x1003, 0x1002)


def call(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    """The result of the library function that a node calls."""
    family = node.name.split(".")[0]
    if family in ("beacon", "syscalls", "zk"):
        raise Reverted(f"vm.inactive: {family}")
    if family == "hash":
        m.charge(100 + 2 * len(words[0]))
        return hashlib.new(node.name.split(".")[1], words[0]).digest()
    return _TABLE[node.name](m, node, words, named)


def context(m: Frame, name: str) -> Any:
    """``context.name``."""
    if name in ("this", "sender", "value"):
        return getattr(m, name)
    return getattr(m.world.tx if name in ("origin", "txid") else m.world.block, name)


def _writes(m: Frame) -> None:
    if m.static:
        raise Reverted("vm.static")


# ------------------------------------------------------------------ slots


def _read(m: Frame, slot: bytes, kind: Type) -> Any:
    m.world.use_slot(m, slot)
    form = m.world.slot(m.this, slot)
    m.charge(costs.READ_BYTE[density(kind)] * len(form))
    return abi.decode(form, kind) if form else default(kind)


def _has(m: Frame, slot: bytes) -> bool:
    m.world.use_slot(m, slot)
    form = m.world.slot(m.this, slot)
    m.charge(costs.READ_BYTE[0] * len(form))
    return bool(form)


def _write(m: Frame, slot: bytes, value: Any, kind: Type) -> None:
    m.world.use_slot(m, slot)
    m.charge(weight(value, kind) * 8)
    form = b"" if value == default(kind) else abi.encode(value, kind)
    _store(m, slot, form)


def _delete(m: Frame, slot: bytes) -> None:
    m.world.use_slot(m, slot)
    _store(m, slot, b"")


def _store(m: Frame, slot: bytes, form: bytes) -> None:
    """Write the stored form, ``b""`` to delete, and pay for what that changes."""
    if len(form) > MAX_STORED:
        raise Reverted("vm.size")
    before = m.world.slot(m.this, slot)
    if form == before:
        return
    old, new = _slot_size(before), _slot_size(form)
    m.world.change_slot(m, slot, before, costs.GROWN_BYTE * max(new - old, 0))
    if not new:
        m.world.refund += costs.FREED_BYTE * old
    m.world.set_slot(m.this, slot, form)


def _slot_size(form: bytes) -> int:
    return costs.SLOT_FRAME + len(form) if form else 0


def _raw(m: Frame, key: bytes) -> bytes:
    if len(key) > MAX_KEY:
        raise Reverted("vm.size")
    m.charge(300 + len(key) // 2)
    return cbor.encode(key)


def _cell(stored: Stored) -> bytes:
    return cbor.encode([stored.name])


def _entry(m: Frame, stored: Stored, keys: list[Any]) -> bytes:
    m.charge(sum(map(weight, keys, stored.keys)) * 8 + 200 + 200 * len(keys))
    return cbor.encode([stored.name, *map(abi.plain, keys, stored.keys)])


def map_get(m: Frame, stored: Stored, keys: list[Any]) -> Any:
    """``m[keys]``."""
    return _read(m, _entry(m, stored, keys), stored.value)


def map_has(m: Frame, stored: Stored, keys: list[Any]) -> bool:
    """``keys in m``."""
    return _has(m, _entry(m, stored, keys))


def map_set(m: Frame, stored: Stored, keys: list[Any], value: Any) -> None:
    """``m[keys] = value``."""
    _writes(m)
    _write(m, _entry(m, stored, keys), value, stored.value)


def map_delete(m: Frame, stored: Stored, keys: list[Any]) -> None:
    """``del m[keys]``."""
    _writes(m)
    _delete(m, _entry(m, stored, keys))


def _cell_get(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    return _read(m, _cell(node.stored), node.stored.value)


def _cell_set(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    _writes(m)
    _write(m, _cell(node.stored), words[0], node.stored.value)


def _storage_get(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    return _read(m, _raw(m, words[0]), BYTES)


def _storage_has(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    return _has(m, _raw(m, words[0]))


def _storage_set(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    _writes(m)
    _write(m, _raw(m, words[0]), words[1], BYTES)


def _storage_delete(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    _writes(m)
    _delete(m, _raw(m, words[0]))


# ------------------------------------------------------------------ events


def _emit(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    event: Event = node.event
    given = dict(zip(event.fields, words, strict=False)) | named
    values, kinds = [given[name] for name in event.fields], list(event.fields.values())
    _writes(m)
    if len(m.world.events) >= MAX_EVENTS:
        raise Reverted("vm.logs")
    topics = [sha3(event.name.encode())]
    m.charge(2_500 + 700 * (1 + min(len(values), 3)) + sum(map(weight, values, kinds)) * 8)
    data = abi.encode_all(values, kinds)
    if len(data) > MAX_EVENT_DATA:
        raise Reverted("vm.logs")
    m.charge(20 * len(data))
    first = zip(values[:3], kinds, strict=False)
    topics += [sha3(abi.encode(value, kind)) for value, kind in first]
    m.world.events.append((m.this, topics, data))


# ------------------------------------------------------------------ abi


def _require(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    if not words[0]:
        raise Reverted(words[1])


def _revert(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    raise Reverted(words[0])


def _encode(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> bytes:
    kinds = node.kinds
    value, kind = (words[0], kinds[0]) if len(words) == 1 else (tuple(words), tupled(*kinds))
    m.charge(100 + weight(value, kind) * 12)
    data = abi.encode(value, kind)
    sized(len(data))
    return data


def _decode(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    kind = node.kinds[0] if len(node.kinds) == 1 else tupled(*node.kinds)
    m.charge(300 + (32, 80, 160)[density(kind)] * len(words[0]))
    try:
        return abi.decode(words[0], kind)
    except abi.Malformed:
        raise Reverted("vm.value") from None


def _call(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> tuple[bool, bytes]:
    to = words[0]
    value, gas = named.get("value", 0), named.get("gas")
    if value < 0 or (gas is not None and gas < 0):
        raise Reverted("vm.value")
    if m.static and value:
        raise Reverted("vm.static")
    m.world.use_account(m, to)
    m.charge(costs.CALL_BASE + (costs.PAY if value else 0))
    kinds = [BYTES] if node.name == "abi.forward" else [STR, *node.kinds]
    m.charge(8 * sum(map(weight, words[1:], kinds)))
    data = words[1] if node.name == "abi.forward" else abi.encode_all(words[1:], kinds)
    if len(data) > MAX_CALLDATA:
        raise Reverted("vm.size")
    if m.world.balance(m.this) < value:
        raise Reverted("vm.balance")
    most = m.gas - m.gas // 64
    given = most if gas is None else min(gas, most)
    outcome = m.world.enter(
        to, data, sender=m.this, value=value, gas=given, static=m.static, depth=m.depth + 1
    )
    m.gas -= outcome.used
    return outcome.ok, outcome.ret


# ------------------------------------------------------------------ the rest


def _verify(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> bool:
    signer, message, key, signature = words
    m.charge(costs.VERIFY.get(int.from_bytes(signer[:2], "big"), 0) + 2 * len(message))
    return m.world.verify(signer, message, key, signature)


def _balance(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> int:
    return m.world.balance(m.this)


def _transfer(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> None:
    to, amount = words
    _writes(m)
    if int.from_bytes(to[:2], "big") not in KEY_ALGORITHMS:
        raise Reverted("vm.recipient")
    if amount < 0:
        raise Reverted("vm.value")
    m.world.use_account(m, to)
    m.charge(costs.PAY if amount else 0)
    if m.world.balance(m.this) < amount:
        raise Reverted("vm.balance")
    m.world.move(m.this, to, amount)


def _gas_left(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> int:
    return m.gas


_TABLE: dict[str, Callable[..., Any]] = {
    "storage.get": _storage_get,
    "storage.set": _storage_set,
    "storage.delete": _storage_delete,
    "storage.has": _storage_has,
    "cell.get": _cell_get,
    "cell.set": _cell_set,
    "emit": _emit,
    "abi.require": _require,
    "abi.revert": _revert,
    "abi.encode": _encode,
    "abi.decode": _decode,
    "abi.call": _call,
    "abi.forward": _call,
    "crypto.verify": _verify,
    "treasury.balance": _balance,
    "treasury.transfer": _transfer,
    "context.gas_left": _gas_left,
}
