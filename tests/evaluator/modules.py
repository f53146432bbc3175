"""A contract's source as what it declares, read with CPython's own parser.

The source is taken to be acceptable: what is refused is tested elsewhere.
Source: docs/spec/contracts.md, "The module".
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.evaluator import kinds
from tests.evaluator.kinds import NONE, Type

STDLIB = {
    "storage", "events", "abi", "hash", "crypto", "context", "treasury", "beacon", "syscalls", "zk",
}  # fmt: skip


@dataclass
class Stored:
    """``storage.cell`` (no keys) or ``storage.map``."""

    name: str
    keys: tuple[Type, ...]
    value: Type


@dataclass
class Event:
    name: str
    fields: dict[str, Type]


@dataclass
class Function:
    """One ``def``. ``defaults`` holds the values of the last parameters, by name."""

    name: str
    node: ast.FunctionDef
    params: dict[str, Type]
    result: Type
    view: bool
    payable: bool
    defaults: dict[str, Any] = field(default_factory=dict)
    locals: dict[str, Type] = field(default_factory=dict)

    @property
    def public(self) -> bool:
        return not self.name.startswith("_") and self.name != "init"

    def missing_defaults(self) -> Iterator[tuple[str, ast.expr]]:
        """Name and expression of each default."""
        given = self.node.args.defaults
        if given:
            yield from zip(list(self.params)[-len(given) :], given, strict=True)


@dataclass
class Module:
    source: bytes
    stored: dict[str, Stored] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    constant_nodes: list[tuple[str, ast.expr, Type | None]] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    constant_types: dict[str, Type] = field(default_factory=dict)


def parse(source: bytes) -> Module:
    """Declarations and functions; constants and types are not worked out yet."""
    module = Module(source)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            module.functions[node.name] = _function(node)
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
            assert isinstance(target, ast.Name)
            _declare(module, target.id, node.value, None)
        elif isinstance(node, ast.AnnAssign):
            assert isinstance(node.target, ast.Name) and node.value is not None
            _declare(module, node.target.id, node.value, kinds.read(node.annotation))
    return module


def count_tokens(source: bytes) -> int:
    """Tokens of the source, NEWLINE, INDENT, DEDENT and the end among them, comments not."""
    skipped = {tokenize.ENCODING, tokenize.COMMENT, tokenize.NL}
    found = tokenize.tokenize(io.BytesIO(source).readline)
    return sum(token.type not in skipped for token in found)


def host_name(node: ast.expr) -> str:
    """``storage.map`` of a call of it, ``""`` of anything that is no member of stdlib."""
    func = node.func if isinstance(node, ast.Call) else node
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        return f"{func.value.id}.{func.attr}" if func.value.id in STDLIB else ""
    return ""


def _declare(module: Module, name: str, value: ast.expr, kind: Type | None) -> None:
    declared = host_name(value)
    if not declared:
        module.constant_nodes.append((name, value, kind))
        return
    assert isinstance(value, ast.Call)
    if declared == "events.event":
        fields = {str(item.arg): kinds.read(item.value) for item in value.keywords}
        module.events[name] = Event(name, fields)
    else:
        *keys, item = map(kinds.read, value.args)
        module.stored[name] = Stored(name, tuple(keys), item)


def _function(node: ast.FunctionDef) -> Function:
    params = {arg.arg: kinds.read(arg.annotation) for arg in node.args.args if arg.annotation}
    marks = {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
    result = kinds.read(node.returns) if node.returns else NONE
    return Function(node.name, node, params, result, "view" in marks, "payable" in marks)
