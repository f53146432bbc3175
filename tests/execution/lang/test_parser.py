"""The parser against CPython's: the same nesting of the same operators, the same literals."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from execution.lang import parser
from execution.lang import syntax as s
from execution.lang.errors import SourceRefused

OPS = {
    *((ast.Add, "+"), (ast.Sub, "-"), (ast.Mult, "*"), (ast.FloorDiv, "//"), (ast.Mod, "%")),
    *((ast.Pow, "**"), (ast.LShift, "<<"), (ast.RShift, ">>"), (ast.BitAnd, "&"), (ast.BitOr, "|")),
    *((ast.BitXor, "^"), (ast.Eq, "=="), (ast.NotEq, "!="), (ast.Lt, "<"), (ast.LtE, "<=")),
    *((ast.Gt, ">"), (ast.GtE, ">="), (ast.In, "in"), (ast.NotIn, "not in"), (ast.Is, "is")),
    *((ast.IsNot, "is not"), (ast.USub, "-"), (ast.UAdd, "+"), (ast.Invert, "~"), (ast.Not, "not")),
    *((ast.And, "and"), (ast.Or, "or")),
}
OPS = dict(OPS)


def ours(node):  # noqa: C901
    """Our syntax as nested tuples."""
    match node:
        case None:
            return None
        case s.Name():
            return ("name", node.text)
        case s.Value():
            return ("value", type(node.value).__name__, node.value)
        case s.Group():
            return ours(node.inner)
        case s.Attribute():
            return ("attribute", ours(node.base), node.name)
        case s.Call():
            given = [(a.name, ours(a.value)) for a in node.arguments]
            return ("call", ours(node.function), given)
        case s.Subscript():
            return ("item", ours(node.base), ours(node.index))
        case s.Cut():
            return ("cut", ours(node.base), ours(node.start), ours(node.stop))
        case s.Prefix():
            return ("prefix", node.op, ours(node.operand))
        case s.Operation():
            return ("operation", node.op, ours(node.left), ours(node.right))
        case s.Comparison():
            rest = [(op, ours(right)) for op, right in node.rest]
            return ("comparison", ours(node.first), rest)
        case s.Logic():
            return ("logic", node.op, [ours(each) for each in node.operands])
        case s.Conditional():
            return ("conditional", ours(node.test), ours(node.then), ours(node.other))
        case s.Row():
            return ("row", [ours(each) for each in node.items])
        case s.ListDisplay():
            return ("list", [ours(each) for each in node.items])
        case s.DictDisplay():
            return ("dict", [(ours(key), ours(value)) for key, value in node.pairs])
        case _:
            raise TypeError(type(node))


def theirs(node):  # noqa: C901
    """CPython's tree in the same form."""
    match node:
        case None:
            return None
        case ast.Name():
            return ("name", node.id)
        case ast.Constant():
            return ("value", type(node.value).__name__, node.value)
        case ast.Attribute():
            return ("attribute", theirs(node.value), node.attr)
        case ast.Call():
            given = [("", theirs(a)) for a in node.args]
            given += [(k.arg, theirs(k.value)) for k in node.keywords]
            return ("call", theirs(node.func), given)
        case ast.Subscript(slice=ast.Slice() as cut):
            assert cut.step is None
            return ("cut", theirs(node.value), theirs(cut.lower), theirs(cut.upper))
        case ast.Subscript():
            return ("item", theirs(node.value), theirs(node.slice))
        case ast.UnaryOp():
            return ("prefix", OPS[type(node.op)], theirs(node.operand))
        case ast.BinOp():
            return ("operation", OPS[type(node.op)], theirs(node.left), theirs(node.right))
        case ast.Compare():
            pairs = zip(node.ops, node.comparators, strict=True)
            rest = [(OPS[type(op)], theirs(right)) for op, right in pairs]
            return ("comparison", theirs(node.left), rest)
        case ast.BoolOp():
            return ("logic", OPS[type(node.op)], [theirs(each) for each in node.values])
        case ast.IfExp():
            return ("conditional", theirs(node.test), theirs(node.body), theirs(node.orelse))
        case ast.Tuple():
            return ("row", [theirs(each) for each in node.elts])
        case ast.List():
            return ("list", [theirs(each) for each in node.elts])
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return ("dict", [(theirs(key), theirs(value)) for key, value in pairs])
        case _:
            raise TypeError(type(node))


def statement_of(text: str):
    """The one statement of a function with this line, parsed by us."""
    (part,) = parser.parse(f"def f():\n    {text}\n".encode()).parts
    return part.body[0]


def same(text: str) -> None:
    """Both read the expression alike."""
    found = statement_of(f"v = {text}").value
    assert ours(found) == theirs(ast.parse(f"v = {text}").body[0].value), text


PIECES = st.sampled_from(
    [
        *("a", "b", "f", "1", "0x1f", "'s'", "b'b'", "None", "True", "(", ")", "[", "]", "{", "}"),
        *("+", "-", "*", "//", "%", "**", "<<", ">>", "&", "|", "^", "~", ",", ":", ".", "="),
        *("<", "<=", ">", ">=", "==", "!=", "in", "is", "not", "and", "or", "if", "else"),
    ]
)


def expressions():
    """Expressions of every form, with few parentheses, so that binding strengths matter."""
    leaves = st.sampled_from(["a", "b", "1", "'s'", "None", "()", "[]", "{}"])
    binary = [op for op in OPS.values() if op not in ("~", "not")]

    def grown(inner):
        return st.one_of(
            st.tuples(inner, st.sampled_from(binary), inner).map(" ".join),
            st.tuples(st.sampled_from(["-", "+", "~", "not "]), inner).map("".join),
            st.tuples(inner, inner, inner).map(lambda t: f"{t[0]} if {t[1]} else {t[2]}"),
            inner.map(lambda x: f"({x})"),
            inner.map(lambda x: f"f({x}, k={x})"),
            st.tuples(inner, inner).map(lambda t: f"({t[0]}, {t[1]})"),
            st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]},]"),
            st.tuples(inner, inner).map(lambda t: f"{{{t[0]}: {t[1]}}}"),
            st.tuples(inner, inner).map(lambda t: f"a[{t[0]}:{t[1]}]"),
            inner.map(lambda x: f"a.m(b)[{x}].n"),
        )

    return st.recursive(leaves, grown, max_leaves=8)


@settings(max_examples=300)
@given(expressions())
@example("not a in b == c")
@example("-a ** -b ** c")
@example("a if b else c if d else e")
def test_expressions_nest_as_in_python(text):
    try:
        ast.parse(f"v = {text}")
    except SyntaxError:
        with pytest.raises(SourceRefused):
            statement_of(f"v = {text}")
        return
    try:
        same(text)
    except SourceRefused as refused:
        assert refused.kind == "limit", (text, refused)


@settings(max_examples=500)
@given(st.lists(PIECES, min_size=1, max_size=12).map(" ".join))
def test_what_is_parsed_is_python(text):
    try:
        found = statement_of(f"v = {text}")
    except SourceRefused:
        return
    (statement,) = ast.parse(f"v = {text}").body
    assert isinstance(found, s.Assign)
    assert ours(found.value) == theirs(statement.value)


LITERALS = [
    *("0", "7", "1_000", "0xfF", "0x00_1F", "0o17", "0b10", str(2**255 - 1)),
    *("'a'", '"a"', "'''a\nb'''", '"""a"b""c\n"""', "'\\n\\t\\r\\0\\\\\\'\\\"'", "''", "''''''"),
    *("'\\x41\\u00e9\\U0001F600'", "b'\\x00\\xff\\0'", "b''", '"\'"', "'\\08'", "'#'", '"""\'"""'),
]


@pytest.mark.parametrize("text", LITERALS)
def test_literals_have_the_value_that_python_gives_them(text):
    value = statement_of(f"v = {text}").value.value
    assert (type(value), value) == (type(ast.literal_eval(text)), ast.literal_eval(text))


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab\\'\"xnu0123{} \n"), max_size=12))
def test_strings_have_the_value_that_python_gives_them(inner):
    for text in (f"'{inner}'", f'b"{inner}"', f"'''{inner}'''"):
        try:
            found = statement_of(f"v = {text}")
        except SourceRefused:
            continue
        assert ours(found.value) == theirs(ast.parse(f"v = {text}").body[0].value)
