"""``animica export`` and ``animica import``: blocks of the best chain to a file and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from animica_site.commands.opened import Place, goes_on, place_options, reading, writing
from animica_site.ledger import blockfile
from animica_site.ledger.blockfile import BlockFile, FileHead
from animica_site.ledger.faults import (
    BlockFileGap,
    BlockFileOtherChain,
    BlockFileRefused,
    NothingToExport,
)
from animica_site.progress import Progress
from core.errors import Refused, RequestRefused
from core.network import Network

if TYPE_CHECKING:
    from consensus.service import Importer, Outcome

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("export")
@click.argument("file", type=_FILE)
@place_options
@click.option("--from", "first", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--to", "last", type=click.IntRange(min=1), help="Up to this height; else the head.")
def export_blocks(file: Path, place: Place, first: int, last: int | None) -> None:
    """Write the best chain's blocks to FILE; works beside a running node.

    FILE appears when it is whole. An interrupted export goes on where it stopped.
    """
    with reading(place):
        from chain import service as chain

        with chain.snapshot(), goes_on():
            top = chain.head()
            end = top.height if last is None else last
            if not first <= end <= top.height:
                raise NothingToExport(
                    f"the chain has heights 1 to {top.height}, not {first} to {end}",
                    head=top.height,
                )
            head = FileHead(top.header.chain, chain.genesis_hash(), first)
            with Progress("exporting", total=end - first + 1) as progress:
                count = blockfile.write(file, head, _blocks(first, end), progress)
    click.echo(f"{file}: {count} blocks, heights {first} to {end}")


def _blocks(first: int, last: int) -> Iterator[bytes]:
    from chain import service as chain
    from chain.errors import BodyMissing

    for height in range(first, last + 1):
        header = chain.canonical_header(height)
        raw = None if header is None else chain.raw_block(header.hash)
        if raw is None:
            raise BodyMissing(f"the body of block {height} is not kept", height=height)
        yield raw


@click.command("import")
@click.argument("file", type=_FILE)
@place_options
def import_blocks(file: Path, place: Place) -> None:
    """Read blocks from FILE and verify every one as if a stranger had sent it.

    The node must be stopped. What is stored already is passed over, so an interrupted import
    goes on where it stopped.
    """
    network = place.network
    with blockfile.told(file), file.open("rb") as opened, goes_on():
        blocks = BlockFile(opened, most=network.block_bytes_most)
        _check_chain(blocks.head, network)
        with Progress("checking", total=file.stat().st_size, unit="bytes") as progress:
            count = blocks.check(progress)
        with writing(place):
            _import(blocks, count, network, place)


def _check_chain(head: FileHead, network: Network) -> None:
    from consensus.rules.genesis import genesis_block

    genesis = genesis_block(network).hash
    if head.genesis != genesis:
        raise BlockFileOtherChain(
            f"the file is of chain {head.chain} with genesis 0x{head.genesis.hex()[:16]}…, "
            f"this is chain {network.chain} with 0x{genesis.hex()[:16]}…",
            file="0x" + head.genesis.hex(),
            here="0x" + genesis.hex(),
        )


def _import(blocks: BlockFile, count: int, network: Network, place: Place) -> None:
    from animica_site.clock import NodeClock
    from animica_site.config import keep_network
    from animica_site.tasks import ThreadRunner
    from chain import service as chain
    from consensus.service import Importer
    from consensus.witnesses import WitnessChecker
    from core.bus import EventBus
    from pq.backends import require_backends

    require_backends()
    runner = ThreadRunner()
    try:
        importer = Importer(
            network=network,
            clock=NodeClock(),
            witnesses=WitnessChecker(runner),
            bus=EventBus(_listener_failed),
        )
        top = importer.start()
        keep_network(place.table, place.data_dir)
        first = blocks.head.first
        if first > top.height + 1:
            raise BlockFileGap(
                f"the file starts at height {first}, the chain here ends at {top.height}",
                first=first,
                head=top.height,
            )
        known = _import_all(importer, blocks, count)
    finally:
        runner.close()
    head = chain.head()
    click.echo(f"{count - known} blocks imported, {known} were here; the head is {head.height}")


def _listener_failed(event: object, error: Exception) -> None:
    raise error


def _import_all(importer: Importer, blocks: BlockFile, count: int) -> int:
    """Import as one row what is not stored yet; returns how many blocks were known."""
    known = 0
    given: deque[int] = deque()  # heights of the blocks whose outcome is awaited
    with Progress("importing", total=count) as progress:

        def unknown() -> Iterator[bytes]:
            nonlocal known
            for height, raw in enumerate(blocks.blocks(), blocks.head.first):
                if _is_stored(height, raw):
                    known += 1
                    progress.skip(1)
                    continue
                given.append(height)
                yield raw

        try:
            for result in importer.import_blocks(unknown(), source="file"):
                _check_outcome(result.outcome, given.popleft())
                known += result.outcome == "known"
                progress.advance()
        except RequestRefused:
            raise  # said by this command itself
        except Refused as refusal:
            raise BlockFileRefused(
                f"the block at height {given[0]} of the file was refused: {refusal}",
                rule=refusal.code,
                height=given[0],
            ) from None
    return known


def _is_stored(height: int, raw: bytes) -> bool:
    """Whether the best chain has this very block; cheaper to say than by decoding it."""
    from chain import service as chain

    header = chain.canonical_header(height)
    try:
        return header is not None and chain.raw_block(header.hash) == raw
    except RequestRefused:  # its body is pruned; the importer will know the block by its hash
        return False


def _check_outcome(outcome: Outcome, height: int) -> None:
    if outcome == "early":
        raise BlockFileRefused(
            f"the block at height {height} of the file is ahead of this machine's clock",
            rule="block.time_ahead",
            height=height,
        )
    if outcome == "orphan":
        raise BlockFileGap(f"the parent of the block at height {height} is not stored here")
