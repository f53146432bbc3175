"""The command ``wallet``: keys and transfers from a shell. Source: docs/guides/wallet.md.

Composition mounts ``wallet_group`` under ``animica``. Every refusal is one line and its next step
on standard error, or one JSON object with ``--json``; the exit code is then 1.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import click

from core.errors import AnimicaError
from wallet import cli_keys, cli_message, cli_transfer
from wallet.cli_options import wants_json


class ReportingGroup(click.Group):
    """A group whose commands may raise any ``AnimicaError``: it is told, never traced."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report a refusal and leave with 1."""
        try:
            return super().invoke(ctx)
        except AnimicaError as error:
            _report(ctx, error)


def _report(ctx: click.Context, error: AnimicaError) -> NoReturn:
    if wants_json(ctx):
        click.echo(json.dumps({"error": error.view()}))
    else:
        click.echo(f"Error: {error}", err=True)
        if error.hint:
            click.echo(f"Hint:  {error.hint}", err=True)
    ctx.exit(1)


@click.group("wallet", cls=ReportingGroup)
def wallet_group() -> None:
    """Keep keys, see balances, send and sign."""


for _command in (*cli_keys.COMMANDS, *cli_transfer.COMMANDS, *cli_message.COMMANDS):
    wallet_group.add_command(_command)
