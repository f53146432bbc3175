"""The ledger's read side for RPC, explorer and admin: bounded, cursor-paged, frozen values out.

Every list is newest first unless it says otherwise. A cursor is opaque: pass back what the last
page gave. Raises BadCursor and BadLimit for what a caller got wrong, ChainEmpty before genesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from chain.errors import BadCursor, BadLimit, BadRange, HeadBroken, Pruned, TooManyTopics
from chain.store import blocks as block_rows
from chain.store import history, keys, meta, past, sections, state, txs
from chain.store import proofs as proof_rows
from chain.store.past import ProvableState
from chain.store.snapshot import snapshot
from chain.values import (
    BlockProofs,
    BlockView,
    FullBlock,
    Kept,
    LogLine,
    Page,
    Part,
    PlainTx,
    ProvenRange,
    Record,
    RecordProof,
    Totals,
    TxLine,
    TxOutcome,
    TxView,
)
from core import merkle, statetree
from core.header import Header
from core.limits import TOPICS_PER_LOG
from core.proof import ProofReceipt
from core.receipt import Receipt
from execution.accounts import MODULE as ACCOUNT
from execution.accounts import Account

PAGE_MOST = 200
"""Most items of one page."""
HEADERS_MOST = 1_000
"""Most headers of one answer."""
LOG_BLOCKS_MOST = 10_000
"""Heights that one page of ``logs`` looks through at most."""
TOPIC_CHOICES_MOST = 32
RANGE_RECORDS_MOST = 256
"""Most records of a proven range."""
RANGE_BYTES_MOST = 131_072
"""Most bytes of ids and values of a proven range with more than one record."""

Topics = Sequence[bytes | Sequence[bytes] | None]
"""What topics must be, by position: one value, one of several, or None for anything."""

# Below no place of any chain, and above every one: heights and indices are signed 64-bit.
_END = 2**63 - 1
_T = TypeVar("_T")

_latest: BlockView | None = None


def head() -> BlockView:
    """The newest block. One look-up of the head's hash; the rest is kept as long as it stays."""
    global _latest
    head_hash = meta.head_hash()
    known = _latest
    if known is not None and known.hash == head_hash:
        return known
    found = block_rows.view_by_hash(meta.required().head_hash)
    if found is None:
        raise HeadBroken("the head is not stored")
    _latest = found
    return found


def block_by_hash(hash: bytes) -> BlockView | None:
    """A stored block of any branch."""
    return block_rows.view_by_hash(hash)


def block_by_height(height: int) -> BlockView | None:
    """The best chain's block at a height."""
    found = block_rows.views(height, height) if 0 <= height <= _END else []
    return found[0] if found else None


def blocks(before: int | None = None, limit: int = 25) -> Page[BlockView]:
    """The best chain's blocks below height ``before`` (None: from the head)."""
    _check_limit(limit, PAGE_MOST)
    if before is not None and not 0 <= before <= _END:
        raise BadCursor("the height is not one", field="before")
    top = head().header.height
    last = top if before is None else min(before - 1, top)
    found = block_rows.views(last - limit + 1, last)
    more = bool(found) and found[-1].header.height > 0
    return Page(tuple(found), str(found[-1].header.height) if more else None)


def headers(from_height: int, count: int) -> tuple[Header, ...]:
    """Up to ``count`` headers of the best chain, rising from a height."""
    _check_limit(count, HEADERS_MOST)
    if not 0 <= from_height <= _END - count:
        return ()
    return tuple(block_rows.headers(from_height, from_height + count - 1))


def full_block(hash: bytes) -> FullBlock | None:
    """A stored block decoded with its receipts; None if it is not stored. Raises Pruned."""
    found = block_rows.load(hash)
    if found is None:
        history.check_body(hash)
        return None
    block, receipts = found
    return FullBlock(block, () if receipts is None else sections.read_receipts(receipts))


def proofs(header: Header) -> BlockProofs:
    """The proofs of the stored block with this header. Raises Pruned where they are not kept."""
    if header.roots.proofs == merkle.EMPTY_ROOT:
        return BlockProofs((), ())
    return proof_rows.of_block(header.hash)


def proof_receipts(first: int, last: int) -> dict[int, tuple[ProofReceipt, ...]]:
    """By height, of the best chain's blocks that have any and still keep them.

    Both heights are included, at most HEADERS_MOST of them.
    """
    _check_limit(last - first + 1, HEADERS_MOST)
    return proof_rows.receipts_between(first, last)


def system_receipt(hash: bytes) -> Receipt | None:
    """What the end of a block did, on any branch; None if the block was never executed here.

    Raises Pruned below the snapshot that this ledger began from.
    """
    found = block_rows.receipts(hash)
    if found is None:
        _check_executed(hash)
        return None
    return sections.read_receipts(found)[-1]


def tx(txid: bytes) -> TxView | None:
    """A transaction of the best chain. Raises Pruned where its body is no longer kept."""
    return txs.view(txid)


def outcome(txid: bytes) -> TxOutcome | None:
    """What a transaction of the best chain did and where, however much is pruned."""
    return txs.outcome(txid)


def txids(height: int) -> tuple[bytes, ...]:
    """Ids of the transactions of the best chain's block at a height, in body order.

    Raises Pruned below the snapshot that this ledger began from.
    """
    found = txs.ids_of_block(height) if 0 <= height <= _END else ()
    if not found:
        history.check_executed(height)
    return found


def plain_txs(hash: bytes) -> tuple[PlainTx, ...]:
    """The transactions of a block of the best chain without their witnesses. Raises Pruned."""
    with snapshot():
        return txs.plain_of_block(hash)


def kept() -> Kept:
    """From which height on this node has each part of history."""
    return history.kept()


def pruned(part: Part, height: int) -> Pruned:
    """The refusal for a part of the block at ``height`` that this node dropped or never had."""
    now = history.kept()
    if 0 < height <= now.base and part is not Part.STATE:
        return history.never_here(height, now)
    return history.pruned(part, height, now.start_of(part))


def receipt(txid: bytes) -> Receipt | None:
    """The receipt of a transaction of the best chain."""
    return txs.receipt(txid)


def block_txs(height: int, cursor: str | None = None, limit: int = 50) -> Page[TxLine]:
    """Transactions of the best chain's block at a height, in body order.

    Raises Pruned below the snapshot that this ledger began from.
    """
    _check_limit(limit, PAGE_MOST)
    (start,) = _numbers(cursor, 1) or (0,)
    found = txs.of_block(height, start, limit + 1) if 0 <= height <= _END else []
    if not found:
        history.check_executed(height)
    return _page(found, limit, lambda line: f"{line.index + 1}")


def txs_by_address(address: bytes, cursor: str | None = None, limit: int = 50) -> Page[TxLine]:
    """Transactions that an address sent or received, each once.

    The list ends above ``kept().base``: what came before was never here.
    """
    _check_limit(limit, PAGE_MOST)
    height, index = _numbers(cursor, 2) or (_END, 0)
    found = txs.of_address(address, (height, index), limit + 1)
    return _page(found, limit, lambda line: f"{line.height}-{line.index}")


def recent_txs(limit: int = 25) -> tuple[TxLine, ...]:
    """The latest transactions of the best chain."""
    _check_limit(limit, PAGE_MOST)
    return tuple(txs.newest(limit))


def logs(
    *,
    address: bytes | None = None,
    topics: Topics = (),
    from_height: int = 0,
    to_height: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[LogLine]:
    """Events of the best chain between two heights, both included, oldest first.

    One page looks through LOG_BLOCKS_MOST heights at most, so it may be short or empty and still
    have a cursor. Raises Pruned for heights below the snapshot that this ledger began from.
    """
    _check_limit(limit, PAGE_MOST)
    _check_topics(topics)
    top = head().header.height
    last = top if to_height is None else min(to_height, top)
    if from_height <= last:
        history.check_executed(max(from_height, 1))
    height, index = _numbers(cursor, 2) or (max(from_height, 0), 0)
    if height > last:
        return Page((), None)
    seen_to = min(last, height + LOG_BLOCKS_MOST - 1)
    found = txs.logs(address, topics, (height, index), seen_to, limit + 1)
    page = _page(found, limit, lambda line: f"{line.height}-{line.log_index + 1}")
    if page.cursor is None and seen_to < last:
        return Page(page.items, f"{seen_to + 1}-0")
    return page


def record(module: str, id: bytes, *, height: int | None = None) -> bytes | None:
    """A record's value after the head, or after the best chain's block at ``height`` (≥ 0).

    Raises StateNotYet above the head, Pruned for a height whose state is no longer known.
    """
    if height is None:
        return state.read([(module, id)]).get((module, id))
    with snapshot():
        past.header_at(height)
        return state.value_at((module, id), height)


def account(address: bytes, *, height: int | None = None) -> tuple[int, int, bytes | None]:
    """(nonce, balance in nANM, code hash or None) of an account; absent accounts are zero."""
    found = Account.of_record(record(ACCOUNT, address, height=height))
    return found.nonce, found.balance, found.code


def prove(module: str, id: bytes, *, height: int | None = None) -> RecordProof:
    """A record with its proof under the state root of the head or of the block at ``height``.

    All of it is read from one commit. Raises StateNotYet, Pruned, StateTooFarBack.
    """
    key = keys.key_of(module, id)
    with snapshot():
        there = past.provable_at(height)
        proof = statetree.prove(there.source, key)
        return RecordProof(there.header, key, there.value((module, id)), proof)


def prove_range(
    first: bytes, last: bytes, *, limit: int = RANGE_RECORDS_MOST, height: int | None = None
) -> ProvenRange:
    """The records with keys from ``first`` to ``last`` (32 bytes each), with the proof of them.

    At most ``limit`` records and, beyond the first, RANGE_BYTES_MOST bytes of them; where that
    ends the answer early, its ``last`` is the last record's key. Raises BadRange, BadLimit and as
    ``prove`` does.
    """
    _check_limit(limit, RANGE_RECORDS_MOST)
    if len(first) != 32 or len(last) != 32 or first > last:
        raise BadRange("the range does not go from one state key up to another", field="last")
    with snapshot():
        there = past.provable_at(height)
        records: list[Record] = []
        size, reached, before = 0, last, first
        for key, record in there.records(first, last):
            size += len(record.id) + len(record.value)
            if records and (len(records) == limit or size > RANGE_BYTES_MOST):
                reached = before
                break
            records.append(record)
            before = key
        proof = statetree.prove_range(there.source, first, reached)
    return ProvenRange(there.header, first, reached, tuple(records), proof)


@contextmanager
def provable(height: int | None = None) -> Iterator[ProvableState]:
    """The state after the block at a height (None: the head), all of one commit, for a long read.

    Raises StateNotYet, Pruned, StateTooFarBack.
    """
    with snapshot():
        yield past.provable_at(height)


def totals() -> Totals:
    """Genesis supply and supply after the head; minted and burnt since ``base_height``; nANM."""
    return meta.required().totals


def _check_executed(hash: bytes) -> None:
    found = block_rows.by_hash(hash)
    if found is not None and found.canonical:
        history.check_executed(found.height)


def _check_limit(limit: int, most: int) -> None:
    if not 1 <= limit <= most:
        raise BadLimit(f"the limit is {limit}, the most is {most}", field="limit", most=most)


def _check_topics(topics: Topics) -> None:
    if len(topics) > TOPICS_PER_LOG:
        raise TooManyTopics(f"a log has at most {TOPICS_PER_LOG} topics", field="topics")
    for wanted in topics:
        if wanted is None or isinstance(wanted, bytes):
            continue
        if not 1 <= len(wanted) <= TOPIC_CHOICES_MOST:
            raise TooManyTopics(
                f"a position takes 1 to {TOPIC_CHOICES_MOST} choices", field="topics"
            )


def _numbers(cursor: str | None, count: int) -> tuple[int, ...] | None:
    """The numbers of a cursor, None without one."""
    if cursor is None:
        return None
    parts = cursor.split("-")
    plain = all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts)
    numbers = tuple(int(part) for part in parts) if plain else ()
    if len(numbers) != count or any(number > _END for number in numbers):
        raise BadCursor("the cursor is not one of this list", field="cursor")
    return numbers


def _page(found: Sequence[_T], limit: int, cursor_of: Callable[[_T], str]) -> Page[_T]:
    """A page of ``found``, which was asked for one item more than the limit."""
    items = tuple(found[:limit])
    return Page(items, cursor_of(items[-1]) if len(found) > limit else None)
