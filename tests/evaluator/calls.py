"""Types of the arguments and results of builtins, methods and the standard library.

Source: docs/spec/contracts.md, "Builtins", "Methods" and "Standard library".
"""

from __future__ import annotations

from typing import Any

from tests.evaluator import kinds
from tests.evaluator.kinds import (
    ADDRESS,
    BOOL,
    BYTES,
    CALL_RESULT,
    INT,
    NONE,
    STR,
    Type,
    listed,
    optional,
    tupled,
)

HOST: dict[str, tuple[tuple[Type, ...], Type]] = {
    "storage.get": ((BYTES,), BYTES),
    "storage.set": ((BYTES, BYTES), NONE),
    "storage.delete": ((BYTES,), NONE),
    "storage.has": ((BYTES,), BOOL),
    "abi.revert": ((STR,), NONE),
    "hash.sha3_256": ((BYTES,), BYTES),
    "hash.sha3_512": ((BYTES,), BYTES),
    "hash.sha256": ((BYTES,), BYTES),
    "hash.sha512": ((BYTES,), BYTES),
    "crypto.verify": ((ADDRESS, BYTES, BYTES, BYTES), BOOL),
    "context.gas_left": ((), INT),
    "treasury.balance": ((), INT),
    "treasury.transfer": ((ADDRESS, INT), NONE),
    "beacon.round": ((), INT),
    "beacon.random": ((INT, INT), BYTES),
    "syscalls.blob_pin": ((BYTES, BYTES), BYTES),
    "syscalls.ai_enqueue": ((BYTES, BYTES, INT), BYTES),
    "syscalls.quantum_enqueue": ((BYTES, INT, INT), BYTES),
    "syscalls.read_result": ((BYTES,), BYTES),
    "zk.verify": ((BYTES, BYTES, BYTES), BOOL),
}


def host(typer: Any, node: Any) -> Type:
    """A call ``module.name(…)`` of the standard library."""
    if node.name == "abi.encode":
        node.kinds = [typer.expr(part) for part in node.args]
        return BYTES
    if node.name == "abi.decode":
        typer.take(node.args[0], BYTES)
        node.kinds = [kinds.read(part) for part in node.args[1:]]
        return node.kinds[0] if len(node.kinds) == 1 else tupled(*node.kinds)
    if node.name == "abi.require":
        typer.condition(node.args[0])
        typer.take(node.args[1], STR)
        return NONE
    if node.name in ("abi.call", "abi.forward"):
        typer.take(node.args[0], ADDRESS)
        typer.take(node.args[1], STR if node.name == "abi.call" else BYTES)
        node.kinds = [typer.expr(part) for part in node.args[2:]]
        for item in node.keywords:
            typer.take(item.value, INT)
        return CALL_RESULT
    wanted, result = HOST[node.name]
    for part, kind in zip(node.args, wanted, strict=True):
        typer.take(part, kind)
    return result


def builtin(typer: Any, node: Any) -> Type:
    """A builtin function; ``from_bytes`` and ``fromhex`` are those of int and bytes."""
    if node.name == "from_bytes":
        typer.take(node.args[0], BYTES)
        return INT
    found = [typer.operand(part) for part in node.args]
    for item in node.keywords:
        typer.operand(item.value)
    first = found[0]
    match node.name:
        case "len" | "abs" | "sum" | "pow" | "int":
            return INT
        case "min" | "max":
            return first if len(found) > 1 else first.args[0]
        case "any" | "all" | "bool":
            return BOOL
        case "divmod":
            return tupled(INT, INT)
        case "str":
            return STR
        case "bytes" | "fromhex":
            return BYTES
        case "address":
            return ADDRESS
        case "list":
            return listed(first.args[0])
    assert node.name in ("sorted", "dict"), node.name
    return first


def method(typer: Any, node: Any, kind: Type) -> Type:
    """A method called on a value of type ``kind``."""
    name = node.name
    if kind.name == "int":
        if node.args:
            typer.take(node.args[0], INT)
        return BYTES if name == "to_bytes" else INT
    if kind.name in ("bytes", "str"):
        for part in node.args:
            typer.take(part, listed(kind) if name == "join" else kind)
        results = {
            "hex": STR, "decode": STR, "encode": BYTES, "join": kind, "find": INT, "count": INT,
        }  # fmt: skip
        return results.get(name, BOOL)
    return _of_list(typer, node, kind) if kind.name == "list" else _of_dict(typer, node, kind)


def _of_list(typer: Any, node: Any, kind: Type) -> Type:
    item = kind.args[0]
    wanted = {
        "append": (item,), "extend": (kind,), "insert": (INT, item), "pop": (INT,),
        "index": (item,), "count": (item,),
    }.get(node.name, ())  # fmt: skip
    for part, wants in zip(node.args, wanted, strict=False):
        typer.take(part, wants)
    for keyword in node.keywords:
        typer.take(keyword.value, BOOL)
    return {"pop": item, "index": INT, "count": INT, "copy": kind}.get(node.name, NONE)


def _of_dict(typer: Any, node: Any, kind: Type) -> Type:
    key, item = kind.args
    for part, wants in zip(node.args, (key, item), strict=False):
        typer.take(part, wants)
    match node.name:
        case "get":
            return item if len(node.args) == 2 else optional(item)
        case "pop":
            return item
        case "keys":
            return listed(key)
        case "values":
            return listed(item)
        case "items":
            return listed(tupled(key, item))
        case "copy":
            return kind
    return NONE
