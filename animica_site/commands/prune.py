"""``animica prune``: drop old history of a stopped node, and give its space back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from animica_site.commands.opened import Place, changing, goes_on, place_options
from animica_site.ledger.faults import Unconfirmed
from animica_site.progress import Progress

if TYPE_CHECKING:
    from chain.values import Part, Pruning

BLOCKS_PER_STEP = 128
"""Heights of one transaction."""
_LOST = {
    "witnesses": "signatures and raw proofs: whole blocks and raw transactions",
    "bodies": "transactions in full, beside what witnesses take",
    "state": "the state as it was after old blocks, and the way back to them",
}
_AGE = click.IntRange(min=0)


@click.command()
@place_options
@click.option(
    "--witnesses-older-than",
    type=_AGE,
    metavar="BLOCKS",
    help="Drop signatures and raw proofs of blocks that are so many below the head.",
)
@click.option(
    "--bodies-older-than",
    type=_AGE,
    metavar="BLOCKS",
    help="Drop transactions and proofs too.",
)
@click.option(
    "--undo-older-than",
    type=_AGE,
    metavar="BLOCKS",
    help="Drop what gives back the state after old blocks.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--compact/--no-compact",
    default=None,
    help="Give free space back to the file system; by default after something was dropped.",
)
def prune(
    place: Place,
    witnesses_older_than: int | None,
    bodies_older_than: int | None,
    undo_older_than: int | None,
    dry_run: bool,
    yes: bool,
    compact: bool | None,
) -> None:
    """Drop old witnesses, bodies or undo of a stopped node; headers and receipts stay.

    Stopped half way, it goes on where it was when it is started again.
    """
    ages = {
        "witnesses": witnesses_older_than,
        "bodies": bodies_older_than,
        "state": undo_older_than,
    }
    asked = {name: age for name, age in ages.items() if age is not None}
    if not asked and not compact:
        raise click.UsageError("Say what to drop, for instance --witnesses-older-than 20000.")
    with changing(place):
        from animica_site.ledger import compaction
        from chain import service as chain
        from chain.values import Part

        network = place.network
        keeps = {Part(name): age for name, age in asked.items()}
        window = network.local.max_reorg_blocks
        plan = chain.plan_pruning(keeps=keeps, window=window)
        click.echo(_plan_words(plan, network.name, chain.head().height))
        if dry_run:
            return
        total = sum(part.blocks for part in plan)
        if total and not yes:
            _confirm()
        before = compaction.size()
        if total:
            _drop(keeps, plan, window)
        if compact or (compact is None and total):
            _compact(before)


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise Unconfirmed("nobody is there to ask, and --yes was not passed")
    if not click.confirm("This cannot be undone here. Go on?", err=True):
        raise Unconfirmed("nothing was changed")


def _plan_words(plan: Sequence[Pruning], name: str, head: int) -> str:
    rows = [f"{name}, head {head:,}"]
    for part in plan:
        word = "undo" if part.part.value == "state" else part.part.value
        if part.blocks:
            run = f"of blocks {part.first:,} to {part.end - 1:,}, {_mb(part.size)}"
            rows.append(f"  {word:<10} {run}: {_LOST[part.part.value]}")
        else:
            rows.append(f"  {word:<10} nothing so old is left")
    if any(part.blocks for part in plan):
        rows += [
            "Headers, receipts, events and the lists of transactions stay, and the state now.",
            "What goes is gone from this node. A node that was never pruned still has it, and its "
            "answers can be checked against the headers here.",
        ]
    return "\n".join(rows)


def _drop(keeps: dict[Part, int], plan: Sequence[Pruning], window: int) -> None:
    from chain import service as chain

    size = 0
    total = sum(part.blocks for part in plan)
    with goes_on(), Progress("pruning", total=total, unit="blocks") as progress:
        for part in (todo.part for todo in plan if todo.blocks):
            while True:
                done = chain.prune(part=part, keep=keeps[part], window=window, most=BLOCKS_PER_STEP)
                if not done.blocks:
                    break
                size += done.size
                progress.advance(done.blocks)
    click.echo(f"dropped {_mb(size)}")


def _compact(before: int) -> None:
    """Shrink the database, which took ``before`` bytes when the command started."""
    from animica_site.ledger import compaction

    if missing := compaction.room_missing():
        click.echo(
            f"The database keeps its size on disk; new blocks use the free space in it. To shrink "
            f"it, free {_mb(missing)} more of the disk and run `animica prune --compact`."
        )
        return
    click.echo("giving free space back to the file system …")
    compaction.compact()
    after = compaction.size()
    click.echo(f"database {_mb(before)} before, {_mb(after)} now: {_mb(before - after)} given back")


def _mb(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
