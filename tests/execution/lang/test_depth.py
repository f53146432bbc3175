"""Sources that nest or repeat beyond the limits, and those that just do not."""

from __future__ import annotations

import pytest

from execution.lang import parse_and_check, parser
from execution.lang.errors import SourceRefused


def statement_of(text: str):
    """The one statement of a function with this line."""
    (part,) = parser.parse(f"def f():\n    {text}\n".encode()).parts
    return part.body[0]


BOMBS = [
    "(" * 5000 + "1" + ")" * 5000,
    "[" * 5000 + "1" + "]" * 5000,
    "{1: " * 5000 + "1" + "}" * 5000,
    "f(" * 5000 + "1" + ")" * 5000,
    "a[" * 5000 + "1" + "]" * 5000,
    "-" * 5000 + "1",
    "~ " * 5000 + "1",
    "not " * 5000 + "1",
    "a ** " * 4000 + "1",
    "a + " * 4000 + "1",
    "a.b" + ".c" * 4000,
    "a" + "[1]" * 4000,
    "a" + "()" * 4000,
    "a and " * 3000 + "a",
    "a or " * 3000 + "a",
    "a < " * 4000 + "1",
    "1 if a else " * 1500 + "1",
    "1 if " * 3000 + "a" + " else 1" * 3000,
    "(a if (" * 2000 + "1",
    "a and not (" * 1500 + "1",
    "a | b ^ c & d << e + f * (" * 800 + "1",
    "1, " * 8000 + "1",
]


@pytest.mark.parametrize("text", BOMBS)
def test_a_bomb_is_refused_for_its_size(text):
    with pytest.raises(SourceRefused) as caught:
        parse_and_check(f"def f():\n    v = {text}\n".encode())
    assert caught.value.kind in ("limit", "syntax")
    assert caught.value.kind == "limit" or text.count("(") > text.count(")")


STATEMENT_BOMBS = [
    "def f():\n" + "".join(" " * i + "if a:\n" for i in range(1, 200)) + " " * 200 + "pass\n",
    "def f():\n if a:\n  pass\n" + " elif a:\n  pass\n" * 1000,
    "def f(x: " + "list[" * 4000 + "int" + "]" * 4000 + "):\n    pass\n",
    "def f(x: " + "int | " * 4000 + "None):\n    pass\n",
    "def f(" + ", ".join(f"a{i}: int" for i in range(2000)) + "):\n    pass\n",
    "def f():\n    " + ", ".join(f"a{i}" for i in range(2000)) + " = x\n",
    "def f():\n    for " + ", ".join(f"a{i}" for i in range(2000)) + " in x:\n        pass\n",
    "def f():\n    for " + "(" * 5000 + "x" + ")" * 5000 + " in x:\n        pass\n",
    "def f():\n    del " + "(" * 5000 + "x" + ")" * 5000 + "\n",
    "def f():\n    x: " + "(" * 5000 + "int" + ")" * 5000 + " = 1\n",
]


@pytest.mark.parametrize("source", STATEMENT_BOMBS)
def test_a_bomb_of_statements_is_refused_for_its_size(source):
    with pytest.raises(SourceRefused) as caught:
        parse_and_check(source[:24_576].encode())
    assert caught.value.kind == "limit"


def nested(form: str, count: int) -> str:
    """A form with a hole, filled that many times over, around a name."""
    text = "a"
    for _ in range(count):
        text = form.replace("_", text)
    return text


# A form, and how many nodes each filling adds.
FORMS = [
    *(("-_", 1), ("f(_)", 1), ("[_]", 1), ("{1: _}", 1), ("_[1]", 1), ("b[_]", 1), ("(-_)", 1)),
    *(("_.m()", 2), ("_ + b", 1), ("b ** _", 1), ("b if b else _", 1), ("(b if _ else b)", 1)),
    *(("(_, b)", 1), ("b[_:b]", 1), ("(b < _)", 1), ("(b and _)", 1), ("(not _)", 1)),
    *(("b[b, _]", 2), ("(_ or b)", 1), ("_[b:]", 1), ("f(k=_)", 1)),
]


@pytest.mark.parametrize(("form", "adds"), FORMS)
def test_the_depth_of_every_form(form, adds):
    deepest = (32 - 1) // adds
    assert statement_of(f"v = {nested(form, deepest)}").value.deep == 1 + deepest * adds
    with pytest.raises(SourceRefused) as caught:
        statement_of(f"v = {nested(form, deepest + 1)}")
    assert caught.value.kind == "limit"
    # The same depth counts wherever an expression stands.
    fitting = nested(form, deepest)
    for place in (
        f"return {fitting}",
        f"assert {fitting}",
        f"c: int = {fitting}",
        f"c += {fitting}",
    ):
        statement_of(place)
        with pytest.raises(SourceRefused):
            statement_of(place.replace(fitting, nested(form, deepest + 1)))
