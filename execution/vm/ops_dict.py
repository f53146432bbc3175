"""Operations on dicts. Keys of ``dict[int, …]`` are packed by the caller (``h_key``).

KeyError stands for ``vm.key``. Source: docs/spec/contracts.md, "Dynamic costs".
"""

from __future__ import annotations

from sys import getsizeof
from typing import Any

from execution.abi.ints import pack_key, unpack_key
from execution.lang.types import SIZE_MOST
from execution.vm.meter import Meter, charge, charge_size, check_size
from execution.vm.ops_list import GROW_GAS

ITEMS_GAS = 50
ROOM_BASE, ROOM_EACH = 4_096, 256
"""Bytes that a dict may take before it is packed anew: more than CPython gives a growing one."""

Dict = dict[Any, Any]


def charge_key(m: Meter, key: Any) -> None:
    """What hashing and comparing a bytes or str key takes."""
    charge(m, len(key) >> 3)


def get(m: Meter, d: Dict, key: Any) -> Any:
    """``d[key]`` with a bytes or str key."""
    charge_key(m, key)
    return d[key]


def within(m: Meter, key: Any, d: Dict) -> bool:
    """``key in d`` with a bytes or str key."""
    charge_key(m, key)
    return key in d


def put(m: Meter, value: Any, d: Dict, key: Any) -> None:
    """``d[key] = value`` with an int or address key; in the order in which they are evaluated."""
    if len(d) >= SIZE_MOST and key not in d:
        check_size(SIZE_MOST + 1)
    charge(m, GROW_GAS)
    d[key] = value


def put_text(m: Meter, value: Any, d: Dict, key: Any) -> None:
    """``d[key] = value`` with a bytes or str key."""
    if len(d) >= SIZE_MOST and key not in d:
        check_size(SIZE_MOST + 1)
    charge(m, GROW_GAS + (len(key) >> 3))
    d[key] = value


def delete(d: Dict, key: Any) -> None:
    """``del d[key]``."""
    del d[key]
    _pack(d)


def delete_text(m: Meter, d: Dict, key: Any) -> None:
    """``del d[key]`` with a bytes or str key."""
    charge_key(m, key)
    delete(d, key)


def _pack(d: Dict) -> None:
    """Drop the holes that deleted items leave: loops over the dict would visit them."""
    if getsizeof(d) > ROOM_BASE + ROOM_EACH * len(d):
        items = list(d.items())
        d.clear()
        d.update(items)


def find(d: Dict, key: Any, default: Any) -> Any:
    """``d.get(key, default)``."""
    return d.get(key, default)


def find_text(m: Meter, d: Dict, key: Any, default: Any) -> Any:
    """``d.get(key, default)`` with a bytes or str key."""
    charge_key(m, key)
    return d.get(key, default)


def pop(d: Dict, key: Any, *default: Any) -> Any:
    """``d.pop(key[, default])``."""
    count = len(d)
    value = d.pop(key, *default)
    if len(d) < count and getsizeof(d) > ROOM_BASE:
        _pack(d)
    return value


def pop_text(m: Meter, d: Dict, key: Any, *default: Any) -> Any:
    """``d.pop(key[, default])`` with a bytes or str key."""
    charge_key(m, key)
    return pop(d, key, *default)


def display(m: Meter, *parts: Any) -> Dict:
    """A display: key, value, key, value, …"""
    charge(m, GROW_GAS * (len(parts) >> 1))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def display_text(m: Meter, *parts: Any) -> Dict:
    """A display with bytes or str keys."""
    charge(m, sum([len(key) >> 3 for key in parts[::2]]))
    return display(m, *parts)


def keys(m: Meter, d: Dict) -> list[Any]:
    """``list(d)``, ``d.keys()``, and what a loop over the dict runs over."""
    charge(m, ITEMS_GAS * len(d))
    return list(d)


def int_keys(m: Meter, d: Dict) -> list[int]:
    """``keys`` of a ``dict[int, …]``."""
    charge(m, ITEMS_GAS * len(d))
    return list(map(unpack_key, d))


def values(m: Meter, d: Dict) -> list[Any]:
    """``d.values()``."""
    charge_size(m, list, len(d))
    return list(d.values())


def items(m: Meter, d: Dict) -> list[tuple[Any, Any]]:
    """``d.items()``."""
    charge(m, ITEMS_GAS * len(d))
    return list(d.items())


def int_items(m: Meter, d: Dict) -> list[tuple[int, Any]]:
    """``d.items()`` of a ``dict[int, …]``."""
    charge(m, ITEMS_GAS * len(d))
    return list(zip(map(unpack_key, d), d.values(), strict=True))


HELPERS = {
    "h_key": pack_key,
    "h_dict_get": get,
    "h_in_dict": within,
    "h_put": put,
    "h_put_text": put_text,
    "h_del": delete,
    "h_del_text": delete_text,
    "h_find_key": find,
    "h_find_key_text": find_text,
    "h_pop": pop,
    "h_pop_text": pop_text,
    "h_dict": display,
    "h_dict_text": display_text,
    "h_keys": keys,
    "h_int_keys": int_keys,
    "h_values": values,
    "h_items": items,
    "h_int_items": int_items,
}
