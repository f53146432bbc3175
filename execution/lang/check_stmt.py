"""Checking statements and the ways through them.

Source: docs/spec/contracts.md, "Types", "Flow", "Expressions".
"""

from __future__ import annotations

from collections.abc import Callable

from execution.lang import assignments, loops, tree
from execution.lang import items as item_checks
from execution.lang import syntax as s
from execution.lang.context import Context
from execution.lang.flow import FunctionScope, Loop, join
from execution.lang.names import refused
from execution.lang.types import NONE, STR


def body(cx: Context, nodes: list[s.Node]) -> tuple[tree.Statement, ...]:
    """Statements in a row."""
    function = _scope(cx)
    found: list[tree.Statement] = []
    for node in nodes:
        if function.assigned is None:
            raise refused(
                "flow", node, "this statement cannot be reached", "take it away, or what ends above"
            )
        found.append(_FORMS[type(node)](cx, node))
    return tuple(found)


def _scope(cx: Context) -> FunctionScope:
    assert cx.function is not None  # statements stand only in functions
    return cx.function


def _word(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.Word)
    function = _scope(cx)
    if node.word != "pass":
        if not function.loops:
            raise refused(
                "flow", node, f"`{node.word}` outside of a loop", "return leaves the function"
            )
        if node.word == "break":
            function.loops[-1].broken = True
        function.end()
    return tree.Simple(node.line, node.word)


def _return(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.Return)
    function = _scope(cx)
    result, name = function.signature.result, function.signature.name
    value = None
    if node.value is not None:
        if result == NONE:
            raise refused(
                "type",
                node.value,
                f"`{name}` returns nothing",
                f"`return` alone, or def {name}(…) -> type:",
            )
        value = cx.need(node.value, result)
    elif result != NONE:
        raise refused("type", node, f"`{name}` returns {result}", "return value")
    function.end()
    return tree.Return(node.line, value)


def _assert(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.Assert)
    test = cx.condition(node.test)
    reason = cx.need(node.reason, STR) if node.reason is not None else None
    return tree.Assert(node.line, test, reason)


def _delete(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.Delete)
    if isinstance(node.target, s.Name):
        raise refused(
            "unsupported", node.target, "`del` of a variable", "an item: del d[k]; or take it away"
        )
    target = item_checks.target(cx, node.target)
    if isinstance(target, tree.StoredItem):
        cx.writes(f"`del {target.name}[…]`", node)
    return tree.Delete(node.line, target)


def _evaluate(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.Evaluate)
    written = node.value
    while isinstance(written, s.Group):
        written = written.inner
    if not isinstance(written, s.Call):
        instead = "name = …, or a call"
        if isinstance(written, s.Comparison) and written.rest[0][0] == "==":
            instead = "= assigns"
        raise refused("flow", node, "a statement that does nothing", instead)
    value = cx.any(written)
    if isinstance(value, tree.Host) and value.name == "abi.revert":
        _scope(cx).end()
    return tree.Evaluate(node.line, value)


def _if(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.If)
    function = _scope(cx)
    ways: list[frozenset[str] | None] = []
    arms: list[tuple[tree.Expr, tuple[tree.Statement, ...]]] = []
    before = function.assigned
    for test, statements in node.arms:
        condition = cx.condition(test)
        arms.append((condition, body(cx, statements)))
        ways.append(function.assigned)
        function.assigned = before
    otherwise = body(cx, node.otherwise)
    ways.append(function.assigned)
    function.assigned = join(ways)
    return tree.If(node.line, tuple(arms), otherwise)


def _while(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.While)
    function = _scope(cx)
    test = cx.condition(node.test)
    before = function.assigned
    statements, loop = _loop_body(cx, node.body)
    endless = isinstance(test, tree.Literal) and test.value is True
    function.assigned = None if endless and not loop.broken else before
    return tree.While(node.line, test, statements)


def _loop_body(cx: Context, nodes: list[s.Node]) -> tuple[tuple[tree.Statement, ...], Loop]:
    function = _scope(cx)
    function.loops.append(Loop())
    found = body(cx, nodes)
    return found, function.loops.pop()


def _for(cx: Context, node: s.Node) -> tree.Statement:
    assert isinstance(node, s.For)
    function = _scope(cx)
    over, sources, item = loops.sources(cx, node.over)
    before = function.assigned
    targets, narrow = loops.targets(cx, node.target, item)
    statements, _ = _loop_body(cx, node.body)
    function.assigned = before
    return tree.For(node.line, targets, narrow, over, sources, statements)


_FORMS: dict[type, Callable[[Context, s.Node], tree.Statement]] = {
    s.Word: _word,
    s.Return: _return,
    s.Assert: _assert,
    s.Delete: _delete,
    s.Evaluate: _evaluate,
    s.If: _if,
    s.While: _while,
    s.For: _for,
    s.Assign: assignments.assign,
    s.Augment: assignments.augment,
}
