"""``animica verify-db``: does everything that is stored hold together?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from animica_site.commands.opened import Place, place_options, reading
from animica_site.progress import Progress

if TYPE_CHECKING:
    from chain.values import Audited


@click.command("verify-db")
@place_options
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the newest N blocks, and their undo.",
)
@click.option(
    "--from",
    "from_height",
    type=click.IntRange(min=0),
    metavar="HEIGHT",
    help="Only blocks from this height up; goes on after an interruption.",
)
@click.option("--skip-state", is_flag=True, help="Leave the records and the state tree out.")
def verify_db(place: Place, last: int | None, from_height: int | None, skip_state: bool) -> None:
    """Re-hash everything that is stored; works on a stopped node and beside a running one.

    Records and state tree, headers, bodies and receipts of every block, transaction and log rows,
    totals, and undo. Exits with 1 and names the first thing that is wrong.
    """
    with reading(place):
        from chain import service as chain

        with chain.snapshot():
            chain.verify_head()
            head = chain.head().height
            first = max(from_height or 0, 0 if last is None else head - last + 1)
            if first > head:
                raise click.BadParameter(f"the head is at height {head}", param_hint="--from")
            if not skip_state:
                _check_state()
            main, side = _check_blocks(first, head)
            chain.audit_rest()
            reaches = max(chain.kept().state_from, first - 1)
            rows = _check_undo(head, reaches)
    checked = ["blocks"] if skip_state else ["state", "blocks"]
    click.echo(
        f"{' and '.join(checked)} hold together: head {head}, {main.blocks} blocks from {first}, "
        f"{side.blocks} beside the chain, {main.txs} transactions, {main.logs} events, "
        f"{rows} undo rows back to {reaches}"
    )
    for name, count in sorted((Counter(main.not_kept) + Counter(side.not_kept)).items()):
        click.echo(f"not kept, so not checked: {name} of {count} blocks")


def _check_state() -> None:
    from chain import service as chain

    with Progress("records", total=chain.record_count(), unit="records") as progress:
        chain.verify_state(progress=progress.at)
        progress.at(chain.record_count())


def _check_blocks(first: int, head: int) -> tuple[Audited, Audited]:
    from chain import service as chain
    from chain.values import Audited
    from consensus.rules.seal import block_work

    main, side = Audited(), Audited()
    reached = first
    try:
        with Progress("blocks", total=max(0, head - first + 1)) as progress:
            for main in chain.audit_blocks(first=first, work_of=block_work):
                reached = first + main.blocks
                progress.at(main.blocks)
    except KeyboardInterrupt:
        click.echo(f"interrupted; `--from {reached} --skip-state` goes on from here", err=True)
        raise SystemExit(130) from None
    if count := chain.side_block_count():
        with Progress("blocks beside the chain", total=count) as progress:
            for side in chain.audit_side_blocks(work_of=block_work):
                progress.at(side.blocks)
    return main, side


def _check_undo(head: int, reaches: int) -> int:
    from chain import service as chain

    rows = 0
    with Progress("undo of blocks", total=max(0, head - reaches)) as progress:
        for undone in chain.audit_undo_to(reaches):
            rows = undone
            progress.advance()
    return rows
