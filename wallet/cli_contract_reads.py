"""``animica contract call``, ``show``, ``storage``, ``encode``: reading, without a key.

Source: docs/guides/contracts-cli.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from core import receipt
from execution.abi import codec
from execution.abi.calls import calldata, parse_arguments, public_function
from execution.abi.text import ArgumentRefused, parse, show
from execution.lang import parse_and_check, tree
from execution.lang.interface import interface_of
from execution.lang.types import parse_type, tuple_of
from execution.vm import slots
from pq import addresses
from wallet import signers
from wallet.cli_arguments import (
    TakesNumbers,
    arguments_argument,
    checked,
    nanm_option,
    read_source,
    resolver,
    value_of,
    value_option,
)
from wallet.cli_contract_views import (
    event_rows,
    event_views,
    failure,
    interface_rows,
    result_of,
    result_view,
    stored_value,
)
from wallet.cli_options import Screen, connect, folder_option, json_option, node_options
from wallet.contract_source import code_of, told_module
from wallet.errors import CallReverted, StoredNotFound
from wallet.store import WalletStore

at_option = click.option("--at", type=click.IntRange(min=0), help="Height of an earlier block.")


@click.command("call", cls=TakesNumbers, short_help="Try a function; nothing changes, nobody pays.")
@click.argument("address")
@click.argument("function")
@arguments_argument
@click.option("--from", "name", help="Whose call to try: a wallet, dev:0 or an address.")
@value_option
@nanm_option
@at_option
@node_options
@folder_option
@json_option
def call(
    address: str,
    function: str,
    args: tuple[str, ...],
    name: str | None,
    amount: str,
    nanm: bool,
    at: int | None,
    url: str,
    chain: int | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Try FUNCTION of the contract at ADDRESS on the node's state; nothing changes, nobody pays."""
    screen = Screen(as_json)
    to = signers.address_of(store, address)
    sender = None if name is None else signers.address_of(store, name)
    with connect(url, chain) as node:
        module = told_module(node, to)
        asked = public_function(module, function)
        data = calldata(asked, parse_arguments(asked, args, resolver(store)))
        value = value_of(amount, nanm)
        done = node.contract_call(to, data, sender=sender, value=value, at=at)
    if done.status != receipt.OK:
        reason, sentence, hint = failure(done.status, done.ret)
        raise CallReverted(
            f"{function}: {sentence}", hint, contractReason=reason, gasUsed=done.gas_used
        )
    if not as_json and done.ret:
        click.echo(show(result_of(asked, done.ret), asked.result))
    for row in event_rows(module, to, done.logs):
        screen.note(row)
    screen.note(f"{done.gas_used:,} gas, told by {url}")
    view = {"result": result_view(asked, done.ret), "gasUsed": done.gas_used}
    screen.result({**view, "events": event_views(module, to, done.logs)})


@click.command("show", short_help="Show a contract's functions, events, values.")
@click.argument("address")
@click.option("--source", "with_source", is_flag=True, help="Print the source alone.")
@node_options
@folder_option
@json_option
def show_contract(
    address: str,
    with_source: bool,
    url: str,
    chain: int | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Show the contract at ADDRESS: functions, events, stored values."""
    screen = Screen(as_json)
    to = signers.address_of(store, address)
    with connect(url, chain) as node:
        code = code_of(node, to)
    module = parse_and_check(code.source)
    if with_source and not as_json:
        click.echo(code.source.decode("ascii"), nl=False)
        return
    if not as_json:
        screen.line(f"Contract {addresses.to_text(to)}")
        screen.line(f"Code     0x{code.hash.hex()}  ({len(code.source):,} bytes)")
        for row in interface_rows(module):
            screen.line(row)
    view: dict[str, Any] = {"address": addresses.to_text(to), "codeHash": "0x" + code.hash.hex()}
    view["interface"] = interface_of(module)
    screen.result({**view, "source": code.source.decode("ascii")} if with_source else view)


@click.command("storage", cls=TakesNumbers, short_help="Read a stored value, proven.")
@click.argument("address")
@click.argument("name")
@arguments_argument
@at_option
@node_options
@folder_option
@json_option
def storage(
    address: str,
    name: str,
    args: tuple[str, ...],
    at: int | None,
    url: str,
    chain: int | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Read the stored value NAME of the contract at ADDRESS, or the entry of a map under ARGS.

    The answer is proven against a block header.
    """
    screen = Screen(as_json)
    to = signers.address_of(store, address)
    with connect(url, chain) as node:
        stored = _stored(told_module(node, to), name, len(args))
        given = zip(args, stored.keys, strict=True)
        keys = tuple(parse(text, of, "key", resolver(store)) for text, of in given)
        record = node.proven_storage(to, slots.map_slot(stored, keys), at=at)
    value, text = stored_value(record.value, stored)
    if not as_json:
        click.echo(text)
    screen.note(f"proven against block {record.header.height}")
    screen.result({"value": value, "provenHeight": record.header.height})


@click.command("encode", cls=TakesNumbers, short_help="Print the calldata of a call.")
@click.argument("contract")
@click.argument("function")
@arguments_argument
@node_options
@folder_option
@json_option
def encode(
    contract: str,
    function: str,
    args: tuple[str, ...],
    url: str,
    chain: int | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Print the calldata of a call; CONTRACT is a source file or an address.

    For contracts that carry out calls, such as a multisig wallet.
    """
    screen = Screen(as_json)
    if contract.endswith(".py"):
        module = checked(screen, read_source(Path(contract)), contract)
    else:
        with connect(url, chain) as node:
            module = told_module(node, signers.address_of(store, contract))
    asked = public_function(module, function)
    _print_bytes(screen, calldata(asked, parse_arguments(asked, args, resolver(store))))


@click.command("encode-values", cls=TakesNumbers, short_help="Print `abi.encode` of values.")
@arguments_argument
@folder_option
@json_option
def encode_values(args: tuple[str, ...], store: WalletStore, as_json: bool) -> None:
    """Print `abi.encode(…)` of values, given as TYPE VALUE TYPE VALUE …

    The message of a permit is made so: `encode-values address anim1… int 5`.
    """
    if not args or len(args) % 2:
        raise ArgumentRefused("give pairs of a type and a value", field="args")
    types = [parse_type(text) for text in args[::2]]
    pairs = zip(args[1::2], types, strict=True)
    values = [parse(text, of, str(of), resolver(store)) for text, of in pairs]
    if len(types) == 1:
        encoded = codec.encode(values[0], types[0])
    else:
        encoded = codec.encode(tuple(values), tuple_of(*types))
    _print_bytes(Screen(as_json), encoded)


COMMANDS: tuple[click.Command, ...] = (call, show_contract, storage, encode, encode_values)


def _print_bytes(screen: Screen, data: bytes) -> None:
    if not screen.as_json:
        click.echo("0x" + data.hex())
    screen.result({"data": "0x" + data.hex()})


def _stored(module: tree.Module, name: str, keys: int) -> tree.Stored:
    """The stored value of that name, with so many keys. Raises ``StoredNotFound``."""
    found = next((stored for stored in module.stored if stored.name == name), None)
    if found is None:
        known = [stored.name for stored in module.stored]
        raise StoredNotFound(f"the contract stores nothing called {name}", known=known)
    if len(found.keys) != keys:
        wanted = ", ".join(map(str, found.keys)) or "none"
        raise StoredNotFound(f"{name} takes other keys: {wanted}", wanted=len(found.keys))
    return found
