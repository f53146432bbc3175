"""The oracle itself: it shares nothing with the node, and the files are what it says."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import files, real, rules

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
GIVEN = files.VECTORS / "given"
PROGRAM = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))
# Without importlib, which could fetch anything by name.
ALLOWED = (sys.stdlib_module_names | {"gmpy2"}) - {"importlib"}


def foreign_imports(source: str) -> list[str]:
    """What a module of the oracle imports beyond the standard library, gmpy2 and the oracle."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        else:
            continue
        found += [name for name in names if not _may_be_imported(name)]
    return found


def _may_be_imported(name: str) -> bool:
    return name.split(".")[0] in ALLOWED or f"{name}.".startswith("tests.oracle.")


def test_the_search_for_imports_finds_them():
    for line in ("import core", "from core import exact", "from . import x", "import importlib"):
        assert foreign_imports(line), line
    assert foreign_imports("def f():\n    from consensus.rules import fees")
    assert foreign_imports("from tests.support import key")
    assert not foreign_imports("import gmpy2, math\nfrom tests.oracle.real import ln1p")


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.stem)
def test_the_oracle_imports_nothing_of_the_node(path):
    assert not foreign_imports(path.read_text())
    assert "__import__" not in path.read_text()


def test_no_module_of_the_node_is_loaded_with_the_oracle():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert {"core", "consensus"} <= packages
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, tests.oracle.files\nprint(*sys.modules)"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "tests.oracle.real" in loaded
    assert not packages & {name.split(".")[0] for name in loaded}


# ------------------------------------------------------------------ what it says


def given(name: str) -> list[dict]:
    found: list[dict] = json.loads((GIVEN / f"{name}.json").read_text())["cases"]
    assert found
    return found


def written(name: str) -> list[dict]:
    found: list[dict] = json.loads(files.path(name).read_text())["cases"]
    return found


@pytest.mark.parametrize("name", ["target", "exact", "retarget"])
def test_every_given_case_is_in_the_file(name):
    """The given ones were computed before the oracle was, by another program."""
    cases = written(name)
    assert not [case for case in given(name) if case not in cases]


@pytest.mark.parametrize("name", files.FILES)
def test_the_files_are_what_the_oracle_says(name):
    assert files.path(name).read_text() == files.text(name)


def test_a_changed_file_is_noticed(tmp_path, monkeypatch):
    from tests.oracle import __main__ as program

    monkeypatch.setattr(files, "VECTORS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["oracle", "--write"])
    assert program.main() == 0
    monkeypatch.setattr(sys, "argv", ["oracle"])
    assert program.main() == 0
    changed = tmp_path / "psi.json"
    changed.write_text(changed.read_text().replace('"total": 0', '"total": 1', 1))
    assert program.main() == 1


def test_where_the_oracle_cannot_tell_it_says_so():
    with pytest.raises(ArithmeticError):
        real._floor(lambda c: c.mul(c.div(1, 3), 3))


@pytest.mark.parametrize("bits", [8, 40, 300])
def test_any_first_precision_gives_the_same_values(bits, monkeypatch):
    wanted = [(real.target(x), real.nlog(x), real.ln1p(x, 10**6)) for x in range(1, 10**8, 10**6)]
    monkeypatch.setattr(real, "FIRST_BITS", bits)
    monkeypatch.setattr(real._floor, "__defaults__", (bits,))
    found = [(real.target(x), real.nlog(x), real.ln1p(x, 10**6)) for x in range(1, 10**8, 10**6)]
    assert found == wanted


def test_boundaries_of_the_logarithm_are_boundaries():
    for n in (1, 693_147, 10**6, 40 * 10**6):
        for b in (10**6, 10**40, 2**64):
            last = real.last_ratio_below(n, b)
            assert real.ln1p(last, b) == n - 1
            assert real.ln1p(last + 1, b) == n


# ------------------------------------------------------------------ what is published


def chapter(name: str) -> str:
    return (ROOT / "docs" / "spec" / name).read_text("utf-8")


def test_the_chapter_shows_the_oracles_supply_table():
    assert files.supply_table() in chapter("fees.md")


@pytest.mark.parametrize("name", ["mainnet", "testnet"])
def test_the_chapter_says_when_supply_reaches_the_limit(name):
    height, year = files.limit_years(name)
    assert f"{name}: block {height:,}, year {year:,}" in " ".join(chapter("fees.md").split())
    money = rules.NETWORKS[name]
    assert rules.supply(height, money, claimed=True) < 2**63
    assert rules.supply(height + 1, money, claimed=True) >= 2**63
    assert year > 100_000
