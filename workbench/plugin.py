"""Fixtures for pytest: ``chain``, ``accounts``, ``deploy``, ``reverts``, ``node``.

Every test starts from what the fixtures of its module, and of the whole run, have made, and what it
does is undone afterwards. Loaded by ``animica contract test`` or ``pytest -p workbench.plugin``.
Source: docs/guides/contracts-cli.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from workbench.accounts import Accounts
    from workbench.chain import Chain, Snapshot
    from workbench.contract import Contract
    from workbench.node import Node

# Tests without contracts pay nothing: the engine is imported by the first fixture that needs it.


class Bench:
    """The run's chain, made when it is first asked for."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._chain: Chain | None = None
        self._genesis: Snapshot | None = None

    @property
    def made(self) -> Chain | None:
        """The chain, if a test has asked for it."""
        return self._chain

    def chain(self) -> Chain:
        """The chain."""
        if self._chain is None:
            from workbench.chain import Chain

            self._chain = Chain()
            self._genesis = self._chain.snapshot()
        return self._chain

    def mark(self) -> Snapshot | None:
        """The state now; None for a chain that is not made yet."""
        return None if self._chain is None else self._chain.snapshot()

    def back(self, mark: Snapshot | None) -> None:
        """Back to a mark."""
        if self._chain is not None:
            start = self._genesis if mark is None else mark
            assert start is not None, "a chain is made with its first state"
            self._chain.revert(start)

    def path(self, source: str | bytes | Path) -> str | bytes | Path:
        """A file's path, sought beside the running test first."""
        from workbench.sources import is_path

        if isinstance(source, bytes) or not is_path(source) or self.folder is None:
            return source
        beside = self.folder / source
        return beside if beside.is_file() else Path(source)


_BENCH = pytest.StashKey[Bench]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--contract-gas``."""
    group = parser.getgroup("animica")
    group.addoption("--contract-gas", action="store_true", help="Gas by function of contracts.")


def pytest_configure(config: pytest.Config) -> None:
    """A bench for the run."""
    config.stash[_BENCH] = Bench()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sources are sought beside the test."""
    item.config.stash[_BENCH].folder = item.path.parent


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The gas report."""
    chain = config.stash[_BENCH].made
    if chain is None or not config.getoption("--contract-gas") or not chain.gas.rows:
        return
    terminalreporter.section("gas of contracts")
    terminalreporter.write_line(chain.gas.text())


@pytest.fixture(scope="session")
def _contract_bench(pytestconfig: pytest.Config) -> Bench:
    return pytestconfig.stash[_BENCH]


@pytest.fixture(autouse=True)
def _contracts_undone(_contract_bench: Bench) -> Iterator[None]:
    mark = _contract_bench.mark()
    yield
    _contract_bench.back(mark)


@pytest.fixture(scope="session")
def chain(_contract_bench: Bench) -> Chain:
    """The chain in memory: `workbench.Chain`."""
    return _contract_bench.chain()


@pytest.fixture(scope="session")
def accounts() -> Accounts:
    """Ten funded test accounts: `accounts.alice`, `accounts[1]`."""
    from workbench.accounts import Accounts

    return Accounts()


@pytest.fixture(scope="session")
def deploy(_contract_bench: Bench) -> Callable[..., Contract]:
    """`deploy("contract.py", *args, sender=…, value=…)` or source text; gives the contract."""

    def deploy_on_chain(source: str | bytes | Path, *args: Any, **options: Any) -> Contract:
        return _contract_bench.chain().deploy(_contract_bench.path(source), *args, **options)

    return deploy_on_chain


@pytest.fixture(scope="session")
def reverts() -> Callable[..., Any]:
    """`with reverts("reason"): …` holds that a call fails so."""
    from workbench.result import reverts

    return reverts


@pytest.fixture(scope="session")
def node(_contract_bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A real development node with a block for each transaction, one for the whole run.

    `node.deploy(…)` gives a contract with the same face as `deploy`. Its state is not undone.
    """
    from workbench.node import running

    with running(tmp_path_factory.mktemp("node"), find=_contract_bench.path) as started:
        yield started
