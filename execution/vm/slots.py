"""Stored values: where a slot's record is, and reading and writing it with its gas.

Every stored value is a record of module ``storage``, id = address ‖ H(slot), in its ABI form; a
type's default has no record. Source: docs/spec/contracts.md, "Storage".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from core import cbor
from core.hashing import sha3
from execution.abi import own
from execution.lang.tree import Stored
from execution.lang.types import BYTES, Type
from execution.vm import forms
from execution.vm.frame import COLD, STORAGE_MODULE, WARM, Frame, charge
from execution.vm.outcome import Reverted

RAW_KEY_BYTES = 1_024
STORED_BYTES = 16_384
READ_BYTE = (4, 48, 300)
"""By the ``Type.density`` of what is read."""
CHANGE, CHANGE_AGAIN = 3_000, 300
UNDO_BYTE, UNDO_FREE = 10, 100
"""What undo keeps of a changed slot costs as bytes of a block do; CHANGE pays for the first."""
GROWTH_BYTE, FREED_BYTE = 50, 25
SLOT_BYTES = 64
KEY, KEY_OF_MAP, RAW_KEY = 200, 200, 300


def cell_get(m: Frame, s: Stored) -> Any:
    """``x.get()`` of a stored value."""
    return _value(_read(m, cell_slot(s.name), s.value), s.value)


def cell_set(m: Frame, s: Stored, value: Any) -> None:
    """``x.set(value)`` of a stored value."""
    _check_writes(m)
    _write(m, cell_slot(s.name), value, s.value)


def map_get(m: Frame, s: Stored, keys: tuple[Any, ...]) -> Any:
    """``m[keys]`` of a stored map."""
    return _value(_read(m, _map_slot(m, s, keys), s.value), s.value)


def map_set(m: Frame, s: Stored, keys: tuple[Any, ...], value: Any) -> None:
    """``m[keys] = value`` of a stored map."""
    _check_writes(m)
    _write(m, _map_slot(m, s, keys), value, s.value)


def map_has(m: Frame, s: Stored, keys: tuple[Any, ...]) -> bool:
    """``keys in m``: is the entry not the default?"""
    return _read(m, _map_slot(m, s, keys), BYTES) is not None


def map_delete(m: Frame, s: Stored, keys: tuple[Any, ...]) -> None:
    """``del m[keys]`` of a stored map."""
    _check_writes(m)
    slot = _map_slot(m, s, keys)
    _change(m, slot, _use(m, slot), None)


def raw_get(m: Frame, key: bytes) -> bytes:
    """``storage.get(key)``."""
    value: bytes = _value(_read(m, _raw_slot(m, key), BYTES), BYTES)
    return value


def raw_set(m: Frame, key: bytes, value: bytes) -> None:
    """``storage.set(key, value)``."""
    _check_writes(m)
    _write(m, _raw_slot(m, key), value, BYTES)


def raw_has(m: Frame, key: bytes) -> bool:
    """``storage.has(key)``."""
    return _read(m, _raw_slot(m, key), BYTES) is not None


def raw_delete(m: Frame, key: bytes) -> None:
    """``storage.delete(key)``."""
    _check_writes(m)
    slot = _raw_slot(m, key)
    _change(m, slot, _use(m, slot), None)


# --- where ----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def cell_slot(name: str) -> bytes:
    """H(slot) of a stored value, 32 bytes."""
    return sha3(cbor.encode([name]))


def map_slot(s: Stored, keys: tuple[Any, ...]) -> bytes:
    """H(slot) of a stored map's entry, 32 bytes."""
    encoded = list(map(own.encode, keys, s.keys))
    return sha3(_map_head(s.name, len(encoded)) + b"".join(encoded))


@lru_cache(maxsize=4096)
def _map_head(name: str, keys: int) -> bytes:
    return cbor.array_head(1 + keys) + cbor.encode(name)


def raw_slot(key: bytes) -> bytes:
    """H(slot) of a raw key, 32 bytes."""
    return sha3(cbor.encode(key))


def _map_slot(m: Frame, s: Stored, keys: tuple[Any, ...]) -> bytes:
    charge(m, KEY + KEY_OF_MAP * len(keys))
    forms.charge_weight(m, keys, s.keys)
    return map_slot(s, keys)


def _raw_slot(m: Frame, key: bytes) -> bytes:
    if len(key) > RAW_KEY_BYTES:
        raise Reverted("vm.size")
    charge(m, RAW_KEY + len(key) // 2)
    return raw_slot(key)


# --- reading and writing --------------------------------------------------------------------


def _check_writes(m: Frame) -> None:
    if m.static:
        raise Reverted("vm.static")


def _use(m: Frame, slot: bytes) -> bytes | None:
    """The slot's stored form; its first use in the transaction costs more unless announced."""
    record, running = m.this + slot, m.running
    if record in running.slots:
        charge(m, WARM)
    else:
        charge(m, COLD)
        running.slots.add(record)
    return running.record(STORAGE_MODULE, record)


def _read(m: Frame, slot: bytes, of: Type) -> bytes | None:
    """The stored form, paid for as what becomes a value of the type."""
    stored = _use(m, slot)
    if stored is not None:
        charge(m, READ_BYTE[of.density] * len(stored))
    return stored


def _value(stored: bytes | None, of: Type) -> Any:
    return forms.default(of) if stored is None else forms.decode_own(stored, of)


def _write(m: Frame, slot: bytes, value: Any, of: Type) -> None:
    stored = _use(m, slot)
    forms.charge_weight(m, (value,), (of,))
    encoded = forms.encode(value, of)
    if len(encoded) > STORED_BYTES:
        raise Reverted("vm.size")
    _change(m, slot, stored, None if encoded == _default_form(of) else encoded)


def _default_form(of: Type) -> bytes:
    known: bytes | None = of.memo.get("default form")
    if known is None:
        known = of.memo["default form"] = forms.encode(forms.default(of), of)
    return known


def _change(m: Frame, slot: bytes, stored: bytes | None, encoded: bytes | None) -> None:
    if encoded == stored:
        return
    record, running = m.this + slot, m.running
    before, after = _size(stored), _size(encoded)
    change = CHANGE_AGAIN if record in running.changed else CHANGE + _undo(stored)
    charge(m, change + GROWTH_BYTE * max(0, after - before))
    running.changed.add(record)
    if encoded is None:
        running.refund += FREED_BYTE * before
    running.view.set(STORAGE_MODULE, record, encoded)


def _undo(stored: bytes | None) -> int:
    return UNDO_BYTE * max(0, len(stored or b"") - UNDO_FREE)


def _size(stored: bytes | None) -> int:
    return 0 if stored is None else SLOT_BYTES + len(stored)
