"""Sources that are accepted, and what the checked tree holds."""

from __future__ import annotations

import ast
from dataclasses import fields, is_dataclass

import pytest

from execution.lang import parse_and_check, tree
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    NONE,
    STR,
    Type,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from tests.execution.lang.kitchen import SOURCE

HEAD = """from stdlib import abi, context, events, storage
K = 7
cell = storage.cell(int)
book = storage.map(str, int, int | None)
Paid = events.event(a=int, b=str)
def g(a: int, b: str = "x") -> int:
    return a
def f(x: int, o: int | None, s: str, xs: list[int], d: dict[str, int], t: tuple[int, str]):
"""
MAYBE = optional(INT)


def function_of(text: str) -> tree.Function:
    """The function with this body."""
    source = HEAD + "".join(f"    {line}\n" for line in text.splitlines())
    ast.parse(source)
    return parse_and_check(source.encode()).functions[-1]


def last_of(text: str) -> tree.Statement:
    return function_of(text).body[-1]


def value_of(text: str) -> tree.Expr:
    """The checked tree of an expression."""
    statement = last_of(f"v = {text}")
    assert isinstance(statement, tree.Assign)
    return statement.value


def test_a_contract_with_every_construct():
    ast.parse(SOURCE)
    module = parse_and_check(SOURCE)
    assert module.documentation == "Everything there is."
    assert [each.name for each in module.functions] == (
        ["init", "get", "numbers", "_loops", "_values", "_builtins", "library"]
    )
    assert [name for name, _, _ in module.constants] == (
        ["LIMIT", "NAMES", "MAYBE", "WHO", "HEXED", "init.start", "init.who", "init.pair"]
    )
    assert [each.public for each in module.functions] == [False, True, True, *[False] * 3, True]
    assert module.functions[0].documentation == "Begin."
    assert module.functions[0].payable and module.functions[1].view


def classes(value) -> set[type]:
    """The classes of a tree."""
    found: set[type] = set()
    if is_dataclass(value):
        found.add(type(value))
        for each in fields(value):
            found |= classes(getattr(value, each.name))
    elif isinstance(value, tuple):
        for each in value:
            found |= classes(each)
    return found


def test_that_contract_has_every_node_of_the_tree():
    every = {each for each in vars(tree).values() if isinstance(each, type) and is_dataclass(each)}
    assert every - {Type} <= classes(parse_and_check(SOURCE))


def test_the_last_line_needs_no_line_feed():
    for source in (b"", b"# only", b"x = 1", b"x = 1 # why", b"def f():\n    pass", b'"doc"'):
        parse_and_check(source)
    assert parse_and_check(b'"doc"').documentation == "doc"


TYPES = [
    ("1", INT),
    ("b'a'", BYTES),
    ("xs[0]", INT),
    ("b'a'[0]", INT),
    ("s[0]", STR),
    ("xs[1:]", list_of(INT)),
    ("t[1]", STR),
    ("d['a']", INT),
    ("book['a', 1]", MAYBE),
    ("(1, 'a')", tuple_of(INT, STR)),
    ("[o, 1]", list_of(MAYBE)),
    ("{'a': o}", dict_of(STR, MAYBE)),
    ("xs + [1] * 2", list_of(INT)),
    ("o if x > 0 else None", MAYBE),
    ("x if x > 0 else o", INT),
    ("context.sender", ADDRESS),
    ("abi.decode(b'', int)", INT),
    ("abi.decode(b'', int, str | None)", tuple_of(INT, optional(STR))),
    ("abi.call(context.this, 'f')", tuple_of(BOOL, BYTES)),
    ("d.get('a')", MAYBE),
    ("d.get('a', 1)", INT),
    ("d.items()", list_of(tuple_of(STR, INT))),
    ("list(d)", list_of(STR)),
    ("min(x, 1)", INT),
    ("max(['a'])", STR),
    ("sorted([context.sender])", list_of(ADDRESS)),
    ("divmod(x, 2)", tuple_of(INT, INT)),
    ("int.from_bytes(b'', 'big')", INT),
    ("g(1)", INT),
    ("(x == (1 if x > 0 else 2), 1)", tuple_of(BOOL, INT)),
    ("K", INT),
    ("1 < x", BOOL),
    ("not xs", BOOL),
]


@pytest.mark.parametrize(("text", "type_"), TYPES)
def test_the_type_of_an_expression(text, type_):
    assert value_of(text).type == type_


NARROWED = [
    *("o + 1", "1 + o", "-o", "o < 1", "1 < o", "xs[o]", "xs[o:]", "xs[:o]", "xs * o", "abs(o)"),
    *("g(o)", "[1, o]", "(1, d['a'], xs[o])", "{'a': 1, 'b': o}", "d.get('a', o)", "o in xs"),
    *("book[s, o]", "x if x > 0 else o", "min(1, o)", "int(o)", "str(o)", "o.bit_length()"),
    *("1 == (x if x > 1 else None) < 2",),
    *("1 == o < 2", "xs.index(o)", "('a', o) in book", "divmod(o, 1)", "[x, o, 1]"),
]
WHOLE = ["o", "o == 1", "1 == o", "o != None", "o is None", "1 == o == 2", "abi.encode(o)", "[o]"]
WHOLE += ["1 == (2 if x > 0 else 3) < 4"]
WHOLE += ["(o, 1)", "o if x > 0 else None", "[o] == [o]", "abi.call(context.this, 'f', o)"]


@pytest.mark.parametrize("text", NARROWED)
def test_an_optional_is_narrowed_where_a_value_is_needed(text):
    assert tree.Narrow in classes(value_of(text))


@pytest.mark.parametrize("text", WHOLE)
def test_an_optional_stays_whole_where_it_may(text):
    assert tree.Narrow not in classes(value_of(text))


STATEMENTS = [
    ("x = o", True),
    ("y: int = o", True),
    ("y: int | None = o", False),
    ("y: int | None = None\ny = x", False),
    ("xs[0] = o", True),
    ("xs[o] = 1", True),
    ("book['a', 1] = o", False),
    ("x += o", True),
    ("cell.set(o)", True),
    ("Paid.emit(o, s)", True),
    ("for i in range(o):\n    pass", True),
    ("xs.append(o)", True),
    ("q, x = [o, o]", False),
    ("q, x = 1, o", True),
    ("q, y = 1, o", False),
]


@pytest.mark.parametrize(("text", "narrows"), STATEMENTS)
def test_statements_narrow_where_a_value_is_needed(text, narrows):
    assert (tree.Narrow in classes(last_of(text))) == narrows


def test_unpacking_marks_the_targets_that_narrow():
    statement = last_of("q, x = [o, o]")
    assert isinstance(statement, tree.Unpack) and statement.narrow == (False, True)
    loop = last_of("for x in [o]:\n    pass")
    assert isinstance(loop, tree.For) and loop.narrow == (True,)
    pair = last_of("for i, x in enumerate([o]):\n    pass")
    assert isinstance(pair, tree.For) and pair.narrow == (False, True)


TRUTHS = [("x", True), ("s", True), ("xs", True), ("d", True), ("b''", True), ("x > 0", False)]


@pytest.mark.parametrize(("text", "truth"), TRUTHS)
def test_conditions_that_are_no_bool_are_asked_for_their_truth(text, truth):
    for statement in (
        last_of(f"if {text}:\n    pass"),
        last_of(f"while {text}:\n    pass"),
        last_of(f"assert {text}"),
        last_of(f"y = not {text}"),
        last_of(f"y = 1 if {text} else 2"),
        last_of(f"abi.require({text}, 'a')"),
    ):
        assert (tree.Truth in classes(statement)) == truth
    assert tree.Truth not in classes(value_of(f"bool({text})"))


def test_empty_displays_take_the_type_that_is_expected():
    for text in ("y: list[int] = []", "xs = []", "xs += []", "y: list[int] | None = []"):
        statement = last_of(text)
        assert statement.value.type == list_of(INT), text
    assert value_of("xs + []").right.type == list_of(INT)
    assert last_of("xs = [] if x > 0 else xs").value.then.type == list_of(INT)
    assert last_of("d = {}").value.type == dict_of(STR, INT)
    assert last_of("y: list[int | None] = [None] * 3").value.left.items[0].type == MAYBE
    assert last_of("y: int | None = None\nz = 1\ny, z = None, 2").value.items[0].type == MAYBE
    assert last_of("t = (1, s)").value.type == tuple_of(INT, STR)
    assert value_of("xs == []").rest[0][1].type == list_of(INT)


def test_a_variable_keeps_the_type_of_its_first_assignment():
    made = function_of("y: int | None = None\nfor i in xs:\n    y = i\nz = y\nq, r = t")
    assert made.locals == (("y", MAYBE), ("i", INT), ("z", MAYBE), ("q", INT), ("r", STR))


def test_arguments_find_their_parameters():
    call = value_of("g(1)")
    assert call.arguments[1] == tree.Constant(9, STR, "g.b") and call.order == ()
    assert value_of("g(1, b='a')").order == ()
    swapped = value_of("g(b='a', a=1)")
    assert [each.value for each in swapped.arguments] == [1, "a"] and swapped.order == (1, 0)
    emitted = last_of("Paid.emit(b=s, a=1)").value
    assert emitted.order == (1, 0) and emitted.arguments[1].value == 1


def test_calls_of_other_contracts_keep_the_order_of_value_and_gas():
    first = value_of("abi.call(context.this, 'f', 1, value=2, gas=3)")
    assert (first.value.value, first.gas.value, first.value_first) == (2, 3, True)
    assert not value_of("abi.call(context.this, 'f', gas=3, value=2)").value_first
    only = value_of("abi.forward(context.this, b'', gas=3)")
    assert only.value is None and only.gas.value == 3


def test_flags_are_read_and_not_run():
    assert value_of("int.from_bytes(b'', 'little', signed=True)").flags == ("little", True)
    assert value_of("x.to_bytes(32, 'big')").flags == ("big", False)
    assert len(value_of("sorted(xs)").arguments) == 1
    assert value_of("sorted(xs, reverse=False)").arguments[1] == tree.Literal(9, BOOL, False)
    assert last_of("xs.sort()").value.arguments == ()
    assert last_of("xs.sort(reverse=True)").value.arguments == (tree.Literal(9, BOOL, True),)


def test_a_way_may_end_in_many_ways():
    for text in (
        "if x > 0:\n    y = 1\nelse:\n    abi.revert('no')\nz = y",
        "if x > 0:\n    y = 1\nelse:\n    return\nz = y",
        "for i in xs:\n    if i > 0:\n        y = i\n    else:\n        continue\n    z = y",
        "while True:\n    if x > 0:\n        y = 1\n        break\nz = 1",
        "y = 1\nwhile x > 0:\n    y = 2\nz = y",
        "if x > 0:\n    y = 1\nelif x > 1:\n    y = 2\nelse:\n    y = 3\nz = y",
    ):
        assert function_of(text).result == NONE


def test_a_result_on_every_way():
    for body in (
        "while True:\n        pass",
        "while True:\n        if a:\n            return 1",
        "if a:\n        return 1\n    else:\n        return 2",
        "if a:\n        return 1\n    abi.revert('no')",
        "for i in range(3):\n        return i\n    return 0",
    ):
        source = f"from stdlib import abi\ndef f(a: bool) -> int:\n    {body}\n"
        parse_and_check(source.encode())


def chain(length: int) -> bytes:
    parts = [f"def f{i}():\n    f{i + 1}()\n" for i in range(length - 1)]
    return "".join([*parts, f"def f{length - 1}():\n    pass\n"]).encode()


def test_a_chain_of_calls_has_32_functions():
    parse_and_check(chain(32))
    with pytest.raises(Exception, match="33 functions long"):
        parse_and_check(chain(33))


def test_views_may_call_other_contracts_and_what_only_reads():
    parse_and_check(
        b"from stdlib import abi, context, storage\nc = storage.cell(int)\n"
        b"def _read() -> int:\n    return c.get()\n"
        b"@view\ndef f() -> int:\n    abi.call(context.this, 'g')\n    return _read()\n"
    )


def test_none_is_a_default_of_anything_optional():
    module = parse_and_check(b"def f(x: list[int] | None = None, y: int | None = 5):\n    pass\n")
    assert [each.default for each in module.functions[0].parameters] == [True, True]


def test_at_the_limits():
    parse_and_check(b"x = " + b"1" * 77 + b"\n")
    parse_and_check(f"x = {2**255 - 1}\n".encode())
    parse_and_check(b"#" * 24_576)
    parse_and_check("".join(f"x{i} = 1\n" for i in range(128)).encode())
    parse_and_check("".join(f"def f{i}():\n    pass\n" for i in range(128)).encode())
    parse_and_check(
        ("def f(" + ", ".join(f"a{i}: int" for i in range(16)) + "):\n    pass\n").encode()
    )
    function_of("\n".join(f"a{i} = 1" for i in range(64)))
    function_of("y = [" + "1, " * 256 + "]")
    function_of("y = max(" + "1, " * 32 + ")")
    function_of("y = " + " and ".join(["True"] * 32))
    function_of("if x > 0:\n    pass\n" + "elif x > 0:\n    pass\n" * 63)
    parse_and_check(("def f(x: " + "list[" * 5 + "int" + "]" * 5 + "):\n    pass\n").encode())
    suites = "\n".join("    " * i + "if x > 0:" for i in range(9)) + "\n" + "    " * 9 + "pass"
    function_of(suites)
