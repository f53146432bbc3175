"""Types of the local variables of a function, statement by statement in the order of the text."""

from __future__ import annotations

import ast
from typing import Any

from tests.evaluator import kinds
from tests.evaluator.infer import Typer
from tests.evaluator.kinds import INT, STR, Type, bare, tupled
from tests.evaluator.modules import Function, Module

LOOPS = ("range", "enumerate", "zip", "reversed")


def type_function(module: Module, function: Function) -> None:
    """Write types onto every node of the function and collect its locals."""
    typer = Typer(module, function)
    _suite(typer, function.node.body)
    function.locals = typer.locals


def documentation(node: ast.stmt) -> bool:
    """Is it a text that stands alone?"""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _suite(typer: Typer, body: list[ast.stmt]) -> None:
    for node in body:
        if not documentation(node):
            _STATEMENTS[type(node)](typer, node)


def _expression(typer: Typer, node: Any) -> None:
    typer.expr(node.value)


def _return(typer: Typer, node: Any) -> None:
    assert typer.function is not None
    if node.value is not None:
        typer.take(node.value, typer.function.result)


def _assert(typer: Typer, node: Any) -> None:
    typer.condition(node.test)
    if node.msg is not None:
        typer.take(node.msg, STR)


def _delete(typer: Typer, node: Any) -> None:
    typer.expr(node.targets[0])


def _annotated(typer: Typer, node: Any) -> None:
    kind = kinds.read(node.annotation)
    typer.locals[node.target.id] = kind
    node.target.narrow = False
    typer.take(node.value, kind)


def _assign(typer: Typer, node: Any) -> None:
    target = node.targets[0]
    if isinstance(target, ast.Tuple):
        bind_targets(typer, target, _unpacked(typer, target.elts, node.value))
        return
    kind = _known(typer, target)
    if kind is not None:
        typer.take(node.value, kind)
    else:
        typer.locals[target.id] = typer.expr(node.value)
    target.narrow = False


def _unpacked(typer: Typer, targets: list[Any], value: Any) -> Type:
    """The type of what several targets are given; items of a display are for their targets."""
    if not isinstance(value, ast.Tuple) or len(value.elts) != len(targets):
        return typer.operand(value)
    kinds = []
    for part, target in zip(value.elts, targets, strict=True):
        known = typer.locals.get(target.id) if isinstance(target, ast.Name) else None
        kinds.append(typer.take(part, known) if known else typer.expr(part))
    value.narrow, value.t = False, tupled(*kinds)
    return value.t


def _known(typer: Typer, target: Any) -> Type | None:
    """The type that a target has already."""
    if isinstance(target, ast.Name):
        return typer.locals.get(target.id)
    return typer.expr(target)


def bind_targets(typer: Typer, target: Any, kind: Type) -> None:
    """Targets of an unpacking: a value of type ``kind``, a tuple or a list, goes into them."""
    count = len(target.elts)
    items = kind.args if kind.name == "tuple" else kind.args * count
    for part, item in zip(target.elts, items, strict=True):
        _bind(typer, part, item)


def _bind(typer: Typer, target: Any, kind: Type) -> None:
    """One target; ``narrow`` on it says that the value is taken out of its ``| None``."""
    known = _known(typer, target)
    if known is None:
        typer.locals[target.id] = known = kind
    target.narrow = kind.name == "optional" and known.name != "optional"


def _augmented(typer: Typer, node: Any) -> None:
    target = node.target
    kind = typer.locals[target.id] if isinstance(target, ast.Name) else typer.expr(target)
    target.narrow = kind.name == "optional"
    target.t = kind
    left = bare(kind)
    repeat = isinstance(node.op, ast.Mult) and left != INT
    typer.operand(node.value, INT if repeat else left)


def _if(typer: Typer, node: Any) -> None:
    typer.condition(node.test)
    _suite(typer, node.body)
    _suite(typer, node.orelse)


def _while(typer: Typer, node: Any) -> None:
    typer.condition(node.test)
    _suite(typer, node.body)


def _for(typer: Typer, node: Any) -> None:
    item = _iterated(typer, node.iter)
    if isinstance(node.target, ast.Tuple):
        bind_targets(typer, node.target, bare(item))
    else:
        _bind(typer, node.target, item)
    _suite(typer, node.body)


def _iterated(typer: Typer, node: Any) -> Type:
    """What the loop's turns are given; ``node.op`` says how it runs."""
    node.narrow = False
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    if named and node.func.id in LOOPS and node.func.id not in typer.module.functions:
        node.op, node.name = "loop", node.func.id
        found = [typer.operand(part) for part in node.args]
        node.kinds = found
        match node.func.id:
            case "range":
                return INT
            case "enumerate":
                return tupled(INT, found[0].args[0])
            case "zip":
                return tupled(*(kind.args[0] for kind in found))
        return found[0].args[0]
    kind = typer.operand(node)
    node.over = kind
    return {"str": STR, "bytes": INT}.get(kind.name) or kind.args[0]


def _nothing(typer: Typer, node: Any) -> None:
    pass


_STATEMENTS: dict[type, Any] = {
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.AnnAssign: _annotated,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.Pass: _nothing,
    ast.Break: _nothing,
    ast.Continue: _nothing,
}
