"""Every row about a block held against the block itself. Run inside a snapshot.

Headers hash to their names and follow their parents, sections give the roots, columns are what
header and sections say, money adds up row by row. One block is in memory at a time. What a node
no longer keeps (a section that is NULL) is counted, not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from chain.errors import LedgerDamaged, TotalsBroken
from chain.store import audit_rows, blocks, history, meta, sections, sql
from chain.store.audit_rows import Body
from chain.values import Audited, BlockStatus, Kept, Part
from core import cbor, merkle
from core.errors import EncodingRefused
from core.hashing import ZERO32
from core.header import Header
from core.proof import Envelope, ProofReceipt
from core.receipt import Receipt

WorkOf = Callable[[int], int]
"""The work of a block of some Θ (micro-nats), by consensus rules."""

_COLUMNS = (
    *("id", "hash", "height", "parent_hash", "time_ms", "coinbase", "header", "total_work"),
    *("status", "canonical", "size_bytes", "tx_count", "gas_used", "minted", "burnt", "supply"),
)
_SECTIONS = ("txs", "witnesses", "proofs", "envelopes", "receipts")
_PART_OF: dict[str, Part | None] = {
    "txs": Part.BODIES,
    "proofs": Part.BODIES,
    "witnesses": Part.WITNESSES,
    "envelopes": Part.WITNESSES,
    "receipts": None,
}
_FORMS: dict[str, Callable[[Any], object]] = {
    "proofs": ProofReceipt.from_map,
    "envelopes": Envelope.from_map,
    "receipts": Receipt.from_map,
}
"""Items that what follows looks into; the others are known by their root alone."""
_QUERY = (
    f"SELECT {', '.join(f'b.{name}' for name in _COLUMNS)}, d.block_id, "
    f"{', '.join(f'd.{name}' for name in _SECTIONS)} "
    "FROM chain_block b LEFT JOIN chain_blockbody d ON d.block_id = b.id"
)


@dataclass(frozen=True)
class _Stored:
    """A block's row with its header decoded and its name checked."""

    row: dict[str, Any]
    header: Header

    @property
    def where(self) -> str:
        """The block as an error names it."""
        return f"block {self.header.height} ({self.header.hash.hex()[:16]}…)"

    def damaged(self, part: str, problem: str) -> NoReturn:
        """Raise what is wrong with this block."""
        raise LedgerDamaged(
            f"{self.where}: {problem}",
            part=part,
            height=self.header.height,
            block="0x" + self.header.hash.hex(),
        )


def best_chain(first: int, work_of: WorkOf) -> Iterator[Audited]:
    """Check the best chain from height ``first`` to the head; yields after each block.

    Raises LedgerDamaged or TotalsBroken.
    """
    row, kept = meta.required(), history.kept()
    done = Audited()
    above = _at(first - 1) if first > 0 else None
    height = first
    while True:
        block = _at(height)
        if block is None:
            break
        bare = 0 < height <= row.base_height
        body = _check_bare(block) if bare else _check_block(block, kept)
        _check_place(block, above, work_of)
        if above is None:
            _check_genesis(block, row)
        elif bare:
            _check_bare_money(block, row)
        else:
            _check_money(block, above)
        txs = audit_rows.check_txs(block.header, block.row["id"], body, block.damaged)
        logs = audit_rows.check_logs(block.header, body, block.damaged)
        done = _plus(done, body, txs, logs)
        yield done
        above, height = block, height + 1
    _check_end(above, row)


def side_blocks(work_of: WorkOf) -> Iterator[Audited]:
    """Check every block beside the best chain; yields after each. Raises LedgerDamaged."""
    done, last, kept = Audited(), 0, history.kept()
    while True:
        query = f"{_QUERY} WHERE NOT b.canonical AND b.id > %s ORDER BY b.id LIMIT 1"
        row = sql.one(query, (last,))
        if row is None:
            return
        block = _stored(row)
        body = _check_block(block, kept)
        parent = _by_hash(block.header.parent)
        if parent is None:
            block.damaged("chain_block", "its parent is not stored")
        _check_place(block, parent, work_of)
        for column in ("minted", "burnt", "supply"):
            if block.row[column] is not None:
                block.damaged(f"chain_block.{column}", f"{column} is set beside the best chain")
        done = _plus(done, body)
        yield done
        last = block.row["id"]


def _plus(done: Audited, body: Body, txs: int = 0, logs: int = 0) -> Audited:
    not_kept = {**done.not_kept}
    for name in body.not_kept:
        not_kept[name] = not_kept.get(name, 0) + 1
    return Audited(done.blocks + 1, done.txs + txs, done.logs + logs, not_kept)


def side_count() -> int:
    """How many blocks are stored beside the best chain."""
    row = sql.one("SELECT COUNT(*) FROM chain_block WHERE NOT canonical")
    return 0 if row is None else int(row[0])


def strays() -> None:
    """No row is about a block that is not there, and the sums over all rows are the chain's."""
    row = meta.required()
    head = blocks.by_hash(row.head_hash)
    height = -1 if head is None else head.height
    counted = sql.one("SELECT COUNT(*) FROM chain_block WHERE canonical")
    if counted is None or counted[0] != height + 1:
        raise LedgerDamaged(
            f"the best chain has {counted and counted[0]} blocks up to its head at {height}",
            part="chain_block",
            height=height,
        )
    kept = history.kept()
    # A head that was loaded has no body, so its mark stands one above it.
    highest = {Part.BODIES: max(height, row.base_height + 1), Part.STATE: height}
    highest[Part.WITNESSES] = highest[Part.BODIES]
    if not all(row.base_height <= kept.start_of(part) <= highest[part] for part in Part):
        raise LedgerDamaged(
            f"a mark of pruning is not within heights {row.base_height} to {height}: {kept}",
            part="chain_meta",
        )
    for table in ("chain_tx", "chain_log", "chain_undo"):
        low, high = sql.one(f"SELECT MIN(height), MAX(height) FROM {table}") or (None, None)
        if low is not None and not row.base_height < low <= high <= height:
            raise LedgerDamaged(
                f"{table} has rows of heights {low} to {high}, the chain ends at {height}",
                part=table,
                height=int(low if low <= row.base_height else high),
            )
    minted, burnt = blocks.minted_and_burnt_above(row.base_height)
    if (minted, burnt) != (row.minted, row.burnt):
        raise TotalsBroken(
            f"blocks mint {minted} and burn {burnt} nANM in all, "
            f"the chain's row says {row.minted} and {row.burnt}"
        )


def _at(height: int) -> _Stored | None:
    row = sql.one(f"{_QUERY} WHERE b.height = %s AND b.canonical", (height,))
    return None if row is None else _stored(row)


def _by_hash(block_hash: bytes) -> _Stored | None:
    row = sql.one(f"{_QUERY} WHERE b.hash = %s", (block_hash,))
    return None if row is None else _stored(row)


def _stored(found: sql.Row) -> _Stored:
    """The row by column; its header decodes and hashes to the name it is stored under."""
    names = (*_COLUMNS, "body", *_SECTIONS)
    row = {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, value in zip(names, found, strict=True)
    }
    height = int(row["height"])
    try:
        header = Header.decode(row["header"])
    except EncodingRefused as refusal:
        raise LedgerDamaged(
            f"the header of block {height} cannot be read: {refusal}",
            part="chain_block.header",
            height=height,
        ) from None
    if header.hash != row["hash"]:
        raise LedgerDamaged(
            f"the header of block {height} does not hash to the name it is stored under",
            part="chain_block.header",
            height=height,
        )
    return _Stored(row, header)


def _check_bare(block: _Stored) -> Body:
    """A block below a snapshot: its header, and nothing that nobody here has seen."""
    row = block.row
    _check_columns(block)
    if row["status"] != BlockStatus.HEADER.value:
        block.damaged("chain_block.status", "it was loaded, but its status is another")
    for column in ("size_bytes", "tx_count", "minted", "burnt"):
        if row[column] is not None:
            block.damaged(f"chain_block.{column}", f"{column} is set, but its body was never here")
    if row["body"] is not None:
        block.damaged("chain_blockbody", "it has a body row, but its body was never here")
    return Body(dict.fromkeys(_SECTIONS))


def _check_bare_money(block: _Stored, row: meta.Meta) -> None:
    """Only the snapshot's own block has a supply: what its balances add up to."""
    wanted = row.base_supply if block.header.height == row.base_height else None
    if block.row["supply"] != wanted:
        block.damaged("chain_block.supply", "its supply is not that of the chain's base")


def _check_block(block: _Stored, kept: Kept) -> Body:
    """Columns against the header, sections against its roots."""
    row = block.row
    _check_columns(block)
    if row["canonical"] and row["status"] != BlockStatus.EXECUTED.value:
        block.damaged("chain_block.status", "it is on the best chain but not executed")
    if row["status"] not in list(BlockStatus):
        block.damaged("chain_block.status", "its status is unknown")
    if row["body"] is None:
        block.damaged("chain_blockbody", "its body has no row")
    lists = {name: _items(block, name, kept) for name in _SECTIONS}
    _check_lists(block, lists)
    return Body(lists)


def _check_columns(block: _Stored) -> None:
    header, row = block.header, block.row
    wanted = {
        "height": header.height,
        "parent_hash": header.parent,
        "time_ms": header.time,
        "coinbase": header.coinbase,
        "gas_used": header.gas_used,
    }
    for column, value in wanted.items():
        if row[column] != value:
            block.damaged(f"chain_block.{column}", f"{column} is not what the header says")


def _items(block: _Stored, name: str, kept: Kept) -> list[Any] | None:
    """The decoded items of a section whose root is right; None where it may be absent and is."""
    section = block.row[name]
    if section is None:
        # Receipts are never pruned; a block beside the chain may have none yet.
        part, height = _PART_OF[name], block.header.height
        pruned = part is not None and 0 < height < kept.start_of(part)
        if not pruned and (part is not None or block.row["canonical"]):
            block.damaged(f"chain_blockbody.{name}", f"its {name} are not stored")
        return None
    try:
        items = sections.unpack(section, name)
        for item in items if name in _FORMS else ():
            _FORMS[name](item)
    except EncodingRefused as refusal:
        block.damaged(f"chain_blockbody.{name}", f"its {name} cannot be read: {refusal}")
    root = getattr(block.header.roots, name, None)  # envelopes have none: their receipts name them
    if root is not None and merkle.root([cbor.encode(item) for item in items]) != root:
        block.damaged(f"chain_blockbody.{name}", f"its {name} do not give roots.{name}")
    return items


def _check_lists(block: _Stored, lists: dict[str, list[Any] | None]) -> None:
    """Lists of one block are as long as they must be, together as in its columns."""
    row = block.row
    for name, wanted in (("txs", row["tx_count"]), ("witnesses", row["tx_count"])):
        found = lists[name]
        if found is not None and len(found) != wanted:
            block.damaged("chain_block.tx_count", f"tx_count is {wanted}, not {len(found)}")
    proofs, envelopes = lists["proofs"], lists["envelopes"]
    if proofs is not None and envelopes is not None and len(proofs) != len(envelopes):
        block.damaged("chain_blockbody.envelopes", "its proofs and envelopes do not pair")
    for proof, envelope in zip(proofs or (), envelopes or (), strict=False):
        if proof["envelope"] != Envelope.from_map(envelope).digest:
            block.damaged("chain_blockbody.envelopes", "an envelope is not its receipt's")
    parts = {name: row[name] for name in _SECTIONS if name != "receipts"}
    if None not in parts.values():
        size = len(sections.assemble(row["header"], **parts))
        if size != row["size_bytes"]:
            block.damaged("chain_block.size_bytes", f"size_bytes is not {size}")


def _check_place(block: _Stored, parent: _Stored | None, work_of: WorkOf) -> None:
    header = block.header
    if parent is None:
        wanted = (ZERO32, 0, 0)
    else:
        work = int.from_bytes(parent.row["total_work"], "big") + work_of(header.theta)
        wanted = (parent.header.hash, parent.header.height + 1, work)
    if header.parent != wanted[0] or header.height != wanted[1]:
        block.damaged("chain_block", "it does not follow the block below it")
    if block.row["total_work"] != blocks.work_bytes(wanted[2]):
        block.damaged("chain_block.total_work", "total_work is not the sum of the work below it")


def _check_genesis(block: _Stored, row: meta.Meta) -> None:
    if block.header.hash != row.genesis_hash or block.header.chain != row.chain_id:
        block.damaged("chain_meta.genesis_hash", "the chain's row names another genesis")
    money = tuple(block.row[name] for name in ("minted", "burnt", "supply"))
    if money != (0, 0, row.genesis_supply):
        block.damaged("chain_block.supply", "genesis does not start with the genesis supply")


def _check_money(block: _Stored, above: _Stored) -> None:
    """Supply = what it was + minted − burnt."""
    before, after = above.row["supply"], block.row["supply"]
    minted, burnt = block.row["minted"], block.row["burnt"]
    amounts = (before, after, minted, burnt)
    if any(type(amount) is not int or amount < 0 for amount in amounts):
        block.damaged("chain_block.supply", "an amount is missing or below 0")
    if after != before + minted - burnt:
        raise TotalsBroken(
            f"{block.where}: the supply was {before} nANM, {minted} are minted and {burnt} burnt, "
            f"but it is said to be {after}",
            height=block.header.height,
        )


def _check_end(last: _Stored | None, row: meta.Meta) -> None:
    if last is None or last.header.hash != row.head_hash:
        height = -1 if last is None else last.header.height
        raise LedgerDamaged(
            f"the best chain breaks off at height {height}, below the head",
            part="chain_block",
            height=height,
        )
    if last.row["supply"] != row.supply:
        raise TotalsBroken("the head's supply is not the chain's", height=last.header.height)
