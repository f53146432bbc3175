"""Methods of values, with their dynamic gas. Source: docs/spec/contracts.md, "Methods"."""

from __future__ import annotations

from typing import Any

from tests.evaluator.arithmetic import BITS, key_cost, search_cost, size_cost, sized
from tests.evaluator.builtin_calls import sort_cost
from tests.evaluator.frame import Frame, Reverted
from tests.evaluator.kinds import BYTES, STR, Type, listed, size, weight


def call(m: Frame, node: Any, value: Any, words: list[Any], named: dict[str, Any]) -> Any:
    """The result of a method on ``value``, whose type is ``node.on``."""
    kind = node.on
    if kind.name == "int":
        return _of_int(m, node, value, words)
    if kind.name in ("bytes", "str"):
        return _of_text(m, node.name, value, words, kind)
    if kind.name == "list":
        return _of_list(m, node.name, value, words, kind, named)
    return _of_dict(m, node.name, value, words, kind)


def _of_int(m: Frame, node: Any, value: int, words: list[Any]) -> Any:
    if node.name == "bit_length":
        return value.bit_length()
    signed = any(item.value.value for item in node.keywords)
    count = words[0]
    if not 0 <= count <= BITS:
        raise Reverted("vm.value")
    try:
        data = value.to_bytes(count, node.args[1].value, signed=signed)
    except OverflowError:
        raise Reverted("vm.value") from None
    return size_cost(m, data, BYTES)


def _of_text(m: Frame, name: str, value: Any, words: list[Any], kind: Type) -> Any:
    if name == "join":
        return _joined(m, value, words[0], kind)
    if name == "hex":
        sized(2 * len(value))
        return size_cost(m, value.hex(), STR)
    if name == "encode":
        data = size_cost(m, value, STR).encode()
        sized(len(data))
        return data
    if name == "decode":
        size_cost(m, value, BYTES)
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Reverted("vm.value") from None
    part = words[0]
    whole = name in ("find", "count")
    m.charge(search_cost(value, part) if whole else len(part) // 4)
    return getattr(value, name)(part)


def _joined(m: Frame, between: Any, items: list[Any], kind: Type) -> Any:
    count = sum(map(len, items)) + len(between) * max(len(items) - 1, 0)
    sized(count)
    m.charge({"bytes": 1, "str": 4}[kind.name] * count // 2 + 10 * len(items))
    return between.join(items)


def _of_list(
    m: Frame, name: str, value: list[Any], words: list[Any], kind: Type, named: dict[str, Any]
) -> Any:
    item = kind.args[0]
    match name:
        case "append" | "insert":
            sized(len(value) + 1)
            m.charge(20 + (len(value) // 16 if name == "insert" else 0))
            if name == "insert":  # Python clips, but not what is wider than a machine word
                words = [max(min(words[0], len(value)), -len(value)), words[1]]
        case "extend":
            sized(len(value) + len(words[0]))
            m.charge(size(words[0], kind) // 2)
        case "pop":
            index = words[0] if words else -1
            if not -len(value) <= index < len(value):
                raise Reverted("vm.index")
            m.charge(len(value) // 16 if words else 0)
        case "index" | "count":
            m.charge((weight(words[0], item) + 4) * len(value))
            if name == "index" and words[0] not in value:
                raise Reverted("vm.value")
        case "sort":
            m.charge(sort_cost(value, item))
        case "reverse":
            m.charge(len(value) // 8)
        case "copy":
            m.charge(size(value, kind) // 2)
    return getattr(value, name)(*words, **named)


def _of_dict(m: Frame, name: str, value: dict[Any, Any], words: list[Any], kind: Type) -> Any:
    key, item = kind.args
    match name:
        case "get" | "pop":
            m.charge(key_cost(words[0], key))
            if name == "pop" and len(words) == 1 and words[0] not in value:
                raise Reverted("vm.key")
        case "values":
            return size_cost(m, list(value.values()), listed(item))
        case "keys" | "items":
            m.charge(50 * len(value))
            return list(getattr(value, name)())
        case "copy":
            m.charge(size(value, kind) // 2)
    return getattr(value, name)(*words)
