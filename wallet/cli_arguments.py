"""What the contract commands share: sources, values as arguments, refusals of source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from execution.lang import parse_and_check, tree
from execution.lang.errors import SourceRefused
from execution.lang.excerpt import excerpt
from wallet import signers
from wallet.amounts import parse_anm, parse_nanm
from wallet.cli_options import Screen
from wallet.errors import SourceUnreadable
from wallet.store import WalletStore

SOURCE_READ_BYTES = 1_000_000
_NEGATIVE = re.compile(r"-[0-9]")
_MARK = "\x1f"


class TakesNumbers(click.Command):
    """A command whose arguments may be negative numbers, which are no options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Mark negative numbers, so that they pass for arguments."""
        marked = [_MARK + arg if _NEGATIVE.match(arg) else arg for arg in args]
        return super().parse_args(ctx, marked)


def _unmark(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.removeprefix(_MARK) for text in value)


arguments_argument = click.argument("args", nargs=-1, callback=_unmark)
"""``ARGS…``, for a command of the class ``TakesNumbers``."""
value_option = click.option("--value", "amount", default="0", help="ANM to send along.")
nanm_option = click.option("--nanm", is_flag=True, help="The value is in nANM.")


def value_of(amount: str, nanm: bool) -> int:
    """NANM of ``--value``. Raises ``AmountRefused``."""
    return parse_nanm(amount) if nanm else parse_anm(amount)


def resolver(store: WalletStore) -> Any:
    """What gives the address of a wallet's or test account's name."""
    return lambda name: signers.address_of(store, name)


def read_source(path: Path) -> bytes:
    """The bytes of a source file. Raises ``SourceUnreadable``."""
    try:
        with path.open("rb") as file:
            return file.read(SOURCE_READ_BYTES)
    except OSError as error:
        raise SourceUnreadable(f"cannot read {path}: {error.strerror}", path=str(path)) from None


@contextmanager
def source_told(screen: Screen, code: bytes, name: str) -> Iterator[None]:
    """A refusal of source inside is shown with its line, and ends the command with 1.

    With ``--json`` it is raised, and so reported as an object.
    """
    try:
        yield
    except SourceRefused as refusal:
        if screen.as_json:
            refusal.facts["file"] = name
            raise
        for row in excerpt(refusal, code, name):
            screen.note(row)
        click.get_current_context().exit(1)


def checked(screen: Screen, code: bytes, name: str) -> tree.Module:
    """The checked module; see ``source_told``."""
    with source_told(screen, code, name):
        return parse_and_check(code)
    raise AssertionError("a context that swallows would end here")


def address_argument(store: WalletStore, text: str) -> bytes:
    """The contract's address: text."""
    return signers.address_of(store, text)
