"""The plugin in a folder of its own, in a pytest of its own, as users have it."""

from __future__ import annotations

import os
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from tests.workbench.sources import TOKEN

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
QUIET = ("-p", "no:asyncio", "-p", "no:django", "-p", "no:cacheprovider")


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    (pytester.path / "coin.py").write_text(TOKEN)
    return pytester


def run(project, *args: str):
    return project.runpytest_subprocess("-p", "workbench.plugin", *QUIET, *args, timeout=60)


def test_the_fixtures_work_and_gas_is_told(project):
    project.makepyfile(
        """
        def test_transfer(chain, accounts, deploy, reverts):
            token = deploy("coin.py", 100, sender=accounts.bob)
            token.transfer(accounts.carol, 3, sender=accounts.bob)
            assert token.balance_of(accounts.carol) == 3
            with reverts("too little"):
                token.transfer(accounts.carol, 3)
            assert chain.height == 3
        """
    )
    result = run(project, "--contract-gas")
    result.assert_outcomes(passed=1)
    result.stdout.re_match_lines([r"=+ gas of contracts =+", r"contract +function +calls +min"])
    result.stdout.re_match_lines([r"coin +transfer +send +2 .*"])
    assert "gas of contracts" not in run(project).stdout.str()


def test_each_test_starts_from_what_wider_fixtures_left(project):
    project.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def token(deploy):
            return deploy("coin.py", 100)

        @pytest.fixture
        def fresh(deploy):
            return deploy("coin.py", 7)

        @pytest.mark.parametrize("turn", [1, 2, 3])
        def test_turns(token, accounts, turn):
            assert token.balance_of(accounts.bob) == 0
            token.transfer(accounts.bob, turn)

        def test_failing_is_undone_too(token, accounts):
            token.transfer(accounts.bob, 1)
            assert False

        def test_after(token, fresh, chain, accounts):
            assert token.balance_of(accounts.bob) == 0
            assert fresh.balance_of(accounts.alice) == 7
            assert chain.height == 2
        """
    )
    run(project).assert_outcomes(passed=4, failed=1)


def test_the_first_test_is_undone_though_it_made_the_chain(project):
    project.makepyfile(
        test_a="""
        def test_first(chain, accounts):
            chain.transfer(accounts.alice, accounts.bob, 5)
        """,
        test_b="""
        def test_second(chain, accounts):
            assert chain.height == 0
            assert chain.balance(accounts.bob) == 10**15
        """,
    )
    run(project).assert_outcomes(passed=2)


def test_sources_are_sought_beside_the_test(project):
    for name in ("one", "two"):
        folder = project.mkdir(name)
        (folder / "contract.py").write_text(f"@view\ndef name() -> str:\n    return '{name}'\n")
        (folder / "test_contract.py").write_text(
            f"def test_name(deploy):\n"
            f"    found = deploy('contract.py')\n"
            f"    assert found.name() == found.label == '{name}'\n"
        )
    run(project, "--import-mode=importlib").assert_outcomes(passed=2)


def test_tests_without_contracts_pay_nothing_for_the_plugin(project):
    project.makepyfile(
        """
        import sys

        def test_plain():
            assert "workbench.chain" not in sys.modules
            assert "execution" not in sys.modules
        """
    )
    run(project, "--contract-gas").assert_outcomes(passed=1)


def test_a_project_may_have_fixtures_of_these_names(project):
    project.makepyfile(
        """
        import pytest

        @pytest.fixture
        def chain():
            return "mine"

        def test_mine(chain):
            assert chain == "mine"
        """
    )
    run(project).assert_outcomes(passed=1)


def test_pytest_loads_it_only_where_it_is_asked_to():
    """An entry point would have every pytest rewrite the asserts of the whole node."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "entry-points" not in table["project"]


def test_the_template_passes_its_own_tests(project):
    """What `animica contract new` makes, run as its README says."""
    made = project.run(sys.executable, "-m", "animica_site", "contract", "new", "counter")
    assert made.ret == 0
    names = {file.name for file in (project.path / "counter").iterdir()}
    template = resources.files("workbench").joinpath("template")
    assert names == {file.name.removesuffix(".txt") for file in template.iterdir()}
    for file in (project.path / "counter").iterdir():
        assert "NAME" not in file.read_text()
    os.chdir(project.path / "counter")
    result = project.run(sys.executable, "-m", "animica_site", "contract", "test", *QUIET)
    assert result.ret == 0
    result.assert_outcomes(passed=3)
    result.stdout.re_match_lines([r"counter +add +send +2 .*"])
    (project.path / "counter/contract.py").write_text("def add(\n")
    result = project.run(sys.executable, "-m", "animica_site", "contract", "test", "-x", *QUIET)
    assert result.ret == 1


@pytest.mark.slow
def test_the_node_is_started_when_a_test_asks(project):
    project.makepyfile(
        """
        def test_on_a_node(node, accounts, reverts):
            token = node.deploy("coin.py", 100)
            token.transfer(accounts.bob, 3)
            assert token.balance_of(accounts.bob) == 3
            assert node.client.chain_id() == 1337
        """
    )
    run(project).assert_outcomes(passed=1)
