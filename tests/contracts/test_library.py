"""The library's sources and its page held together: interfaces, reasons, documentation."""

from __future__ import annotations

import ast
import re

import pytest

from core.limits import CODE_BYTES
from execution.lang.interface import interface_of
from execution.vm.program import compile_module
from tests.contracts.world import ROOT, module_of

SOURCES = {path.stem: path.read_text("ascii") for path in (ROOT / "contracts").glob("*.py")}
PAGE = (ROOT / "docs" / "contracts" / "library.md").read_text("utf-8")
REASON = re.compile(r'"([a-z]+\.[a-z_]+)(?:: )?"')


def section(name):
    """What the page says of a contract."""
    title = name.replace("_", " ")
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.S | re.M | re.I)
    return found


def signature(function):
    """As the page writes it."""
    inputs = [
        f"{field['name']}: {field['type']}" + " = …" * field["default"]
        for field in function["inputs"]
    ]
    output = f" → {function['output']}" if function["output"] else ""
    return f"{function['name']}({', '.join(inputs)}){output}"


def test_the_library_is_ten_contracts():
    assert len(SOURCES) == 10
    titles = re.findall(r"^## ([\w ]+)$", PAGE.lower(), re.M)
    assert {title.replace(" ", "_") for title in titles} == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_the_compiler_accepts_it(name):
    compile_module(module_of(SOURCES[name]))
    assert len(SOURCES[name]) <= CODE_BYTES


@pytest.mark.parametrize("name", SOURCES)
def test_every_function_is_documented(name):
    assert not [f.name for f in module_of(SOURCES[name]).functions if not f.documentation]


@pytest.mark.parametrize("name", SOURCES)
def test_every_failure_has_a_reason_that_is_explained_and_tested(name):
    source, short = SOURCES[name], name.rpartition("_")[2]
    failing = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    assert all(node.msg is not None for node in failing)
    reasons = {found for node in failing for found in REASON.findall(_quoted(node.msg))}
    assert reasons
    assert {reason.partition(".")[0] for reason in reasons} == {short}
    assert reasons == set(re.findall(rf"`({short}\.[a-z_]+)", module_of(source).documentation))
    tests = (ROOT / "tests" / "contracts" / f"test_{name}.py").read_text("utf-8")
    assert not [reason for reason in reasons if f'"{reason}' not in tests]


def _quoted(node):
    return ast.unparse(node).replace("'", '"')


@pytest.mark.parametrize("name", SOURCES)
def test_authority_is_never_the_signers(name):
    assert "origin" not in SOURCES[name]


@pytest.mark.parametrize("name", SOURCES)
def test_the_page_lists_functions_and_events(name):
    interface = interface_of(module_of(SOURCES[name]))
    functions = [*([interface["init"]] if interface["init"] else []), *interface["functions"]]
    rows = re.findall(r"^\| `([^`]+)`( \(\w+\))? \| (.+?) \|", section(name), re.M)
    assert [row[0] for row in rows] == [signature(function) for function in functions]
    for (_, mark, who), function in zip(rows, functions, strict=True):
        assert mark == " (view)" * function["view"] + " (payable)" * function["payable"]
        assert who == "all" or not function["view"]
    events = [
        f"{event['name']}({', '.join(field['name'] for field in event['fields'])})"
        for event in interface["events"]
    ]
    line = section(name).partition("\nEvents: ")[2].partition("\n")[0]
    assert re.findall(r"`(\w+\([^`]*\))`", line) == events
