"""Does a value go where a type is needed? Source: docs/spec/contracts.md, "Types"."""

from __future__ import annotations

from execution.lang import syntax as s
from execution.lang import tree
from execution.lang.errors import SourceRefused
from execution.lang.names import refused
from execution.lang.types import NONE, Type

_HOW = {
    ("bool", "int"): "int(x) makes an int of a bool",
    ("int", "bool"): "compare it: x != 0",
    ("int", "str"): "str(n) makes text of an int",
    ("str", "int"): "int(s) reads an int",
    ("bytes", "str"): "b.decode() makes text, b.hex() shows hex digits",
    ("str", "bytes"): 's.encode() makes bytes; b"…" writes them',
    ("str", "address"): "address(s) reads an address",
    ("bytes", "address"): "address(b) makes an address of 34 bytes",
    ("address", "bytes"): "bytes(a) gives its 34 bytes",
    ("bytes", "int"): 'int.from_bytes(b, "big")',
    ("int", "bytes"): 'n.to_bytes(32, "big")',
}


def fit(value: tree.Expr, want: Type, at: s.Node) -> tree.Expr:
    """The value as one of the wanted type; a T | None is narrowed. Refuses what does not fit."""
    found = value.type
    if found == want:
        return value
    if want.kind == "optional" and found == want.args[0]:
        return value
    if found.kind == "optional" and found.args[0] == want:
        return tree.Narrow(value.line, want, value)
    raise mismatch(found, want, at)


def mismatch(found: Type, want: Type, at: s.Node) -> SourceRefused:
    """The refusal of a type where another is needed."""
    have = found.args[0] if found.kind == "optional" else found
    need = want.args[0] if want.kind == "optional" else want
    if found == NONE:
        instead = f"declare it as {want} | None, or give a value"
    elif have.kind == need.kind:
        instead = f"the types must be equal: make it {want} from the start"
    else:
        instead = _HOW.get((have.kind, need.kind), f"give a value of type {want}")
    return refused("type", at, f"{found} where {want} is needed", instead)


def narrow(value: tree.Expr) -> tree.Expr:
    """A T | None taken for a T; other values as they are."""
    if value.type.kind == "optional":
        return tree.Narrow(value.line, value.type.args[0], value)
    return value


def is_kept(value: tree.Expr) -> bool:
    """Is it a variable, or an item of one? A change of anything else would be lost."""
    while True:
        if isinstance(value, tree.Local):
            return True
        if isinstance(value, tree.Index):
            value = value.base
        elif isinstance(value, tree.Narrow):
            value = value.operand
        else:
            return False
