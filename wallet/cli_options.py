"""What the wallet's commands share: options, passphrases, output."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from wallet import client
from wallet.client import NodeClient
from wallet.errors import PassphraseUnreadable, WrongChain
from wallet.store import DEFAULT_FOLDER, WalletStore

F = TypeVar("F", bound=Callable[..., Any])

_FROM_ENVIRONMENT = "ANIMICA_PASSPHRASE"
_PASSPHRASE_BYTES = 4096
_JSON_FLAG = "wallet.json"
_CHAIN_NAMES = {1: "mainnet", 2: "testnet", 1337: "devnet"}


def _remember_json(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    """Eager, so that refusals of the other options are JSON too."""
    ctx.meta[_JSON_FLAG] = value
    return value


def wants_json(ctx: click.Context) -> bool:
    """Whether the command was given ``--json``."""
    return bool(ctx.meta.get(_JSON_FLAG, False))


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,
    callback=_remember_json,
    help="Print one JSON object on standard output.",
)
folder_option = click.option(
    "--wallet-dir",
    "store",
    envvar="ANIMICA_WALLET_DIR",
    default=str(DEFAULT_FOLDER),
    show_default=True,
    callback=lambda _, __, value: WalletStore(Path(value)),
    help="Folder of the key files.",
)
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help=f"File whose first line is the passphrase; else {_FROM_ENVIRONMENT}, else a prompt.",
)
_node_option = click.option(
    "--node",
    "url",
    envvar="ANIMICA_RPC",
    default=client.DEFAULT_URL,
    show_default=True,
    help="JSON-RPC address of a node.",
)
_chain_option = click.option(
    "--chain", type=click.IntRange(1), help="Refuse a node that is on another chain."
)


def node_options(function: F) -> F:
    """``--node`` and ``--chain``."""
    return _node_option(_chain_option(function))


def connect(url: str, chain: int | None) -> NodeClient:
    """A client of the node, which must be on ``chain`` if one is named. Raises ``WrongChain``."""
    node = NodeClient(url)
    found = node.chain_id()
    if chain is not None and found != chain:
        node.close()
        raise WrongChain(f"the node is on chain {found}, not {chain}", required=chain, found=found)
    return node


def show_chain(chain: int) -> str:
    """``chain 1337 (devnet)``."""
    name = _CHAIN_NAMES.get(chain)
    return f"chain {chain} ({name})" if name else f"chain {chain}"


def old_passphrase(file: Path | None, name: str) -> str:
    """The passphrase of an existing wallet: file, environment, prompt, in this order."""
    given = _given_passphrase(file)
    return _prompt(f"Passphrase of {name}") if given is None else given


def new_passphrase(file: Path | None, name: str) -> str:
    """A passphrase for a new wallet; a prompt asks twice."""
    given = _given_passphrase(file)
    if given is not None:
        return given
    return _prompt(f"New passphrase for {name}", confirm=True)


def _prompt(text: str, *, confirm: bool = False) -> str:
    value = click.prompt(text, hide_input=True, confirmation_prompt=confirm, err=True)
    return str(value)


def _given_passphrase(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(_FROM_ENVIRONMENT) or None
    try:
        with file.open("rb") as opened:
            lines = opened.read(_PASSPHRASE_BYTES).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PassphraseUnreadable(f"cannot read {file}: {reason}", path=str(file)) from None
    if not lines or not lines[0]:
        raise PassphraseUnreadable(f"{file} holds no passphrase", path=str(file))
    return lines[0]


class Screen:
    """Where a command speaks: lines for people, or one JSON object for programs.

    ``quiet`` leaves the lines out, for a shell that wants the answer alone.
    """

    def __init__(self, as_json: bool, *, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def line(self, text: str = "") -> None:
        """A line for people; beside the JSON object it goes to standard error."""
        if not self.quiet:
            click.echo(text, err=self.as_json)

    def answer(self, text: str) -> None:
        """What a quiet command prints, and nothing else; others have told it in a line."""
        if self.quiet and not self.as_json:
            click.echo(text)

    def note(self, text: str) -> None:
        """A line that belongs to no result."""
        click.echo(text, err=True)

    def result(self, view: dict[str, Any]) -> None:
        """The JSON object, if one was asked for."""
        if self.as_json:
            click.echo(json.dumps(view))

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show on a terminal that something takes its time."""
        with Console(stderr=True).status(text):
            yield
