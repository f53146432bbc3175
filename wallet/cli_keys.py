"""``wallet new``, ``list``, ``address``, ``export``, ``recover``: key files, without a node."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import click

from core.errors import Refused
from pq import addresses
from pq.algorithms import ALGORITHM_NAMES, ML_DSA_65, SLH_DSA_SHAKE_128S
from pq.signing import PrivateKey, from_seed, generate_slh
from wallet import recovery, signers
from wallet.cli_options import (
    Screen,
    folder_option,
    json_option,
    new_passphrase,
    old_passphrase,
    passphrase_option,
)
from wallet.errors import RecoveryRefused
from wallet.keyfile import KeyFile
from wallet.store import WalletStore

_ALGORITHMS = {ALGORITHM_NAMES[alg].lower(): alg for alg in (ML_DSA_65, SLH_DSA_SHAKE_128S)}
_WORDS_BYTES = 4096


@click.command("new")
@click.argument("name")
@click.option(
    "--alg",
    type=click.Choice(list(_ALGORITHMS), case_sensitive=False),
    default=ALGORITHM_NAMES[ML_DSA_65].lower(),
    show_default=True,
    help="Signature scheme. SLH-DSA rests on hashes alone; it signs slowly and costs more gas.",
)
@click.option("--show-recovery", is_flag=True, help="Print the recovery words too.")
@passphrase_option
@folder_option
@json_option
def new(
    name: str,
    alg: str,
    show_recovery: bool,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Make a wallet: a fresh key in an encrypted file."""
    store.require_free(name)
    passphrase = new_passphrase(passphrase_file, name)
    slow = _ALGORITHMS[alg] == SLH_DSA_SHAKE_128S
    key = generate_slh() if slow else from_seed(secrets.token_bytes(32))
    _keep(Screen(as_json), store, name, key, passphrase, show_recovery)


@click.command("recover")
@click.argument("name")
@click.option(
    "--recovery-file",
    type=click.File("r"),
    help="File with the recovery words, - for standard input; else a prompt.",
)
@passphrase_option
@folder_option
@json_option
def recover(
    name: str,
    recovery_file: Any,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Make a wallet again from its recovery words, or from a key seed in hex.

    The words are never taken from the command line: other users of the machine could read them.
    """
    store.require_free(name)
    screen = Screen(as_json)
    if recovery_file is None:
        text = str(click.prompt("Recovery words", hide_input=True, err=True))
    else:
        text = _read_words(recovery_file)
    with screen.working("Checking the key…"):
        key = recovery.from_text(text)
    screen.note(f"These words belong to {addresses.to_text(key.address)}")
    _keep(screen, store, name, key, new_passphrase(passphrase_file, name), show_recovery=False)


@click.command("export")
@click.argument("name")
@passphrase_option
@folder_option
@json_option
def export(name: str, passphrase_file: Path | None, store: WalletStore, as_json: bool) -> None:
    """Print the recovery words of a wallet."""
    file = store.read(name)
    key = file.unlock(old_passphrase(passphrase_file, name))
    screen = Screen(as_json)
    _show_words(screen, key)
    screen.result({**_view(name, key.address), "recovery": recovery.to_words(key)})


@click.command("list")
@folder_option
@json_option
def list_wallets(store: WalletStore, as_json: bool) -> None:
    """List the wallets of the folder."""
    screen = Screen(as_json)
    rows = [_row(store, name) for name in store.names()]
    for row in rows:
        if not as_json:
            shown = row.get("address") or f"unreadable: {row['error']['reason']}"
            screen.line(f"{row['name']:<16} {shown}  {row.get('algorithm', '')}".rstrip())
    if not rows:
        screen.note(f"No wallets in {store.folder}. Make one with `animica wallet new NAME`.")
    screen.result({"folder": str(store.folder), "wallets": rows})


@click.command("address")
@click.argument("name")
@folder_option
@json_option
def address(name: str, store: WalletStore, as_json: bool) -> None:
    """Print the address of a wallet or test account (dev:0); no passphrase needed."""
    found = signers.find(store, name).address
    if not as_json:
        click.echo(addresses.to_text(found))
    Screen(as_json).result(_view(name, found))


COMMANDS: tuple[click.Command, ...] = (new, list_wallets, address, export, recover)


def _keep(
    screen: Screen,
    store: WalletStore,
    name: str,
    key: PrivateKey,
    passphrase: str,
    show_recovery: bool,
) -> None:
    path = store.write(name, KeyFile.seal(key, passphrase))
    screen.line(f"Wallet   {name}  ({ALGORITHM_NAMES[key.alg]})")
    screen.line(f"Address  {addresses.to_text(key.address)}")
    screen.line(f"File     {path}")
    view = {**_view(name, key.address), "file": str(path)}
    if show_recovery:
        _show_words(screen, key)
        view["recovery"] = recovery.to_words(key)
    else:
        screen.line(f"Write its recovery words down: animica wallet export {name}")
    screen.result(view)


def _show_words(screen: Screen, key: PrivateKey) -> None:
    screen.note("Whoever has these words has the money. Keep them on paper, apart from the file.")
    if not screen.as_json:
        for word in recovery.to_words(key):
            screen.line(word)


def _view(name: str, address: bytes) -> dict[str, Any]:
    algorithm = ALGORITHM_NAMES[addresses.alg_of(address)]
    return {"name": name, "address": addresses.to_text(address), "algorithm": algorithm}


def _row(store: WalletStore, name: str) -> dict[str, Any]:
    """One line of the list; a file that cannot be read does not hide the others."""
    try:
        return _view(name, store.read(name).address)
    except Refused as error:
        return {"name": name, "error": error.view()}


def _read_words(file: Any) -> str:
    try:
        return str(file.read(_WORDS_BYTES))
    except UnicodeDecodeError:
        raise RecoveryRefused("the recovery file is not text") from None
