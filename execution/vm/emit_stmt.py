"""Statements to Python text, each block behind its charge. Source: docs/spec/contracts.md, "Gas".

Temporaries: ``t`` inside expressions; ``t_0``, ``t_1``, … between the lines of one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from execution.lang import tree
from execution.lang.types import INT, Type
from execution.vm import costs
from execution.vm.emit_expr import int_binary, is_text, key
from execution.vm.lines import Lines
from execution.vm.names import Names


def function(f: tree.Function, n: Names, out: Lines) -> None:
    """``def f_name(m, v_parameter, …)``; the bounds of int come as locals, which are fastest."""
    parameters = "".join([f", v_{parameter.name}" for parameter in f.parameters])
    out.add(f.line, f"def f_{f.name}(m{parameters}, k_lo=k_lo, k_hi=k_hi):")
    n.in_view = f.view
    with out.indented():
        body(f.body, n, out)


def expression(name: str, e: tree.Expr, n: Names, out: Lines) -> None:
    """``def name(m)`` that gives the value of an expression, for its static and dynamic gas."""
    out.add(e.line, f"def {name}(m, k_lo=k_lo, k_hi=k_hi):")
    with out.indented():
        charge(e.line, costs.cost(e), out)
        out.add(e.line, f"return {n.expr(e)}")


def charge(line: int, gas: int, out: Lines) -> None:
    """The charge of a block."""
    out.add(line, f"m.gas -= {gas}", "if m.gas < 0: h_out()")


def body(
    statements: Sequence[tree.Statement],
    n: Names,
    out: Lines,
    turn: int = 0,
    checks: Sequence[str] = (),
) -> None:
    """The statements of one body.

    ``turn`` is what the first block of a ``for``'s body costs on top; ``checks`` are lines that
    come behind its charge.
    """
    at, first = 0, True
    while at < len(statements):
        end = at
        while end < len(statements) and costs.is_simple(statements[end]):
            end += 1
        row, rest = statements[at:end], statements[end : end + 1]
        gas = sum(map(costs.statement, row)) + sum(map(costs.head, rest)) + turn * first
        if gas:
            charge(statements[at].line, gas, out)
        if first and checks:
            out.add(statements[at].line, *checks)
        for s in row:
            _SIMPLE[type(s)](s, n, out)
        for s in rest:
            _COMPOUND[type(s)](s, n, out)
        at, first = end + 1, False


# --- compound ---------------------------------------------------------------------------------


ARMS_MOST = 32
"""More arms than this are written one behind the other: CPython nests each elif in the last."""


def _if(s: tree.If, n: Names, out: Lines) -> None:
    if len(s.arms) > ARMS_MOST:
        _if_of_many(s, n, out)
        return
    for i, (test, then) in enumerate(s.arms):
        # A block inside of the condition: nested ifs would go as deep as there are arms.
        block = f"h_block(m, {costs.arm(test)}) or " if i else ""
        out.add(test.line, f"{'elif' if i else 'if'} {block}{_test(test, n)}:")
        with out.indented():
            body(then, n, out)
    if s.otherwise:
        out.add(s.otherwise[0].line, "else:")
        with out.indented():
            body(s.otherwise, n, out)


def _if_of_many(s: tree.If, n: Names, out: Lines) -> None:
    """An ``if`` for each arm, and a mark that says that none has run yet."""
    open_ = f"t_if{out.depth}"
    out.add(s.line, f"{open_} = True")
    for i, (test, then) in enumerate(s.arms):
        block = f"{open_} and not h_block(m, {costs.arm(test)}) and " if i else ""
        out.add(test.line, f"if {block}{_test(test, n)}:")
        with out.indented():
            out.add(test.line, f"{open_} = False")
            body(then, n, out)
    if s.otherwise:
        out.add(s.otherwise[0].line, f"if {open_}:")
        with out.indented():
            body(s.otherwise, n, out)


def _while(s: tree.While, n: Names, out: Lines) -> None:
    out.add(s.line, "while True:")
    with out.indented():
        charge(s.line, costs.test(s), out)
        out.add(s.line, f"if not {_test(s.test, n)}: break")
        body(s.body, n, out)


def _test(e: tree.Expr, n: Names) -> str:
    """A condition where Python itself asks for the truth."""
    return n.expr(e.operand if isinstance(e, tree.Truth) else e)


def _for(s: tree.For, n: Names, out: Lines) -> None:
    names = ", ".join([f"v_{target.name}" for target in s.targets])
    many = len(s.targets) > 1
    item = s.sources[0].type
    checked = many and s.over in ("value", "reversed") and not _gives_tuples(item)
    out.add(s.line, f"for {'t_0' if checked else names} in {_over(s, n)}:")
    checks = [f"{names} = h_unpack(t_0, {len(s.targets)})"] if checked else []
    for target, narrow in zip(s.targets, s.narrow, strict=True):
        if narrow:
            checks.append(f"if v_{target.name} is None: h_none()")
    with out.indented():
        body(s.body, n, out, costs.turn(s), checks)


def _gives_tuples(of: Type) -> bool:
    return of.kind in ("list", "tuple") and of.args[0].kind == "tuple"


def _over(s: tree.For, n: Names) -> str:
    first = s.sources[0]
    sources = ", ".join(map(n.expr, s.sources))
    if s.over == "range":
        return f"{'h_range_by' if len(s.sources) == 3 else 'h_range'}({sources})"
    if s.over == "enumerate":
        return f"h_enumerate({sources}{', 0' if len(s.sources) == 1 else ''})"
    if s.over == "zip":
        return f"h_zip({sources})"
    if s.over == "reversed":
        return f"h_reversed(m, {sources})"
    if first.type.kind == "dict":
        return f"{'h_int_keys' if first.type.args[0] == INT else 'h_keys'}(m, {sources})"
    return sources


# --- simple -----------------------------------------------------------------------------------


def _store(target: tree.Target, value: str, n: Names) -> str:
    """``target = value``: the value is evaluated first, then the target's parts."""
    if isinstance(target, tree.Local):
        return f"v_{target.name} = {value}"
    if isinstance(target, tree.StoredItem):
        return _map_set(target.name, n.packed(target.keys), value, n)
    if target.base.type.kind == "dict":
        of = target.base.type.args[0]
        return _put(is_text(of), n.expr(target.base), key(target.index, of, n), value)
    return f"{n.expr(target.base)}[{n.expr(target.index)}] = {value}"


def _put(text: bool, base: str, index: str, value: str) -> str:
    return f"{'h_put_text' if text else 'h_put'}(m, {value}, {base}, {index})"


def _map_set(name: str, keys: str, value: str, n: Names) -> str:
    return f"h_set(m, {value}, {n.host('map.set')}, {n.stored(name)}, {keys})"


def _assign(s: tree.Assign, n: Names, out: Lines) -> None:
    out.add(s.line, _store(s.target, n.expr(s.value), n))


def _unpack(s: tree.Unpack, n: Names, out: Lines) -> None:
    value = n.expr(s.value)
    if s.value.type.kind != "tuple":
        value = f"h_unpack({value}, {len(s.targets)})"
    if not any(s.narrow) and all(isinstance(target, tree.Local) for target in s.targets):
        out.add(s.line, f"{', '.join(map(n.expr, s.targets))}, = {value}")
        return
    out.add(s.line, f"{', '.join([f't_{i}' for i in range(len(s.targets))])}, = {value}")
    for i, (target, narrow) in enumerate(zip(s.targets, s.narrow, strict=True)):
        if narrow:
            out.add(s.line, f"if t_{i} is None: h_none()")
        out.add(s.line, _store(target, f"t_{i}", n))


def _augment(s: tree.Augment, n: Names, out: Lines) -> None:
    """Target parts, old value, operand, each once and in this order; then the target is set."""
    value, target = n.expr(s.value), s.target
    if isinstance(target, tree.Local):
        name = f"v_{target.name}"
        out.add(s.line, f"{name} = {_changed(s, name, value)}")
        return
    if isinstance(target, tree.StoredItem):
        out.add(s.line, f"t_0 = {n.packed(target.keys)}")
        old = f"{n.host('map.get')}(m, {n.stored(target.name)}, t_0)"
        out.add(s.line, _map_set(target.name, "t_0", _changed(s, old, value), n))
        return
    of = target.base.type
    index = key(target.index, of.args[0], n) if of.kind == "dict" else n.expr(target.index)
    out.add(s.line, f"t_0 = {n.expr(target.base)}", f"t_1 = {index}")
    if of.kind != "dict":
        out.add(s.line, f"t_0[t_1] = {_changed(s, 't_0[t_1]', value)}")
        return
    text = is_text(of.args[0])
    old = "h_dict_get(m, t_0, t_1)" if text else "t_0[t_1]"
    out.add(s.line, _put(text, "t_0", "t_1", _changed(s, old, value)))


def _changed(s: tree.Augment, old: str, value: str) -> str:
    """The new value of an augmented target."""
    of = s.target.type
    if of == INT:
        return int_binary(s.op, old, value, s.value)
    if of.kind == "list":
        return f"{'h_add_to' if s.op == '+' else 'h_repeat_to'}(m, {old}, {value})"
    return f"{'h_join_two' if s.op == '+' else 'h_repeat'}(m, {old}, {value})"


def _delete(s: tree.Delete, n: Names, out: Lines) -> None:
    target = s.target
    if isinstance(target, tree.StoredItem):
        where = f"{n.stored(target.name)}, {n.packed(target.keys)}"
        out.add(s.line, f"{n.host('map.delete')}(m, {where})")
        return
    of, base = target.base.type, n.expr(target.base)
    if of.kind == "list":
        out.add(s.line, f"h_delete_at(m, {base}, {n.expr(target.index)})")
        return
    index = key(target.index, of.args[0], n)
    helper = "h_del_text(m, " if is_text(of.args[0]) else "h_del("
    out.add(s.line, f"{helper}{base}, {index})")


def _evaluate(s: tree.Evaluate, n: Names, out: Lines) -> None:
    call = s.value
    if isinstance(call, tree.Host) and call.name == "abi.require":
        test, reason = call.arguments
        if isinstance(reason, tree.Literal):  # nothing to evaluate before it is needed
            out.add(s.line, f"if not {_test(test, n)}: h_fail({n.expr(reason)})")
            return
    out.add(s.line, n.expr(call))


def _return(s: tree.Return, n: Names, out: Lines) -> None:
    out.add(s.line, "return" if s.value is None else f"return {n.expr(s.value)}")


def _assert(s: tree.Assert, n: Names, out: Lines) -> None:
    reason = "'vm.assert'" if s.reason is None else n.expr(s.reason)
    out.add(s.line, f"if not {_test(s.test, n)}: h_fail({reason})")


def _simple(s: tree.Simple, n: Names, out: Lines) -> None:
    out.add(s.line, s.word)


_Writer = Callable[[Any, Names, Lines], None]
_SIMPLE: dict[type, _Writer] = {
    tree.Assign: _assign,
    tree.Unpack: _unpack,
    tree.Augment: _augment,
    tree.Delete: _delete,
    tree.Evaluate: _evaluate,
    tree.Return: _return,
    tree.Assert: _assert,
    tree.Simple: _simple,
}
_COMPOUND: dict[type, _Writer] = {tree.If: _if, tree.While: _while, tree.For: _for}
