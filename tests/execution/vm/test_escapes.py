"""Every way out of the contract language that is known, and what becomes of it."""

from __future__ import annotations

import resource

import pytest

from execution.lang import parse_and_check
from execution.lang.errors import SourceRefused
from execution.vm.codes import CODES
from execution.vm.machine import FAULTS
from execution.vm.program import compile_module
from tests.execution.vm.escapes import ESCAPES, page
from tests.execution.vm.escapes.table import Escape, Gives, Of, OutOfGas, Refused, Reverts, Step
from tests.execution.vm.escapes.world import World, form, play

MEMORY_MOST = 512 * 1024
"""KiB by which the process may grow in a row."""


@pytest.fixture(autouse=True)
def no_programs_left():
    yield
    CODES.clear()


REFUSED = [row for row in ESCAPES if isinstance(row.outcome, Refused)]
RUN = [row for row in ESCAPES if not isinstance(row.outcome, Refused)]


def by_name(listed: list[Escape]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", listed, ids=lambda row: f"{row.group}-{row.name}")


def text(row: Escape) -> bytes:
    return row.source if isinstance(row.source, bytes) else row.source.encode()


@by_name(REFUSED)
@pytest.mark.timeout(30)
def test_it_is_refused(row: Escape):
    with pytest.raises(SourceRefused) as caught:
        compile_module(parse_and_check(text(row)))
    refusal = caught.value
    lines = text(row).decode("latin-1").split("\n")
    assert refusal.kind == row.outcome.kind, refusal.message
    assert row.outcome.at in lines[refusal.line - 1], refusal.message
    assert 1 <= refusal.column <= len(lines[refusal.line - 1]) + 1
    assert refusal.reason and refusal.instead


@by_name(RUN)
@pytest.mark.timeout(30)
def test_it_ends_as_it_must(row: Escape):
    before, faults = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, FAULTS.count
    cold, warm = play(row, cold=True), play(row, cold=False)
    assert cold == warm, "what is compiled already changes the result"
    assert FAULTS.count == faults
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MEMORY_MOST, f"{grown} KiB more"
    if cold is None:
        assert not row.steps
        return
    found, gas = cold.outcome, row.steps[-1].gas
    assert 0 < found.gas <= gas
    if isinstance(row.outcome, Gives):
        expected = b"" if row.outcome.value is None else form(row.outcome.value)
        assert (found.status, found.ret) == (0, expected)
    elif isinstance(row.outcome, Reverts):
        assert (found.status, found.ret) == (1, row.outcome.reason.encode())
    else:
        assert isinstance(row.outcome, OutOfGas)
        assert (found.status, found.ret, found.gas) == (2, b"", gas)
    if found.status:
        assert not found.logs and not found.refund


FREES = """from stdlib import storage

S = storage.cell(bytes)


def init():
    S.set(b"x" * 1_000)


def go(fail: bool):
    S.set(b"")
    assert not fail
"""
CALLS = """from stdlib import abi


def go(to: address, fail: bool) -> tuple[bool, bytes]:
    return abi.call(to, "go", fail)
"""


@pytest.mark.parametrize("fail", [False, True])
def test_a_failed_call_brings_no_refund(fail):
    world = World()
    world.deploy("other", FREES)
    world.deploy("main", CALLS)
    outcome = world.call(Step(arguments=(Of("other"), fail)))
    assert outcome.status == 0
    assert outcome.refund == (0 if fail else 25 * (64 + 1_003))


def test_no_row_is_entered_twice():
    names = [row.name for row in ESCAPES]
    assert len(names) == len(set(names)) >= 60


def test_the_page_is_current():
    assert page.PAGE.read_text("utf-8") == page.render()
