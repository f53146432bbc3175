"""The engine with all its parts, wired. Drivers and the simulator build it here."""

from __future__ import annotations

from collections.abc import Iterable

from p2p.rules.book import Book
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.conduct import Conduct
from p2p.rules.context import Context
from p2p.rules.engine import Engine
from p2p.rules.gossip import Gossip
from p2p.rules.snapshots.part import Snapshots
from p2p.rules.sync import Sync


def make_engine(
    ctx: Context, *, bans: Iterable[Ban] = (), book: Iterable[BookEntry] = ()
) -> Engine:
    """An engine over a context whose ``now`` is the present, with what the last run kept."""
    conduct = Conduct(ctx)
    conduct.restore(bans, ctx.now.wall_ms)
    addresses = Book(ctx)
    addresses.restore(book)
    sync = Sync(ctx)
    return Engine(ctx, (conduct, addresses, sync, Snapshots(ctx, sync), Gossip(ctx, sync)))
