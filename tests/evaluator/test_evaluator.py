"""The evaluator held to what was worked out by hand, and to sharing no code with the engine."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

from core import cbor
from tests.evaluator import abi, constructs, kinds
from tests.evaluator.cases import Step, run
from tests.evaluator.compile import compile_source
from tests.evaluator.grammar import drawn_case
from tests.evaluator.modules import parse
from tests.evaluator.written import WRITTEN
from tests.evaluator.written.form import Fails, OutOfGas, Written, expected_ret

HERE = Path(__file__).parent
ALLOWED = {"core.cbor", "core.hashing", "core"}
PROGRAMS = 2_000


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = str(node.module)
            found |= {f"{base}.{alias.name}" for alias in node.names} if base == "core" else {base}
    return found


def foreign(names: set[str]) -> set[str]:
    """Modules that are neither of the standard library nor of this package nor allowed."""
    own = {name for name in names if name.split(".")[:2] == ["tests", "evaluator"]}
    standard = {name for name in names if name.split(".")[0] in sys.stdlib_module_names}
    return names - own - standard - ALLOWED


def test_it_shares_no_code_with_the_engine():
    modules = [p for p in HERE.rglob("*.py") if not p.name.startswith("test_")]
    modules.remove(HERE / "engine.py") if HERE / "engine.py" in modules else None
    assert len(modules) > 15
    assert not {name for path in modules for name in foreign(imported(path))}
    assert foreign({"execution.vm.costs", "ast"}) == {"execution.vm.costs"}


def running_cost(written: Written, index: int, ret: bytes) -> int:
    """What running the contract costs beside the body, for one source and a first call."""
    source = written.case.sources[0].encode()
    step = written.case.steps[index]
    result = compile_source(source).functions["run"].result
    value = None
    if ret:
        value = abi.decode(ret, result)
    params = compile_source(source).functions["run"].params.values()
    forms = [len(cbor.encode(form)) for form in abi.parse(step.data)[1:]]
    more = [(0, 48, 128)[kinds.density(kind)] for kind in params]
    dense = sum(size * cost for size, cost in zip(forms, more, strict=False))
    return 1_000 + 4 * len(source) + 32 * len(step.data) + dense + 8 * kinds.weight(value, result)


@pytest.mark.parametrize("written", WRITTEN, ids=lambda written: written.case.name)
def test_what_was_worked_out_by_hand(written: Written):
    source = written.case.sources[0]
    for index, effect in enumerate(run(written.case)):
        want, step = written.wants[index], written.case.steps[index]
        if step.kind == "deploy" and want is None:
            assert effect.status == 0, effect
        else:
            raw = isinstance(want, bytes) and written.raw
            expected = (0, want) if raw else expected_ret(want, source)
            assert (effect.status, effect.ret) == expected, (index, effect)
        gas = written.gas[index]
        if gas is not None and not (isinstance(want, Fails) or want is OutOfGas):
            assert effect.used - running_cost(written, index, effect.ret) == gas, index


def test_names_are_used_once():
    names = Counter(written.case.name for written in WRITTEN)
    assert len(names) >= 200 and not [name for name, count in names.items() if count > 1]


@pytest.mark.slow
def test_the_generator_reaches_every_construct():
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for seed in range(PROGRAMS // 2):
        case = drawn_case(seed)
        for source in case.sources:
            counts.update(constructs.of(compile_source.__wrapped__(source.encode())))
        if seed % 5 == 0:
            reasons.update(effect.ret.decode() for effect in run(case) if effect.status == 1)
    assert not constructs.EXPECTED - set(counts)
    wanted = {
        "vm.value",
        "vm.index",
        "vm.key",
        "vm.none",
        "vm.overflow",
        "vm.argument",
        "vm.balance",
    }
    assert wanted <= set(reasons)


def test_a_seed_gives_one_case():
    assert drawn_case(5) == drawn_case(5) != drawn_case(6)


def test_steps_survive_their_text():
    step = Step("call", 1, b"\x80", 5, 7, bytes(34), {bytes(34): [bytes(32)]})
    assert Step.from_json(step.to_json()) == step


def test_parse_reads_declarations():
    module = parse(
        b"m = storage.map(int, str, bytes | None)\nN: int = 3\nE = events.event(a=int)\n"
    )
    assert str(module.stored["m"].value) == "bytes | None" and len(module.stored["m"].keys) == 2
    assert [name for name, _, _ in module.constant_nodes] == ["N"]
    assert str(module.events["E"].fields["a"]) == "int"
