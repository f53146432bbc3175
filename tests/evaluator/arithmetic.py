"""Operators on values, with their dynamic gas. Source: docs/spec/contracts.md, "Expressions"."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from tests.evaluator.frame import Frame, Reverted
from tests.evaluator.kinds import INT, INT_MAX, INT_MIN, MAX_ITEMS, Type, bare, size, weight

BITS = 256
SEARCHED, SEARCHED_FOR_SHORT, SHORT = 2_500, 30_000, 100


def ranged(value: int) -> int:
    """An int inside of its range, or ``vm.overflow``."""
    if not INT_MIN <= value <= INT_MAX:
        raise Reverted("vm.overflow")
    return value


def sized(count: int) -> None:
    """Refuse a bytes, str, list or dict that would be too long."""
    if count > MAX_ITEMS:
        raise Reverted("vm.size")


def _divided(run: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def checked(left: int, right: int) -> int:
        if right == 0:
            raise Reverted("vm.zero_division")
        return run(left, right)

    return checked


def _shifted(run: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def checked(left: int, right: int) -> int:
        if not 0 <= right < BITS:
            raise Reverted("vm.value")
        return run(left, right)

    return checked


def _power(left: int, right: int) -> int:
    if right < 0:
        raise Reverted("vm.value")
    if abs(left) > 1 and right > BITS:
        raise Reverted("vm.overflow")
    if left == -1:
        return -1 if right % 2 else 1
    return left if left in (0, 1) and right else left**right


_INT: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: _divided(operator.floordiv),
    ast.Mod: _divided(operator.mod),
    ast.Pow: _power,
    ast.LShift: _shifted(operator.lshift),
    ast.RShift: _shifted(operator.rshift),
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


def binary(m: Frame, op: ast.operator, kind: Type, left: Any, right: Any, place: bool) -> Any:
    """``left op right`` for a left side of type ``kind``; ``place``: an augmented assignment."""
    if bare(kind) == INT:
        return ranged(_INT[type(op)](left, right))
    joins = isinstance(op, ast.Add)
    count = len(left) + len(right) if joins else len(left) * max(right, 0)
    sized(count)
    unit = {"bytes": 1, "str": 4, "list": 8}[bare(kind).name]
    m.charge(unit * count // 2)
    if not joins:
        right = max(right, 0) if left else 0
    if place:
        return operator.iadd(left, right) if joins else operator.imul(left, right)
    return left + right if joins else left * right


def unary(op: ast.unaryop, value: int) -> int:
    """``-``, ``+`` or ``~``."""
    if isinstance(op, ast.USub):
        return ranged(-value)
    return ~value if isinstance(op, ast.Invert) else value


_ORDER: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compare(m: Frame, op: ast.cmpop, how: str, left: Any, kind: Type, right: Any) -> bool:
    """Equality and order; ``kind`` is the left side's type."""
    if how == "is":
        return (left is None) is isinstance(op, ast.Is)
    if how in ("deep", "text"):
        m.charge(weight(left, kind))
    return _ORDER[type(op)](left, right)


def contains(m: Frame, how: str, item: Any, kind: Type, whole: Any) -> bool:
    """``item in whole`` for a list, a dict, or bytes and str."""
    if how == "dict":
        m.charge(key_cost(item, kind))
    elif how == "list":
        m.charge((weight(item, kind) + 4) * len(whole))
    else:
        m.charge(search_cost(whole, item))
    return item in whole


def search_cost(whole: Any, part: Any) -> int:
    """What looking for a part of bytes or str costs."""
    limit = SEARCHED_FOR_SHORT if len(part) < SHORT else SEARCHED
    places = min(limit, max(0, len(whole) - len(part) + 1))
    return len(whole) // 2 + len(part) * 2 + len(part) * places // 8


def key_cost(key: Any, kind: Type) -> int:
    """What looking up a dict's key costs."""
    return len(key) // 8 if kind.name in ("bytes", "str") else 0


def cut(m: Frame, whole: Any, kind: Type, low: int | None, high: int | None) -> Any:
    """``whole[low:high]``."""
    first, last, _ = slice(low, high).indices(len(whole))
    count = max(last - first, 0)
    m.charge({"bytes": 1, "str": 4, "list": 8}[kind.name] * count // 2)
    return whole[first:last]


def size_cost(m: Frame, value: Any, kind: Type) -> Any:
    """Charge half the size of a result and hand it on."""
    m.charge(size(value, kind) // 2)
    return value
