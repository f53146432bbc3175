"""The ledger's public face: what consensus reads and writes. Verbs take keywords.

Reads outside a unit see the latest commit; inside ``snapshot`` they all see the same one, inside
``unit`` they see what the unit wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from django.db import transaction

from chain.errors import HeadBroken, OtherGenesis, StateBroken, TotalsBroken
from chain.store import (
    audit,
    audit_undo,
    blocks,
    dump,
    history,
    keys,
    meta,
    pages,
    rewind,
    sections,
    state,
    verify,
)
from chain.store import prune as prune_rows
from chain.store import snapshot as snapshots
from chain.store import unit as units
from chain.store.lineage import Ancestors
from chain.store.pages import Pages
from chain.store.unit import Projector, Unit, register_projector, unregister_projector
from chain.values import (
    Audited,
    Kept,
    Part,
    Pruning,
    RewindPlan,
    StagedState,
    StoredHeader,
)
from core.block import Block
from core.errors import EncodingRefused
from core.failpoints import reach
from core.ports import RecordKey, StateReader
from core.proof import Lineage

__all__ = [
    "Projector",
    "Unit",
    "add_side_block",
    "ancestors",
    "audit_blocks",
    "audit_rest",
    "audit_side_blocks",
    "audit_undo_to",
    "canonical_header",
    "check_pruning",
    "children",
    "genesis_hash",
    "head",
    "initialise",
    "is_empty",
    "kept",
    "key_of",
    "load_block",
    "load_tables",
    "mark_invalid",
    "plan_pruning",
    "prune",
    "raw_block",
    "reader",
    "record_count",
    "register_projector",
    "rewind_plan",
    "rewind_step",
    "side_block_count",
    "snapshot",
    "stage_state",
    "stored",
    "table_migrations",
    "table_names",
    "table_row_count",
    "table_rows",
    "tips_heavier_than",
    "unit",
    "unregister_projector",
    "verify_head",
    "verify_state",
]

key_of = keys.key_of


def initialise(*, genesis: Block, changes: Mapping[RecordKey, bytes], supply: int) -> None:
    """Write the genesis block and its records, unless the same chain is stored already.

    ``supply`` is the sum of the allocations in nANM; total work starts at 0. Raises OtherGenesis
    when another chain is stored, StateBroken or TotalsBroken when the arguments disagree.
    """
    with transaction.atomic():
        known = meta.stored()
        if known is not None:
            _check_genesis(known, genesis)
            return
        if state.balances(changes) != supply:
            raise TotalsBroken("the genesis records do not add up to the supply", supply=supply)
        pages = Pages(b"")
        staged = state.stage(changes, pages, b"")
        if staged.root != genesis.header.roots.state:
            raise StateBroken("the genesis records do not give the header's state root", height=0)
        reach("genesis.begun")
        blocks.make_canonical(
            genesis, 0, minted=0, burnt=0, supply=supply, receipts=sections.pack([])
        )
        state.write(changes)
        pages.write(staged.pages)
        chain_id = genesis.header.chain
        meta.create(
            meta.Meta(
                chain_id,
                genesis.hash,
                genesis.hash,
                genesis_supply=supply,
                base_height=0,
                base_supply=supply,
                minted=0,
                burnt=0,
            )
        )
    reach("genesis.committed")


def _check_genesis(known: meta.Meta, genesis: Block) -> None:
    if known.genesis_hash != genesis.hash:
        raise OtherGenesis(
            f"the database holds chain {known.chain_id} with another genesis",
            stored="0x" + known.genesis_hash.hex(),
            wanted="0x" + genesis.hash.hex(),
        )


def head() -> StoredHeader:
    """The head of the best chain. Raises ChainEmpty before ``initialise``."""
    found = blocks.head()
    if found is None:
        meta.required()
        raise StateBroken("the head is not stored")
    return found


def is_empty() -> bool:
    """Whether no chain is stored yet."""
    return meta.stored() is None


def genesis_hash() -> bytes:
    """The identity of the stored chain. Raises ChainEmpty before ``initialise``."""
    return meta.required().genesis_hash


def stored(hash: bytes) -> StoredHeader | None:
    """The header of a stored block on any branch."""
    return blocks.by_hash(hash)


def canonical_header(height: int) -> StoredHeader | None:
    """The best chain's header at a height."""
    return blocks.at_height(height)


def raw_block(hash: bytes) -> bytes | None:
    """The canonical encoding of a stored block, equal to ``Block.raw``; None if not stored.

    Raises Pruned where a part of it is no longer kept.
    """
    found = blocks.raw(hash)
    if found is None:
        history.check_body(hash)
    return found


def load_block(hash: bytes) -> Block | None:
    """A stored block decoded; None if not stored. Raises Pruned as ``raw_block`` does."""
    found = blocks.load(hash)
    if found is None:
        history.check_body(hash)
        return None
    return found[0]


def ancestors(highest: int) -> Lineage:
    """The best chain up to a height, as the ancestors of the block that extends it."""
    return Ancestors(highest)


def children(hash: bytes) -> list[StoredHeader]:
    """Stored headers whose parent is this block, in order of arrival."""
    return blocks.children(hash)


def tips_heavier_than(work: int) -> list[StoredHeader]:
    """Ends of side branches with more work, the heaviest first; at most 256."""
    return blocks.tips_heavier_than(work)


class _HeadState:
    """The records as they stand in the database. A ``core.ports.StateReader``."""

    def get_many(self, records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
        """The values of those records that exist, read in sets."""
        return state.read(records)


_READER = _HeadState()


def reader() -> StateReader:
    """The state behind the head, or as the unit of this thread has left it."""
    return _READER


def snapshot() -> AbstractContextManager[None]:
    """A context whose reads all see one commit, whatever is committed meanwhile. No writing."""
    return snapshots.snapshot()


def stage_state(changes: Mapping[RecordKey, bytes | None]) -> StagedState:
    """The state tree after ``changes`` to the head's state; nothing is written."""
    unit = units.active()
    if unit is not None:
        return state.stage(changes, unit.pages, unit.head_hash)
    with snapshots.snapshot():
        head_hash = meta.required().head_hash
        pages = Pages(head_hash)
        staged = state.stage(changes, pages, head_hash)
    pages.share(head_hash)
    return staged


def add_side_block(*, block: Block, total_work: int) -> None:
    """Keep a block with its body beside the best chain; a known one stays as it is."""
    with transaction.atomic():
        reach("side.begun")
        if blocks.id_of(block.hash) is None:
            blocks.insert(block, total_work)
    reach("side.committed")


def mark_invalid(*, hash: bytes, code: str) -> None:
    """Never try a stored side block again, nor those that build on it.

    Descendants get the code ``block.parent_invalid``. Raises UnknownBlock when the block is not
    stored or is on the best chain.
    """
    with transaction.atomic():
        reach("invalid.begun")
        blocks.mark_invalid(hash, code)
    reach("invalid.committed")


def unit() -> AbstractContextManager[Unit]:
    """One database transaction that moves the head; see ``Unit`` for its verbs."""
    return units.open_unit()


def kept() -> Kept:
    """From which height on this node has each part of history."""
    return history.kept()


def check_pruning(*, keeps: Mapping[Part, int], window: int) -> None:
    """Raises PruneWindow where ``keeps``, in blocks below the head, cuts into ``window``.

    ``window`` is how many blocks a reorganisation may take back.
    """
    prune_rows.check_window(keeps, window)


def plan_pruning(*, keeps: Mapping[Part, int], window: int) -> list[Pruning]:
    """What ``prune`` would drop, part by part in the order to do it. Raises PruneWindow."""
    with snapshots.snapshot():
        return prune_rows.plan(keeps, window)


def prune(*, part: Part, keep: int, window: int, most: int) -> Pruning:
    """Drop a part of all but the newest ``keep`` blocks, at most ``most`` heights now.

    One transaction; call it again until it did no blocks. Raises PruneWindow.
    """
    return prune_rows.step(part, keep=keep, window=window, most=most)


def verify_head() -> None:
    """Check that the stored head holds together; cheap. Raises HeadBroken, StateBroken, …"""
    with snapshots.snapshot():
        try:
            verify.head()
        except EncodingRefused as refusal:
            raise HeadBroken(f"the head cannot be read: {refusal}") from refusal


def verify_state(*, progress: Callable[[int], None] = lambda count: None) -> None:
    """Re-hash every record, rebuild the tree and compare; takes about 20 µs a record.

    ``progress`` gets the count of records read. Raises StateBroken, TotalsBroken.
    """
    with snapshots.snapshot():
        verify.state_behind_head(progress)


def record_count() -> int:
    """How many records the state has."""
    return state.count()


def audit_blocks(*, first: int, work_of: Callable[[int], int]) -> Iterator[Audited]:
    """Hold every row of the best chain from a height up against the blocks themselves.

    Yields after each block what has been compared; run it inside a ``snapshot``. ``work_of``
    gives the work of a block of some Θ (micro-nats). Raises LedgerDamaged, TotalsBroken.
    """
    return audit.best_chain(first, work_of)


def audit_side_blocks(*, work_of: Callable[[int], int]) -> Iterator[Audited]:
    """The same for the blocks beside the best chain."""
    return audit.side_blocks(work_of)


def side_block_count() -> int:
    """How many blocks are stored beside the best chain."""
    return audit.side_count()


def audit_rest() -> None:
    """No row is about a height that the chain does not have; sums over all rows are the chain's.

    Raises LedgerDamaged, TotalsBroken.
    """
    audit.strays()


def audit_undo_to(height: int) -> Iterator[int]:
    """Undo the state block by block down to a height, writing nothing, and compare each root.

    Yields the rows undone; run it inside a ``snapshot``. Raises LedgerDamaged.
    """
    return audit_undo.walk(height)


def rewind_plan(*, height: int) -> RewindPlan:
    """What taking the best chain back to a height deletes. Raises RewindRefused."""
    with snapshots.snapshot():
        return rewind.plan(height)


def rewind_step(*, height: int) -> StoredHeader:
    """Go some blocks back towards a height in one transaction and delete what lay above.

    Call it until the head that it returns has that height. Raises RewindRefused, StateBroken.
    """
    return rewind.step(height)


def table_migrations() -> list[str]:
    """Which form of the tables this version of the node has."""
    return dump.migrations()


def table_names() -> list[str]:
    """Every table of the chain, each after those that it refers to."""
    return dump.tables()


def table_row_count(name: str) -> int:
    """How many rows a table has."""
    return dump.count(name)


def table_rows(name: str) -> Iterator[bytes]:
    """A table in PostgreSQL's binary form, for a backup; read all of them in one ``snapshot``."""
    return dump.rows_out(name)


def load_tables(rows: Callable[[str], Iterable[bytes]]) -> None:
    """Replace every table by what ``rows`` gives for its name, in one transaction (PostgreSQL).

    Checked before it is committed. Raises HeadBroken, StateBroken, TotalsBroken, ChainEmpty.
    """
    with transaction.atomic():
        reach("load.begun")
        dump.empty()
        for name in dump.tables():
            dump.rows_in(name, rows(name))
        dump.settle()
        verify.head()
    reach("load.committed")
    pages.forget()
