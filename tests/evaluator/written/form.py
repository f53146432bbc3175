"""How small cases are written down: one function, calls of it, and what each must give."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from core import cbor
from tests.evaluator import abi, kinds
from tests.evaluator.cases import Case, Step

NAMES = "storage, events, abi, hash, crypto, context, treasury, beacon, syscalls, zk"
IMPORT = f"from stdlib import {NAMES}\n"
GAS = 1_000_000


@dataclass(frozen=True)
class Fails:
    """The call reverts with this reason."""

    reason: str


class OutOfGas:
    """The call uses up its gas."""


@dataclass
class Written:
    """A case and, for each step, what is known without the evaluator: a value, Fails, OutOfGas."""

    case: Case
    wants: list[Any]
    gas: list[int | None] = field(default_factory=list)
    raw: bool = False
    """Wishes are the bytes of ``ret`` themselves."""


def source_of(head: str, params: str, result: str, text: str) -> str:
    """A module with one public function ``run``."""
    arrow = f" -> {result}" if result != "None" else ""
    body = "".join(f"    {line}\n" if line else "\n" for line in text.strip("\n").split("\n"))
    return f"{IMPORT}{head}def run({params}){arrow}:\n{body}"


def words(params: str, args: tuple[Any, ...]) -> list[Any]:
    """Arguments in their ABI form, by the annotations of the parameters."""
    function = ast.parse(f"def run({params}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    types = [kinds.read(arg.annotation) for arg in function.args.args if arg.annotation]
    return [abi.plain(value, kind) for value, kind in zip(args, types, strict=False)]


def one(
    name: str,
    params: str,
    result: str,
    text: str,
    *calls: tuple[tuple[Any, ...], Any],
    head: str = "",
    gas: int | None = None,
    limit: int = GAS,
    value: int = 0,
) -> Written:
    """One function and calls of it: ``(arguments, what it gives)``. ``gas``: what each call's
    body uses by the tables, without what running a contract costs.
    """
    source = source_of(head, params, result, text)
    steps = [Step.deploy(0, [], 10**7)]
    for args, _ in calls:
        steps.append(Step.call(0, ["run", *words(params, args)], limit, value))
    wants = [None, *(want for _, want in calls)]
    return Written(Case(name, [source], steps), wants, [None, *[gas] * len(calls)])


def many(name: str, sources: list[str], *steps: tuple[Step, Any]) -> Written:
    """Whole contracts and any steps."""
    listed = [IMPORT + source for source in sources]
    wants = [want for _, want in steps]
    steps_only = [step for step, _ in steps]
    return Written(Case(name, listed, steps_only), wants, [None] * len(wants), raw=True)


def result_type(source: str) -> kinds.Type:
    """The result type of ``run``."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == "run" and node.returns:
            return kinds.read(node.returns)
    return kinds.NONE


def expected_ret(want: Any, source: str) -> tuple[int, bytes | None]:
    """Status and ``ret`` that a wish stands for."""
    if isinstance(want, Fails):
        return 1, want.reason.encode()
    if want is OutOfGas:
        return 2, b""
    kind = result_type(source)
    return 0, b"" if kind == kinds.NONE else abi.encode(want, kind)


def calldata(name: str, *forms: Any) -> bytes:
    return cbor.encode([name, *forms])
