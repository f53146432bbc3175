"""Statements, with the static gas of each block charged where the block begins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from tests.evaluator import static
from tests.evaluator.arithmetic import binary, ranged, size_cost
from tests.evaluator.expressions import fetch, place, put, run, run_all
from tests.evaluator.frame import Frame, Reverted
from tests.evaluator.kinds import bare
from tests.evaluator.modules import Function
from tests.evaluator.stdlib import map_delete

Locals = dict[str, Any]


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


def run_function(m: Frame, target: Function, v: Locals) -> Any:
    """The function's result, ``None`` where it returns nothing."""
    try:
        suite(m, v, target.node.body)
    except _Return as returned:
        return returned.value
    return None


def suite(m: Frame, v: Locals, body: list[ast.stmt], first: int = 0) -> None:
    """Statements in order; ``first`` is charged along with the first block."""
    charges = static.blocks(body)
    m.charge(charges.get(0, 0) + first)
    for index, node in enumerate(body):
        if index:
            m.charge(charges.get(index, 0))
        if not static.documentation(node):
            _STATEMENTS[type(node)](m, v, node)


# ------------------------------------------------------------------ simple statements


def _expression(m: Frame, v: Locals, node: Any) -> None:
    run(m, v, node.value)


def _return(m: Frame, v: Locals, node: Any) -> None:
    raise _Return(None if node.value is None else run(m, v, node.value))


def _assert(m: Frame, v: Locals, node: Any) -> None:
    if not run(m, v, node.test):
        raise Reverted("vm.assert" if node.msg is None else run(m, v, node.msg))


def _delete(m: Frame, v: Locals, node: Any) -> None:
    target = node.targets[0]
    whole, index = place(m, v, target)
    if target.op == "map":
        map_delete(m, whole, index)
        return
    if target.op == "key":
        fetch(m, target, whole, index)
    else:
        fetch(m, target, whole, index)
        m.charge(len(whole) // 16)
    del whole[index]


def _annotated(m: Frame, v: Locals, node: Any) -> None:
    v[node.target.id] = run(m, v, node.value)


def _assign(m: Frame, v: Locals, node: Any) -> None:
    bind(m, v, node.targets[0], run(m, v, node.value))


def bind(m: Frame, v: Locals, target: Any, value: Any) -> None:
    """Give a value to a target, or the items of a value to several."""
    if isinstance(target, ast.Tuple):
        if len(value) != len(target.elts):
            raise Reverted("vm.unpack")
        for part, item in zip(target.elts, list(value), strict=True):
            bind(m, v, part, item)
        return
    if value is None and target.narrow:
        raise Reverted("vm.none")
    if isinstance(target, ast.Name):
        v[target.id] = value
    else:
        put(m, target, *place(m, v, target), value)


def _augmented(m: Frame, v: Locals, node: Any) -> None:
    target = node.target
    named = isinstance(target, ast.Name)
    where = (None, None) if named else place(m, v, target)
    old = v[target.id] if named else fetch(m, target, *where)
    if old is None:
        raise Reverted("vm.none")
    new = binary(m, node.op, target.t, old, run(m, v, node.value), True)
    if named:
        v[target.id] = new
    else:
        put(m, target, *where, new)


def _pass(m: Frame, v: Locals, node: Any) -> None:
    pass


def _break(m: Frame, v: Locals, node: Any) -> None:
    raise _Break


def _continue(m: Frame, v: Locals, node: Any) -> None:
    raise _Continue


# ------------------------------------------------------------------ compound statements


def _if(m: Frame, v: Locals, node: Any) -> None:
    while not run(m, v, node.test):
        if not _is_elif(node):
            if node.orelse:
                suite(m, v, node.orelse)
            return
        node = node.orelse[0]
        m.charge(static.STATIC["LOOP"] + static.condition(node.test))
    suite(m, v, node.body)


def _is_elif(node: ast.If) -> bool:
    """Does an ``elif`` follow (and not an ``if`` inside of an ``else``)?"""
    after = node.orelse
    return (
        len(after) == 1 and isinstance(after[0], ast.If) and after[0].col_offset == node.col_offset
    )


def _while(m: Frame, v: Locals, node: Any) -> None:
    while True:
        m.charge(static.while_test(node))
        if not run(m, v, node.test):
            return
        try:
            suite(m, v, node.body)
        except _Continue:
            continue
        except _Break:
            return


def _for(m: Frame, v: Locals, node: Any) -> None:
    turn = static.turn(node)
    for item in _turns(m, v, node.iter):
        charges = static.blocks(node.body)
        m.charge(charges.get(0, 0) + turn)
        bind(m, v, node.target, item)
        try:
            suite(m, v, node.body, -charges.get(0, 0))
        except _Continue:
            continue
        except _Break:
            return


def _turns(m: Frame, v: Locals, node: Any) -> Iterator[Any]:
    """The iterator of a loop, made when the loop begins."""
    if getattr(node, "op", "") != "loop":
        value = run(m, v, node)
        if node.over.name == "dict":
            m.charge(50 * len(value))
            return iter(list(value))
        return iter(value)
    words = run_all(m, v, node.args)
    match node.name:
        case "range":
            if len(words) == 3 and words[2] == 0:
                raise Reverted("vm.value")
            return iter(range(*words))
        case "enumerate":
            return _numbered(words[0], words[1] if len(words) > 1 else 0)
        case "zip":
            return zip(*words, strict=False)
    size_cost(m, words[0], bare(node.kinds[0]))
    return reversed(words[0])


def _numbered(items: list[Any], first: int) -> Iterator[Any]:
    for number, item in enumerate(items, first):
        yield ranged(number), item


_STATEMENTS: dict[type, Any] = {
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.AnnAssign: _annotated,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Pass: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
}
