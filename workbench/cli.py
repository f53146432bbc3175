"""``animica contract new``, ``check``, ``run``, ``test``: what needs no node.

Source: docs/guides/contracts-cli.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from core.errors import RequestRefused
from core.hashing import sha3
from core.limits import CODE_BYTES
from execution.abi.calls import init_of, parse_arguments, public_function
from execution.abi.text import Resolve, show, view
from execution.lang import tree
from execution.lang.interface import interface_of
from execution.lang.types import NONE
from execution.vm.program import compile_module
from pq import addresses
from wallet.cli_arguments import (
    TakesNumbers,
    arguments_argument,
    nanm_option,
    read_source,
    source_told,
    value_of,
    value_option,
)
from wallet.cli_contract_views import interface_rows
from wallet.cli_options import Screen, json_option
from workbench import folder, sources
from workbench.accounts import NAMES
from workbench.chain import Chain
from workbench.contract import Contract
from workbench.result import Result

_THEN = "then"


@click.command("new", short_help="Make a folder with a contract and its tests.")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
def new(path: Path, as_json: bool) -> None:
    """Make the folder PATH with a contract, its tests and a README."""
    screen = Screen(as_json)
    made = folder.make(path)
    for file in made:
        screen.line(f"Made     {file}")
    screen.line(f"Next     animica contract test {path}")
    screen.result({"folder": str(path), "files": [str(file) for file in made]})


@click.command("check", cls=TakesNumbers, short_help="Say whether a contract is accepted.")
@click.argument("file", type=click.Path(path_type=Path))
@arguments_argument
@json_option
def check(file: Path, args: tuple[str, ...], as_json: bool) -> None:
    """Check the contract in FILE: is it accepted, what does it offer, what does deploying cost?

    With ARGS for its `init` the deployment is run, on a chain in memory.
    """
    screen = Screen(as_json)
    code = read_source(file)
    with source_told(screen, code, str(file)):
        module = sources.module_of(code)
        compile_module(module)
    view: dict[str, Any] = {
        "file": str(file),
        "codeHash": "0x" + sha3(code).hex(),
        "size": len(code),
        "sizeMost": CODE_BYTES,
        "interface": interface_of(module),
    }
    screen.line(f"Accepted {file}  ({len(code):,} of {CODE_BYTES:,} bytes)")
    screen.line(f"Code     {view['codeHash']}")
    for row in interface_rows(module):
        screen.line(row)
    view["deployGas"] = _deployment(screen, code, module, args)
    screen.result(view)


def _deployment(
    screen: Screen, code: bytes, module: tree.Module, args: tuple[str, ...]
) -> int | None:
    """The gas of a deployment, if its arguments are known."""
    init = init_of(module)
    if not args and any(not parameter.default for parameter in init.parameters):
        screen.line("Deploy   give the arguments of init behind FILE to see its gas")
        return None
    chain = Chain()
    result = chain.try_deploy(code, *parse_arguments(init, args, _resolver(chain, None)))
    if not result.ok:
        screen.line(f"Deploy   fails: {result.reason or 'out of gas'}")
        return None
    screen.line(f"Deploy   {result.gas_used:,} gas")
    return result.gas_used


@click.command("run", cls=TakesNumbers, short_help="Try a contract in memory, without a node.")
@click.argument("file", type=click.Path(path_type=Path))
@arguments_argument
@click.option("--init", "init_args", multiple=True, help="An argument of `init`; repeat it.")
@click.option(
    "--from", "name", type=click.Choice(NAMES), default=NAMES[0], help="Test account that calls."
)
@value_option
@nanm_option
@click.option("--trace", is_flag=True, help="Show the tree of calls.")
@json_option
def run(
    file: Path,
    args: tuple[str, ...],
    init_args: tuple[str, ...],
    name: str,
    amount: str,
    nanm: bool,
    trace: bool,
    as_json: bool,
) -> None:
    """Deploy FILE on a fresh chain in memory and call it: FUNCTION ARGS… then FUNCTION ARGS…

    Names of test accounts (alice, bob, …) stand for their addresses, `this` for the contract's.
    The value goes with the last call.
    """
    screen, chain = Screen(as_json), Chain()
    code = read_source(file)
    with source_told(screen, code, str(file)):
        init = init_of(sources.module_of(code))
        values = parse_arguments(init, init_args, _resolver(chain, None))
        caller, called = chain.accounts[name], sources.name_of(file)
        contract = chain.deploy(code, *values, sender=caller, name=called)
    assert chain.last is not None
    shown = [_tell(screen, chain, contract, chain.last, trace)]
    steps = _steps(args)
    for place, step in enumerate(steps):
        value = value_of(amount, nanm) if place == len(steps) - 1 else 0
        result = _step(chain, contract, step, caller, value)
        shown.append(_tell(screen, chain, contract, result, trace))
        if not result.ok:
            result.require()
    screen.result({"calls": shown})


def _steps(args: tuple[str, ...]) -> list[list[str]]:
    """The words between ``then``."""
    steps: list[list[str]] = [[]]
    for word in args:
        if word == _THEN:
            steps.append([])
        else:
            steps[-1].append(word)
    if steps == [[]]:
        return []
    if [] in steps:
        raise RunRefused("a function is missing beside `then`")
    return steps


class RunRefused(RequestRefused):
    """A row of calls that cannot be read."""

    code = "workbench.run"
    hint = "Write FUNCTION ARGS…, and `then` between calls: add 3 then get."


def _step(chain: Chain, contract: Contract, words: list[str], sender: object, value: int) -> Result:
    function = public_function(contract.module, words[0])
    values = parse_arguments(function, words[1:], _resolver(chain, contract))
    if function.view:
        return contract.simulate(function.name, *values, sender=sender, value=value)
    return contract.send(function.name, *values, sender=sender, value=value, check=False)


def _resolver(chain: Chain, contract: Contract | None) -> Resolve:
    def resolve(name: str) -> bytes:
        if name == "this" and contract is not None:
            return contract.address
        if name not in NAMES:
            raise RunRefused(f"{name} is none of {', '.join(NAMES)}")
        return chain.accounts[name].address

    return resolve


def _tell(
    screen: Screen, chain: Chain, contract: Contract, result: Result, trace: bool
) -> dict[str, Any]:
    """Show one call; its JSON view."""
    functions = {function.name: function for function in contract.module.functions}
    function = functions.get(result.function.rpartition(".")[2])
    of = NONE if function is None or function.name == "init" else function.result
    outcome = "" if result.ok else "  failed"
    if result.ok and of != NONE:
        outcome = f" -> {show(result.value, of)}"
    if trace and result.trace is not None:
        screen.line(chain.explain(result))
    else:
        screen.line(f"{result.function}{outcome}  ({result.gas_used:,} gas)")
        for event in result.events:
            fields = ", ".join(f"{k}={_plain(v, chain)}" for k, v in event.fields.items())
            screen.line(f"  event {event.name}({fields})")
    return {
        "function": result.function,
        "status": result.status,
        "result": None if not result.ok or of == NONE else view(result.value, of),
        "reason": result.reason or None,
        "line": result.line,
        "gasUsed": result.gas_used,
        "trace": result.trace.view() if trace and result.trace is not None else None,
    }


def _plain(value: object, chain: Chain) -> str:
    if isinstance(value, bytes):
        known = len(value) == addresses.ADDRESS_BYTES
        return chain.name_of(value) if known else "0x" + value.hex()
    return repr(value)


@click.command(
    "test",
    short_help="Run the tests of contracts with pytest.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option("--no-gas", is_flag=True, help="Leave the gas report out.")
def test(args: tuple[str, ...], no_gas: bool) -> None:
    """Run tests of contracts with pytest: paths, and any of its options (-k, -x, -v).

    Fixtures: chain, accounts, deploy, reverts, node.
    """
    import warnings

    import pytest

    # A plugin that is installed beside pytest tells its own settings' news at each run.
    warnings.filterwarnings("ignore", message='The configuration option "asyncio_')
    options = ["-p", "workbench.plugin", "--import-mode=importlib", "--contract-gas"]
    if no_gas:
        options.pop()
    sys.exit(pytest.main([*options, *args]))


COMMANDS: tuple[click.Command, ...] = (new, check, run, test)
