"""``animica``: the command line. Commands that need no node start without Django."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from core.errors import AnimicaError
from rpc import software


class Guarded(click.Group):
    """Turns every expected error into a sentence, its next step and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a traceback is for defects only."""
        try:
            return super().invoke(ctx)
        except AnimicaError as error:
            click.echo(f"Error: {error}", err=True)
            if error.hint:
                click.echo(f"Hint:  {error.hint}", err=True)
            ctx.exit(1)


class Lazy(Guarded):
    """Imports a command's module only when that command is asked for."""

    modules: dict[str, Callable[[], click.Command]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, if there is one."""
        load = self.modules.get(name)
        return load() if load else None


def _doctor() -> click.Command:
    from animica_site.commands.doctor import doctor

    return doctor


def _devnet() -> click.Command:
    from animica_site.commands.devnet import devnet

    return devnet


def _node() -> click.Command:
    from animica_site.commands.node import node

    return node


def _peers() -> click.Command:
    from animica_site.commands.peers import peers

    return peers


def _prune() -> click.Command:
    from animica_site.commands.prune import prune

    return prune


def _snapshot() -> click.Command:
    from animica_site.commands.snapshot import snapshot

    return snapshot


def _status() -> click.Command:
    from animica_site.commands.status import status

    return status


def _backup() -> click.Command:
    from animica_site.commands.backup import backup

    return backup


def _restore() -> click.Command:
    from animica_site.commands.backup import restore

    return restore


def _verify_db() -> click.Command:
    from animica_site.commands.verify_db import verify_db

    return verify_db


def _rewind() -> click.Command:
    from animica_site.commands.rewind import rewind

    return rewind


def _export() -> click.Command:
    from animica_site.commands.export_import import export_blocks

    return export_blocks


def _import() -> click.Command:
    from animica_site.commands.export_import import import_blocks

    return import_blocks


def _wallet() -> click.Command:
    from wallet.cli import wallet_group

    return wallet_group


def _contract() -> click.Command:
    from animica_site.commands.contract import contract

    return contract


def _simulate() -> click.Command:
    from animica_site.commands.simulate import simulate

    return simulate


def _bench() -> click.Command:
    from bench.cli import bench

    return bench


Lazy.modules = {
    "backup": _backup,
    "bench": _bench,
    "contract": _contract,
    "devnet": _devnet,
    "doctor": _doctor,
    "export": _export,
    "import": _import,
    "node": _node,
    "peers": _peers,
    "prune": _prune,
    "restore": _restore,
    "rewind": _rewind,
    "simulate": _simulate,
    "snapshot": _snapshot,
    "status": _status,
    "verify-db": _verify_db,
    "wallet": _wallet,
}


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(software.version())
def cli() -> None:
    """Animica: a full node of a post-quantum, useful-work blockchain."""


def main() -> None:
    """The entry point of the installed command."""
    sys.exit(cli())
