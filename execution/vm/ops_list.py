"""Operations on lists, and loops over them. Source: docs/spec/contracts.md, "Dynamic costs"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from execution.abi.weight import weight
from execution.lang.types import INT_MAX, SIZE_MOST, Type
from execution.vm.meter import Meter, bad_value, charge, charge_size, check_size, none, over
from execution.vm.ops_text import repeated
from execution.vm.outcome import Reverted

GROW_GAS = 20
"""``append``, ``insert``, a dict's ``d[k] = v``."""
PASS_GAS = 6
"""An item of a list that a builtin runs over."""


def check_index(at: int, count: int) -> None:
    """Refuse an index outside of a list of so many items."""
    if not -count <= at < count:
        raise Reverted("vm.index")


def add_to(m: Meter, x: list[Any], y: list[Any]) -> list[Any]:
    """``x += y``: changes x, as in Python."""
    count = len(x) + len(y)
    check_size(count)
    charge_size(m, list, count)
    x += y
    return x


def repeat_to(m: Meter, x: list[Any], count: int) -> list[Any]:
    """``x *= count``: changes x, as in Python."""
    length = repeated(x, count)
    charge_size(m, list, length)
    if length:
        x *= count
    else:
        x.clear()
    return x


def append(m: Meter, x: list[Any], item: Any) -> None:
    """``x.append(item)``."""
    check_size(len(x) + 1)
    charge(m, GROW_GAS)
    x.append(item)


def extend(m: Meter, x: list[Any], y: list[Any]) -> None:
    """``x.extend(y)``."""
    check_size(len(x) + len(y))
    charge_size(m, list, len(y))
    x.extend(y)


def insert(m: Meter, x: list[Any], at: int, item: Any) -> None:
    """``x.insert(at, item)``; a place beyond an end is that end."""
    count = len(x)
    check_size(count + 1)
    charge(m, GROW_GAS + (count >> 4))
    x.insert(max(-count, min(at, count)), item)


def pop_last(x: list[Any]) -> Any:
    """``x.pop()``; IndexError when it is empty."""
    return x.pop()


def pop_at(m: Meter, x: list[Any], at: int) -> Any:
    """``x.pop(at)``."""
    count = len(x)
    check_index(at, count)
    charge(m, count >> 4)
    return x.pop(at)


def delete_at(m: Meter, x: list[Any], at: int) -> None:
    """``del x[at]``."""
    check_index(at, len(x))
    charge(m, len(x) >> 4)
    del x[at]


def reverse(m: Meter, x: list[Any]) -> None:
    """``x.reverse()``."""
    charge(m, len(x) >> 3)
    x.reverse()


def clear(x: Any) -> None:
    """``x.clear()`` of a list or dict."""
    x.clear()


def _charge_item(m: Meter, of: Type, item: Any, x: list[Any]) -> None:
    if x:
        charge(m, (weight(item, of, m.gas) + 4) * len(x))


def within(m: Meter, of: Type, item: Any, x: list[Any]) -> bool:
    """``item in x``; ``of`` is the item's type."""
    _charge_item(m, of, item, x)
    return item in x


def index(m: Meter, of: Type, x: list[Any], item: Any) -> int:
    """``x.index(item)``."""
    _charge_item(m, of, item, x)
    try:
        return x.index(item)
    except ValueError:
        return bad_value()


def count(m: Meter, of: Type, x: list[Any], item: Any) -> int:
    """``x.count(item)``."""
    _charge_item(m, of, item, x)
    return x.count(item)


def every(m: Meter, x: list[bool]) -> bool:
    """``all(x)``."""
    charge(m, PASS_GAS * len(x))
    return all(x)


def some(m: Meter, x: list[bool]) -> bool:
    """``any(x)``."""
    charge(m, PASS_GAS * len(x))
    return any(x)


def unpack(x: Any, count: int) -> Any:
    """A list for so many targets."""
    if x is None:
        none()
    if len(x) != count:
        raise Reverted("vm.unpack")
    return x


def ranges(start: int, stop: int, step: int) -> range:
    """``range(start, stop, step)``."""
    return range(start, stop, step) if step else bad_value()


def numbered(x: list[Any], first: int) -> Iterator[tuple[int, Any]]:
    """``enumerate(x, first)``."""
    # A list never yields more than 65,536 items to one loop, whatever the loop does to it.
    return enumerate(x, first) if first <= INT_MAX - SIZE_MOST else _numbered(x, first)


def _numbered(x: list[Any], number: int) -> Iterator[tuple[int, Any]]:
    for item in x:
        if number > INT_MAX:
            over()
        yield number, item
        number += 1


def backwards(m: Meter, x: list[Any]) -> Iterator[Any]:
    """``reversed(x)``."""
    charge_size(m, list, len(x))
    return iter(reversed(x))


HELPERS = {
    "h_add_to": add_to,
    "h_repeat_to": repeat_to,
    "h_append": append,
    "h_extend": extend,
    "h_insert": insert,
    "h_pop_last": pop_last,
    "h_pop_at": pop_at,
    "h_delete_at": delete_at,
    "h_reverse": reverse,
    "h_clear": clear,
    "h_in_list": within,
    "h_list_index": index,
    "h_list_count": count,
    "h_all": every,
    "h_any": some,
    "h_unpack": unpack,
    "h_range": range,
    "h_range_by": ranges,
    "h_enumerate": numbered,
    "h_zip": zip,
    "h_reversed": backwards,
    "h_len": len,
}
