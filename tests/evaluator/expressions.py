"""Expressions, walked and computed in the order of the language.

``run(m, v, node)`` gives the value of a node for the frame ``m`` and the locals ``v``.
"""

from __future__ import annotations

import ast
from typing import Any

from tests.evaluator import arithmetic, builtin_calls, methods, stdlib
from tests.evaluator.frame import Frame, Reverted
from tests.evaluator.kinds import bare
from tests.evaluator.modules import Function

Locals = dict[str, Any]


def run(m: Frame, v: Locals, node: Any) -> Any:
    """The value; ``vm.none`` where a T is needed and it is ``None``."""
    value = _NODES[type(node)](m, v, node)
    if value is None and node.narrow:
        raise Reverted("vm.none")
    return value


def run_all(m: Frame, v: Locals, nodes: list[Any]) -> list[Any]:
    """From left to right."""
    return [run(m, v, node) for node in nodes]


def _constant(m: Frame, v: Locals, node: Any) -> Any:
    return node.value


def _name(m: Frame, v: Locals, node: Any) -> Any:
    return v[node.id] if node.id in v else m.module.constants[node.id]


def _attribute(m: Frame, v: Locals, node: Any) -> Any:
    return stdlib.context(m, node.attr)


def _list(m: Frame, v: Locals, node: Any) -> Any:
    return run_all(m, v, node.elts)


def _tuple(m: Frame, v: Locals, node: Any) -> Any:
    return tuple(run_all(m, v, node.elts))


def _dict(m: Frame, v: Locals, node: Any) -> Any:
    pairs = [
        (run(m, v, key), run(m, v, item))
        for key, item in zip(node.keys, node.values, strict=True)
    ]  # fmt: skip
    m.charge(sum(20 + arithmetic.key_cost(key, bare(node.t).args[0]) for key, _ in pairs))
    return dict(pairs)


def _unary(m: Frame, v: Locals, node: Any) -> Any:
    value = run(m, v, node.operand)
    return not value if isinstance(node.op, ast.Not) else arithmetic.unary(node.op, value)


def _binary(m: Frame, v: Locals, node: Any) -> Any:
    left = run(m, v, node.left)
    right = run(m, v, node.right)
    return arithmetic.binary(m, node.op, node.left.t, left, right, False)


def _logic(m: Frame, v: Locals, node: Any) -> Any:
    wanted = isinstance(node.op, ast.And)
    return all(run(m, v, part) for part in node.values) if wanted else any(
        run(m, v, part) for part in node.values
    )  # fmt: skip


def _conditional(m: Frame, v: Locals, node: Any) -> Any:
    return run(m, v, node.body if run(m, v, node.test) else node.orelse)


def _compare(m: Frame, v: Locals, node: Any) -> Any:
    left_node, left = node.left, None
    if node.kinds[0] != "map":
        left = run(m, v, left_node)
    for op, how, right_node in zip(node.ops, node.kinds, node.comparators, strict=True):
        if how == "map":
            keys = _map_keys(m, v, left_node)
            held = stdlib.map_has(m, m.module.stored[right_node.id], keys)
            return held is isinstance(op, ast.In)
        right = run(m, v, right_node)
        if how in ("dict", "list", "part"):
            held = arithmetic.contains(m, how, left, bare(left_node.t), right)
            true = held is isinstance(op, ast.In)
        else:
            true = arithmetic.compare(m, op, how, left, left_node.t, right)
        if not true:
            return False
        left_node, left = right_node, right
    return True


def _map_keys(m: Frame, v: Locals, node: Any) -> list[Any]:
    several = isinstance(node, ast.Tuple)
    return run_all(m, v, node.elts) if several else [run(m, v, node)]


# ------------------------------------------------------------------ items


def place(m: Frame, v: Locals, node: Any) -> tuple[Any, Any]:
    """Container and index (or map and keys) of a subscript, each evaluated once."""
    if node.op == "map":
        return node.stored, run_all(m, v, node.keys)
    whole = run(m, v, node.value)
    return whole, run(m, v, node.slice)


def fetch(m: Frame, node: Any, whole: Any, index: Any) -> Any:
    """Read the item of a place."""
    if node.op == "map":
        return stdlib.map_get(m, whole, index)
    if node.op == "key":
        m.charge(arithmetic.key_cost(index, bare(node.value.t).args[0]))
        if index not in whole:
            raise Reverted("vm.key")
        return whole[index]
    if not -len(whole) <= index < len(whole):
        raise Reverted("vm.index")
    return whole[index]


def put(m: Frame, node: Any, whole: Any, index: Any, value: Any) -> None:
    """Write the item of a place."""
    if node.op == "map":
        stdlib.map_set(m, whole, index, value)
        return
    if node.op == "key":
        if index not in whole:
            arithmetic.sized(len(whole) + 1)
        m.charge(20 + arithmetic.key_cost(index, bare(node.value.t).args[0]))
    elif not -len(whole) <= index < len(whole):
        raise Reverted("vm.index")
    whole[index] = value


def _subscript(m: Frame, v: Locals, node: Any) -> Any:
    if node.op == "slice":
        whole = run(m, v, node.value)
        low, high = (
            None if part is None else run(m, v, part)
            for part in (node.slice.lower, node.slice.upper)
        )
        return arithmetic.cut(m, whole, bare(node.value.t), low, high)
    return fetch(m, node, *place(m, v, node))


# ------------------------------------------------------------------ calls


def _call(m: Frame, v: Locals, node: Any) -> Any:
    if node.op == "function":
        return _function(m, v, node)
    if node.op == "method":
        value = run(m, v, node.func.value)
        words, named = _words(m, v, node)
        return methods.call(m, node, value, words, named)
    words, named = _words(m, v, node)
    if node.op == "host":
        return stdlib.call(m, node, words, named)
    return builtin_calls.call(m, node, words, named)


def _words(m: Frame, v: Locals, node: Any) -> tuple[list[Any], dict[str, Any]]:
    """Arguments in the order of the text; types and the literals of ``order`` do not run."""
    words = [run(m, v, part) for part in node.args if hasattr(part, "t")]
    typed = (item for item in node.keywords if hasattr(item.value, "t"))
    return words, {item.arg: run(m, v, item.value) for item in typed}


def _function(m: Frame, v: Locals, node: Any) -> Any:
    words, named = _words(m, v, node)
    target: Function = node.target
    given = dict(zip(target.params, words, strict=False)) | named
    return invoke(m, target, target.defaults | given)


def invoke(m: Frame, target: Function, v: Locals) -> Any:
    """Run a function of the module with its parameters in ``v``."""
    from tests.evaluator import statements  # the two are one recursion

    before = m.static
    m.static = before or target.view
    try:
        return statements.run_function(m, target, v)
    finally:
        m.static = before


_NODES: dict[type, Any] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Dict: _dict,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _logic,
    ast.IfExp: _conditional,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
