"""Expressions to Python text: names, operators, comparisons, displays, subscripts.

One temporary ``t`` is enough: wherever it is set, nothing else is evaluated before it is read.
Each node adds at most four pairs of parentheses and a narrowing two, so that the 32 levels of the
language stay below the 200 of CPython. No operand is emitted twice.
Source: docs/spec/contracts.md, "Expressions".
"""

from __future__ import annotations

from execution.lang import tree
from execution.lang.types import INT, Type
from execution.vm.costs import is_scalar
from execution.vm.names import Emitter, Names

_SHIFT_MOST = 255
_ORDER = {"<": "h_lt", "<=": "h_le", ">": "h_gt", ">=": "h_ge"}


def literal(e: tree.Literal, n: Names) -> str:
    """A literal."""
    text = ascii(e.value)
    return f"({text})" if text.startswith("-") else text


def ranged(text: str) -> str:
    """An int that may leave the range on either side."""
    return f"(t if k_lo <= (t := {text}) <= k_hi else h_over())"


def capped(text: str) -> str:
    """An int that may leave the range above only."""
    return f"(t if (t := {text}) <= k_hi else h_over())"


def unary(e: tree.Unary, n: Names) -> str:
    """``-``, ``+`` or ``~``."""
    operand = n.expr(e.operand)
    if e.op == "+":
        return operand
    if e.op == "~":
        return f"(~{operand})"
    if isinstance(e.operand, tree.Literal):
        return f"(-{operand})"
    return capped(f"-{operand}")


def binary(e: tree.Binary, n: Names) -> str:
    """A binary operator."""
    left, right = n.expr(e.left), n.expr(e.right)
    if e.left.type == INT:
        return int_binary(e.op, left, right, e.right)
    return f"{'h_join_two' if e.op == '+' else 'h_repeat'}(m, {left}, {right})"


def int_binary(op: str, left: str, right: str, right_expr: tree.Expr) -> str:
    """An operator between ints, given as text; the right one's node shows a literal shift."""
    if op in ("+", "-", "*"):
        return ranged(f"{left} {op} {right}")
    if op == "//":
        return capped(f"{left} // {right}")
    if op in ("%", "&", "|", "^"):
        return f"({left} {op} {right})"
    if op == "**":
        return f"h_pow({left}, {right})"
    amount = right_expr.value if isinstance(right_expr, tree.Literal) else None
    if type(amount) is not int or not 0 <= amount <= _SHIFT_MOST:
        return f"{'h_shl' if op == '<<' else 'h_shr'}({left}, {right})"
    return ranged(f"{left} << {right}") if op == "<<" else f"({left} >> {right})"


# --- comparison -------------------------------------------------------------------------------


def _is_native(op: str, left: Type, right: Type) -> bool:
    if op in ("in", "not in"):
        return False
    return op.startswith("is") or (is_scalar(left) and is_scalar(right))


def _equal(left: str, right: str, of: Type, n: Names) -> str:
    return f"h_eq(m, {n.type(of)}, {left}, {right})"


def _contains(left: str, right: str, item: Type, whole: Type, n: Names) -> str:
    if whole.kind == "list":
        return f"h_in_list(m, {n.type(item)}, {left}, {right})"
    if whole.kind != "dict":
        return f"h_within(m, {left}, {right})"
    key = whole.args[0].kind
    if key in ("bytes", "str"):
        return f"h_in_dict(m, {left}, {right})"
    return f"(h_key({left}) in {right})" if key == "int" else f"({left} in {right})"


def _link(op: str, left: str, right: str, types: tuple[Type, Type], n: Names) -> str:
    """One comparison between two operands."""
    if _is_native(op, *types):
        word, what = ("is", "None") if op == "is None" else (op, right)
        if op == "is not None":
            word, what = "is not", "None"
        return f"({left} {word} {what})"
    if op in _ORDER:
        return f"{_ORDER[op]}(m, {left}, {right})"
    if op in ("==", "!="):
        text = _equal(left, right, types[0], n)
    else:
        text = _contains(left, right, *types, n)
    return f"(not {text})" if op in ("!=", "not in") else text


def compare(e: tree.Compare, n: Names) -> str:
    """A comparison or a chain of them, each operand once and only if it is reached."""
    links, left, left_type = [], n.expr(e.first), e.first.type
    for i, (op, operand) in enumerate(e.rest):
        right = n.expr(operand)
        kept = right if i == len(e.rest) - 1 else f"(t := {right})"
        links.append(_link(op, left, kept, (left_type, operand.type), n))
        left, left_type = "None" if op.startswith("is") else "t", operand.type
    return links[0] if len(links) == 1 else f"({' and '.join(links)})"


def stored_in(e: tree.StoredIn, n: Names) -> str:
    """``keys in map``."""
    text = f"{n.host('map.has')}(m, {n.stored(e.name)}, {n.packed(e.keys)})"
    return f"(not {text})" if e.negated else text


# --- logic ------------------------------------------------------------------------------------


def logic(e: tree.Logic, n: Names) -> str:
    """``and``, ``or``."""
    return f"({f' {e.op} '.join(map(n.expr, e.operands))})"


def negation(e: tree.Not, n: Names) -> str:
    """``not``."""
    return f"(not {n.expr(e.operand)})"


def truth(e: tree.Truth, n: Names) -> str:
    """Python's meaning of a value as a condition, as a bool."""
    return f"(not not {n.expr(e.operand)})"


def choice(e: tree.Choice, n: Names) -> str:
    """``then if test else other``."""
    return f"({n.expr(e.then)} if {n.expr(e.test)} else {n.expr(e.other)})"


def narrow(e: tree.Narrow, n: Names) -> str:
    """An optional that must not be None."""
    return f"(t if (t := {n.expr(e.operand)}) is not None else h_none())"


# --- displays and subscripts --------------------------------------------------------------------


def tuple_display(e: tree.TupleOf, n: Names) -> str:
    """``(a, b)``."""
    return n.packed(e.items)


def list_display(e: tree.ListOf, n: Names) -> str:
    """``[a, b]``."""
    return f"[{', '.join(map(n.expr, e.items))}]"


def dict_display(e: tree.DictOf, n: Names) -> str:
    """``{a: b}``."""
    if not e.pairs:
        return "{}"
    of = e.type.args[0]
    helper = "h_dict_text" if is_text(of) else "h_dict"
    return f"{helper}(m{''.join([f', {key(k, of, n)}, {n.expr(v)}' for k, v in e.pairs])})"


def is_text(of: Type) -> bool:
    """Does a dict key of the type cost by its length?"""
    return of.kind in ("bytes", "str")


def key(e: tree.Expr, of: Type, n: Names) -> str:
    """A dict's key in the form in which the dict has it."""
    text = n.expr(e)
    return f"h_key({text})" if of == INT else text


def subscript(e: tree.Index, n: Names) -> str:
    """``base[index]``."""
    if e.base.type.kind != "dict":
        return f"{n.expr(e.base)}[{n.expr(e.index)}]"
    of = e.base.type.args[0]
    base, index = n.expr(e.base), key(e.index, of, n)
    return f"h_dict_get(m, {base}, {index})" if is_text(of) else f"{base}[{index}]"


def part(e: tree.Slice, n: Names) -> str:
    """``base[start:stop]``."""
    start, stop = ("None" if bound is None else n.expr(bound) for bound in (e.start, e.stop))
    return f"h_part(m, {n.expr(e.base)}, {start}, {stop})"


def stored_item(e: tree.StoredItem, n: Names) -> str:
    """``map[keys]``."""
    return f"{n.host('map.get')}(m, {n.stored(e.name)}, {n.packed(e.keys)})"


EMITTERS: dict[type, Emitter] = {
    tree.Literal: literal,
    tree.Local: lambda e, n: f"v_{e.name}",
    tree.Constant: lambda e, n: n.constant(e.name),
    tree.Unary: unary,
    tree.Binary: binary,
    tree.Compare: compare,
    tree.StoredIn: stored_in,
    tree.Logic: logic,
    tree.Not: negation,
    tree.Truth: truth,
    tree.Choice: choice,
    tree.TupleOf: tuple_display,
    tree.ListOf: list_display,
    tree.DictOf: dict_display,
    tree.Index: subscript,
    tree.Slice: part,
    tree.StoredItem: stored_item,
    tree.Narrow: narrow,
}
