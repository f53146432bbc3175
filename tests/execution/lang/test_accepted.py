"""Sources that are accepted, and what the checked tree holds."""

from __future__ import annotations

import ast

from execution.lang import parse_and_check
from tests.execution.lang.kitchen import SOURCE


def body_of(text: str, head: str = "def f(x: int, o: int | None, xs: list[int]) -> None:"):
    """The statements of a function with this body, after two stored things and an event."""
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    source = (
        "from stdlib import abi, context, events, storage\n"
        "cell = storage.cell(int)\nbook = storage.map(str, int, int | None)\n"
        f"Paid = events.event(a=int, b=str)\n{head}\n{lines}\n"
    )
    ast.parse(source)
    return parse_and_check(source.encode()).functions[-1].body


def value_of(text: str):
    """The checked tree of an expression."""
    (statement,) = body_of(f"v = {text}")
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
