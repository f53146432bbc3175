"""Builtin functions, with their dynamic gas. Source: docs/spec/contracts.md, "Builtins"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.evaluator import bech32m
from tests.evaluator.arithmetic import ranged, size_cost
from tests.evaluator.frame import Frame, Reverted
from tests.evaluator.kinds import (
    ADDRESS_BYTES,
    BYTES,
    INT,
    MAX_ITEMS,
    STR,
    Type,
    bare,
    listed,
    weight,
)

_NUMBER = re.compile(r"-?[0-9]{1,77}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)


def call(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    """The result of the builtin that a node calls."""
    return _TABLE[node.name](m, node, words, named)


def _kind(node: Any, index: int = 0) -> Type:
    return bare(node.args[index].t)


def _textual(kind: Type) -> bool:
    return kind.name in ("bytes", "str")


def over_list(m: Frame, items: list[Any], item: Type) -> None:
    """Charge a walk over a list by min, max, sum, any or all."""
    texts = sum(weight(value, item) for value in items)
    m.charge(6 * len(items) + (texts if _textual(item) else 0))


def sort_cost(items: list[Any], item: Type) -> int:
    """What ordering a list costs."""
    count = len(items)
    bits = count.bit_length()
    total = 170 + count * bits * 4
    if _textual(item):
        total += sum(weight(value, item) for value in items) * bits // 4
    return total + (count * bits if item.name == "address" else 0)


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    def run(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
        if len(words) == 1:
            if not words[0]:
                raise Reverted("vm.value")
            over_list(m, words[0], _kind(node).args[0])
            return pick(words[0])
        m.charge(sum(weight(word, _kind(node)) for word in words))
        return pick(words)

    return run


def _sum(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    over_list(m, words[0], INT)
    return ranged(sum(words[0]))


def _sorted(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    items = words[0]
    m.charge(sort_cost(items, _kind(node).args[0]) + 8 * len(items) // 2)
    return sorted(items, reverse=named.get("reverse", False))


def _boolean(pick: Callable[..., Any]) -> Callable[..., Any]:
    def run(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
        m.charge(6 * len(words[0]))
        return pick(words[0])

    return run


def _divmod(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    if words[1] == 0:
        raise Reverted("vm.zero_division")
    quotient, rest = divmod(*words)
    return ranged(quotient), rest


def _pow(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    if words[1] < 0 or words[2] < 1:
        raise Reverted("vm.value")
    m.charge(words[1].bit_length() * (36 + words[2].bit_length() // 8))
    return pow(*words)


def _int(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    value = words[0]
    if _kind(node).name == "str":
        m.charge(70)
        if not _NUMBER.fullmatch(value):
            raise Reverted("vm.value")
    return ranged(int(value))


def _str(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    if _kind(node) == INT:
        m.charge(70)
    return str(words[0])


def _bytes(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    value = words[0]
    if _kind(node) == INT:
        if not 0 <= value <= MAX_ITEMS:
            raise Reverted("vm.value")
        m.charge(value // 2)
        return bytes(value)
    return size_cost(m, value, BYTES)


def _address(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    value = words[0]
    if _kind(node).name == "str":
        m.charge(10_000)
        value = bech32m.decode(value)
    if value is None or len(value) != ADDRESS_BYTES:
        raise Reverted("vm.value")
    return value


def _list(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    if _kind(node).name == "dict":
        m.charge(50 * len(words[0]))
        return list(words[0])
    return size_cost(m, list(words[0]), listed(_kind(node).args[0]))


def _dict(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    return size_cost(m, dict(words[0]), _kind(node))


def _from_bytes(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    m.charge(len(words[0]) // 4)
    flags = {item.arg: item.value.value for item in node.keywords}
    return ranged(int.from_bytes(words[0], node.args[1].value, signed=flags.get("signed", False)))


def _fromhex(m: Frame, node: Any, words: list[Any], named: dict[str, Any]) -> Any:
    text = words[0]
    if len(text) % 2:
        raise Reverted("vm.value")
    size_cost(m, text, STR)
    if not _HEX.fullmatch(text):
        raise Reverted("vm.value")
    return bytes.fromhex(text)


_TABLE: dict[str, Callable[..., Any]] = {
    "len": lambda m, node, words, named: len(words[0]),
    "abs": lambda m, node, words, named: ranged(abs(words[0])),
    "bool": lambda m, node, words, named: bool(words[0]),
    "min": _extreme(min),
    "max": _extreme(max),
    "sum": _sum,
    "sorted": _sorted,
    "any": _boolean(any),
    "all": _boolean(all),
    "divmod": _divmod,
    "pow": _pow,
    "int": _int,
    "str": _str,
    "bytes": _bytes,
    "address": _address,
    "list": _list,
    "dict": _dict,
    "from_bytes": _from_bytes,
    "fromhex": _fromhex,
}
