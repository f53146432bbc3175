"""``animica snapshot``: a state in a directory, made, checked, and loaded into an empty node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from animica_site.clock import NodeClock
from animica_site.commands.opened import Place, goes_on, place_options, reading, writing
from animica_site.ledger.blockfile import told
from animica_site.ledger.faults import FileExists, SnapshotDamaged, SnapshotOtherChain
from animica_site.progress import Progress
from core.errors import BlockRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from animica_site.ledger.snapshots import SnapshotFolder
    from chain.values import SnapshotLoad
    from core.header import Header

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def snapshot() -> None:
    """Make, check and load snapshots: a node's whole state after a block, without its history."""


@snapshot.command()
@place_options
@click.option("--out", type=_FOLDER, help="New directory; else animica-NETWORK-HEIGHT here.")
def create(place: Place, out: Path | None) -> None:
    """Write the state after the head, and all headers; works beside a running node.

    The directory appears when it is whole. An interrupted run goes on where it stopped.
    """
    if out is not None and out.exists():
        raise FileExists(f"{out} is there already", path=str(out))
    with reading(place), goes_on():
        from animica_site.ledger import snapshots
        from chain import service as chain

        head = chain.head()
        folder = out or Path(f"animica-{place.network.name}-{head.height}")
        if folder.exists():
            raise FileExists(f"{folder} is there already", path=str(folder))
        total = chain.record_count()
        with told(folder), Progress("writing", total=total, unit="records") as progress:
            made = snapshots.make(folder, step=progress.advance, skip=progress.skip)
    click.echo(
        f"{folder}: block {made.header.height}, 0x{made.header.hash.hex()}, "
        f"{made.records:,} records in {made.chunks:,} chunks, {made.size:,} bytes"
    )


@snapshot.command()
@click.argument("folder", type=_FOLDER)
@place_options
def verify(folder: Path, place: Place) -> None:
    """Prove every chunk of the snapshot in FOLDER against its header, and check its headers.

    Says what no file can prove: that its block is on the chain with most work.
    """
    opened = _open(folder, place)
    header = opened.manifest.header
    click.echo(f"block {header.height}, 0x{header.hash.hex()}\n  state root 0x{_root(opened)}")
    if opened.has_headers:
        work = 0
        for _, work in _checked(opened, place):  # noqa: B007
            pass
        click.echo(
            f"  headers: {header.height:,} from genesis on, every rule on headers and every seal "
            f"holds; {work:,} draws of work"
        )
    else:
        from consensus.rules import seal

        seal.check_claims(header, place.network)
        click.echo("  headers: only its own is here; it has a seal for the Θ that it states")
    records, balance = _prove(opened)
    click.echo(
        f"  records: {records:,} in {opened.manifest.chunks:,} chunks, all proven, none left out\n"
        f"  supply:  {balance // 10**9:,}.{balance % 10**9:09d} ANM in its accounts\n"
        "Not proven: that this block is on the chain with most work. Compare its hash with a node "
        "that you trust, or let peers show their headers: `animica node --snapshot-sync`."
    )


@snapshot.command()
@click.argument("folder", type=_FOLDER)
@place_options
def load(folder: Path, place: Place) -> None:
    """Load the snapshot in FOLDER into an empty data directory or database.

    The node must be stopped. Everything is verified before the first block shows; an interrupted
    load goes on where it stopped.
    """
    opened = _open(folder, place)
    with writing(place), goes_on(), told(folder):
        from animica_site.config import keep_network
        from chain import loading
        from chain import service as chain
        from consensus.rules import genesis, seal

        chain.initialise(
            genesis=genesis.genesis_block(place.network),
            changes=genesis.genesis_records(place.network),
            supply=genesis.genesis_supply(place.network),
        )
        keep_network(place.table, place.data_dir)
        known = loading.progress()
        hash = opened.manifest.header.hash
        if known is None or known.hash != hash:
            known = loading.begin(headers=(header for header, _ in _checked(opened, place)))
        _load_records(opened, known)
        click.echo("putting the state in place …", err=True)
        loading.finish(hash=hash, work_of=seal.block_work)
        chain.verify_head()
        head = chain.head()
    click.echo(
        f"the head is block {head.height}, 0x{head.hash.hex()}\n"
        f"Of blocks 1 to {head.height} this node has the headers alone. That they are the chain "
        "with most work is for its peers to show."
    )


def _load_records(opened: SnapshotFolder, known: SnapshotLoad) -> None:
    from chain import loading

    with Progress("loading", total=opened.manifest.records, unit="records") as progress:
        progress.skip(known.records)
        if known.following is None:
            return
        for index, piece in enumerate(opened.verified(known.chunks, known.following), known.chunks):
            loading.store(
                hash=known.hash,
                index=index,
                first=piece.first,
                last=piece.last,
                records=piece.records,
            )
            progress.advance(len(piece.records))


def _open(folder: Path, place: Place) -> SnapshotFolder:
    """The snapshot in a directory, which is of this network. Sets up nothing but the reading."""
    from animica_site.commands import running

    running.prepare(place.table, place.data_dir, json_logs=False, level="WARNING")
    from animica_site.ledger import snapshots

    with told(folder):
        opened = snapshots.read(folder)
    header, network = opened.manifest.header, place.network
    if header.chain != network.chain:
        raise SnapshotOtherChain(
            f"the snapshot is of chain {header.chain}, {network.name} is {network.chain}",
            chain=header.chain,
        )
    return opened


def _root(opened: SnapshotFolder) -> str:
    return opened.manifest.header.roots.state.hex()


def _checked(opened: SnapshotFolder, place: Place) -> Iterator[tuple[Header, int]]:
    """Its headers with the work up to each, held against the rules from this genesis on."""
    from chain.errors import SnapshotInvalid
    from consensus.snapshots import checked_headers

    total = opened.manifest.header.height
    try:
        with Progress("checking headers", total=total, unit="headers") as progress:
            now_ms = NodeClock().now_ms()
            for found in checked_headers(opened.headers(), place.network, now_ms):
                yield found
                progress.advance()
    except SnapshotInvalid as refusal:
        if refusal.facts.get("height") == 1:
            raise SnapshotOtherChain(
                f"the snapshot's first header does not follow the genesis of {place.network.name}"
            ) from None
        raise
    except BlockRefused as refusal:
        raise SnapshotDamaged(f"a header breaks a rule: {refusal}", rule=refusal.code) from None


def _prove(opened: SnapshotFolder) -> tuple[int, int]:
    """Count of records and sum of balances, once every chunk is proven."""
    from execution.accounts import MODULE, Account

    balance = 0
    with Progress("proving", total=opened.manifest.records, unit="records") as progress:
        for piece in opened.verified():
            balance += sum(
                Account.decode(value).balance
                for (module, _), value in piece.records
                if module == MODULE
            )
            progress.advance(len(piece.records))
    return progress.count, balance
