"""``animica rewind``: take the best chain back to a height."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from animica_site.commands.opened import Place, changing, goes_on, place_options
from animica_site.ledger.faults import Unconfirmed
from animica_site.progress import Progress

if TYPE_CHECKING:
    from chain.values import RewindPlan


@click.command()
@click.argument("height", type=click.IntRange(min=0))
@place_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def rewind(height: int, place: Place, yes: bool) -> None:
    """Take the best chain back to HEIGHT and delete the blocks above it.

    The node must be stopped. An interrupted rewind has gone part of the way; run it again.
    """
    with changing(place):
        from chain import service as chain

        plan = chain.rewind_plan(height=height)
        if plan.blocks == 0:
            click.echo(f"the head is at height {height} already; nothing is done")
            return
        _confirm(plan, yes)
        with goes_on(), Progress("undoing", total=plan.blocks) as progress:
            while progress.count < plan.blocks:
                head = chain.rewind_step(height=height)
                progress.at(plan.head - head.height)
        chain.verify_head()
        click.echo(f"the head is block {height}, 0x{chain.head().hash.hex()}")


def _confirm(plan: RewindPlan, yes: bool) -> None:
    click.echo(
        f"This takes the chain from height {plan.head} back to {plan.height} and deletes "
        f"{plan.blocks} blocks with {plan.txs} transactions"
        + (f", and {plan.side_blocks} blocks beside the chain" if plan.side_blocks else "")
        + ".\nTo keep them, `animica export` them first.",
        err=True,
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise Unconfirmed("nobody is there to ask, and --yes was not passed")
    if not click.confirm("Go on?", err=True):
        raise Unconfirmed("nothing was changed")
