"""Equality, order, and the builtins that compare. Source: docs/spec/contracts.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from execution.abi.weight import TEXT, weigher_of_all
from execution.lang.types import ADDRESS, BYTES, INT, STR, Type
from execution.vm.meter import Meter, bad_value, charge, charge_size, charge_weight
from execution.vm.ops_int import ranged
from execution.vm.ops_list import PASS_GAS

SORT_BASE, SORT_GAS = 170, 4


def equal(m: Meter, of: Type, x: Any, y: Any) -> bool:
    """``x == y``; ``of`` is the type of x, whose weight bounds the walk through both."""
    charge_weight(m, x, of)
    return bool(x == y)


def _charge_text(m: Meter, x: Any) -> None:
    charge(m, TEXT + (len(x) >> (4 if type(x) is bytes else 2)))


def less(m: Meter, x: Any, y: Any) -> bool:
    """``x < y`` of bytes or str."""
    _charge_text(m, x)
    return bool(x < y)


def less_equal(m: Meter, x: Any, y: Any) -> bool:
    """``x <= y`` of bytes or str."""
    _charge_text(m, x)
    return bool(x <= y)


def greater(m: Meter, x: Any, y: Any) -> bool:
    """``x > y`` of bytes or str."""
    _charge_text(m, x)
    return bool(x > y)


def greater_equal(m: Meter, x: Any, y: Any) -> bool:
    """``x >= y`` of bytes or str."""
    _charge_text(m, x)
    return bool(x >= y)


def _charge_all(m: Meter, of: Type, items: Sequence[Any]) -> None:
    """Take the weights of all items."""
    charge(m, weigher_of_all(of)(items, m.gas))


def least(m: Meter, of: Type, items: Sequence[Any]) -> Any:
    """``min`` of arguments of one type."""
    _charge_all(m, of, items)
    return min(items)


def greatest(m: Meter, of: Type, items: Sequence[Any]) -> Any:
    """``max`` of arguments of one type."""
    _charge_all(m, of, items)
    return max(items)


def _charge_pass(m: Meter, of: Type, items: list[Any]) -> None:
    if not items:
        bad_value()
    charge(m, PASS_GAS * len(items))
    if of != INT:
        charge(m, weigher_of_all(of)(items, m.gas))


def least_in(m: Meter, of: Type, items: list[Any]) -> Any:
    """``min`` of a list; ``of`` is its items' type."""
    _charge_pass(m, of, items)
    return min(items)


def greatest_in(m: Meter, of: Type, items: list[Any]) -> Any:
    """``max`` of a list; ``of`` is its items' type."""
    _charge_pass(m, of, items)
    return max(items)


def total(m: Meter, items: list[int]) -> int:
    """``sum`` of a list."""
    charge(m, PASS_GAS * len(items))
    return ranged(sum(items))


def _charge_sort(m: Meter, of: Type, items: list[Any]) -> None:
    count = len(items)
    bits = count.bit_length()
    charge(m, SORT_BASE + count * bits * SORT_GAS)
    if of in (BYTES, STR):
        charge(m, weigher_of_all(of)(items, 4 * m.gas + 4) * bits >> 2)
    elif of == ADDRESS:
        charge(m, count * bits)


def sort(m: Meter, of: Type, items: list[Any], reverse: bool) -> None:
    """``items.sort(reverse=reverse)``; ``of`` is the items' type."""
    _charge_sort(m, of, items)
    items.sort(reverse=reverse)


def in_order(m: Meter, of: Type, items: list[Any], reverse: bool) -> list[Any]:
    """``sorted(items, reverse=reverse)``."""
    _charge_sort(m, of, items)
    charge_size(m, list, len(items))
    return sorted(items, reverse=reverse)


HELPERS = {
    "h_eq": equal,
    "h_lt": less,
    "h_le": less_equal,
    "h_gt": greater,
    "h_ge": greater_equal,
    "h_min": least,
    "h_max": greatest,
    "h_min_in": least_in,
    "h_max_in": greatest_in,
    "h_sum": total,
    "h_sort": sort,
    "h_sorted": in_order,
}
