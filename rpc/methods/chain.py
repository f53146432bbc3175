"""``chain.``: blocks, headers, events and the network's parameters."""

from __future__ import annotations

from typing import Annotated, Any, cast

from chain import queries
from chain import service as chain
from chain.errors import BadCursor, Pruned, TooManyTopics
from chain.values import BlockView as StoredBlock
from core.errors import BlockRefused, EncodingRefused
from rpc import blocks, context, heads, readings, views
from rpc.at_block import height_of
from rpc.dispatch import BODY_BYTES
from rpc.errors import Busy, DatabaseAway, NodeAbsent
from rpc.params import (
    BYTES32,
    Address,
    BlockRef,
    Bytes32,
    Cursor,
    Flag,
    Kind,
    Limit,
    Uint,
    hex_bytes,
    list_of,
)
from rpc.registry import json_name, method
from rpc.results.chain import (
    BlockSummary,
    BlockView,
    HeaderView,
    ParamsView,
    SubmittedBlock,
    SyncStatus,
)
from rpc.results.tx import LogPage

_BLOCK_HEX_BYTES = BODY_BYTES // 2
_TOPICS = 4
_CHOICES = 32


def _read_topic(value: Any) -> bytes | tuple[bytes, ...] | None:
    if value is None:
        return None
    if type(value) is list:
        return tuple(_choices.read(value))
    return bytes(BYTES32.read(value))


_choices = list_of(BYTES32, most=_CHOICES)
_topic = Kind({"oneOf": [{"type": "null"}, BYTES32.schema, _choices.schema]}, _read_topic)
Topics = Annotated[
    tuple[bytes | tuple[bytes, ...] | None, ...],
    list_of(_topic, most=_TOPICS),
    "Per position: null for anything, one topic, or an array of alternatives.",
]


@method("chain.getChainId", errors=[NodeAbsent])
def get_chain_id() -> int:
    """The chain id that transactions of this network carry."""
    return context.importer().network.chain


@method("chain.getParams", errors=[NodeAbsent])
def get_params() -> ParamsView:
    """The network's identity and parameters.

    `params` and `poies` are consensus, as the next block has them; their digests are in `policy`
    and in every header. `sets` names the parameter sets and the heights from which they rule.
    `local` is what this node decides for itself.
    """
    network = context.importer().network
    genesis = queries.block_by_height(0)
    assert genesis is not None, "a running node has its genesis stored"
    rules = network.at(queries.head().header.height + 1)
    pins = network.pins_at(rules.first)
    return {
        "name": network.name,
        "chain": network.chain,
        "genesisHash": views.hexed(genesis.hash),
        "params": _camel(rules.params.to_map()),
        "poies": _camel(rules.poies.to_map()),
        "algs": [{"alg": alg, "from": height} for alg, height in network.alg_from],
        "proofTypes": [{"type": kind, "from": height} for kind, height in network.proofs_from],
        "sets": [{"name": one.name, "from": one.first} for one in network.sets],
        "policy": {
            "poies": views.hexed(pins.poies),
            "alg": views.hexed(pins.alg),
            "zk": views.hexed(pins.zk),
            "params": views.hexed(pins.params),
        },
        "local": _camel(network.local.to_map()),
    }


def _camel(table: dict[str, Any]) -> dict[str, Any]:
    return {
        json_name(name): _camel(value) if isinstance(value, dict) else value
        for name, value in table.items()
    }


@method("chain.getHead")
def get_head() -> BlockSummary:
    """The newest block of the best chain, without its transactions."""
    return heads.current()


@method("chain.getBlockByNumber", errors=[Pruned])
def get_block_by_number(
    block: BlockRef,
    full_txs: Annotated[Flag, "Give whole transactions instead of their ids."] = False,
) -> BlockView | None:
    """The best chain's block at a height or tag; null where there is none yet.

    `safe` is the block 12 below the head.
    """
    with chain.snapshot():
        found = queries.block_by_height(height_of(block))
        return None if found is None else _with_txs(found, full_txs)


@method("chain.getBlockByHash", errors=[Pruned])
def get_block_by_hash(
    hash: Bytes32,
    full_txs: Annotated[Flag, "Give whole transactions instead of their ids."] = False,
) -> BlockView | None:
    """A stored block of any branch; null if the node does not have it."""
    with chain.snapshot():
        found = queries.block_by_hash(hash)
        return None if found is None else _with_txs(found, full_txs)


def _with_txs(block: StoredBlock, full_txs: bool) -> BlockView:
    """The block with its transactions, whose places only blocks of the best chain show."""
    listed = _on_chain(block, full_txs) if block.canonical else _aside(block, full_txs)
    return cast("BlockView", {**views.block_summary(block), "txs": listed})


def _on_chain(block: StoredBlock, full_txs: bool) -> list[Any]:
    """Its transactions' ids are in rows that stay; in full they need the body."""
    height, time = block.header.height, block.header.time
    if not full_txs:
        return [views.hexed(txid) for txid in queries.txids(height)]
    return [
        views.plain_transaction(tx.unsigned, tx.size_bytes, (block.hash, height, index, time))
        for index, tx in enumerate(queries.plain_txs(block.hash))
    ]


def _aside(block: StoredBlock, full_txs: bool) -> list[Any]:
    full = queries.full_block(block.hash)
    txs = () if full is None else full.block.txs
    return [views.transaction(tx) if full_txs else views.hexed(tx.txid) for tx in txs]


@method("chain.getHeaders")
def get_headers(
    from_height: Uint, count: Annotated[Limit, "At most 100."] = 25
) -> list[HeaderView]:
    """Headers of the best chain from a height upwards; fewer at its end."""
    return [views.header(header) for header in queries.headers(from_height, count)]


@method("chain.getLogs", errors=[BadCursor, TooManyTopics, Pruned])
def get_logs(
    address: Annotated[Address | None, "Only events of this account."] = None,
    topics: Topics = (),
    from_: Annotated[BlockRef, "First block, included."] = "earliest",
    to: Annotated[BlockRef, "Last block, included."] = "latest",
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> LogPage:
    """Events of the best chain, oldest first.

    A page looks through 10,000 blocks at most, so it may be empty and still have a cursor: pass
    that back with the same filters until it is null.
    """
    page = queries.logs(
        address=address,
        topics=topics,
        from_height=height_of(from_),
        to_height=height_of(to),
        cursor=cursor,
        limit=limit,
    )
    lines = [views.log_line(line) for line in page.items]
    items = readings.with_readings(lines, [line.log for line in page.items])
    return {"items": items, "cursor": page.cursor}


@method("chain.submitBlock", errors=[BlockRefused, EncodingRefused, Busy, NodeAbsent])
def submit_block(
    raw: Annotated[bytes, hex_bytes(most=_BLOCK_HEX_BYTES), "The block's canonical CBOR."],
) -> SubmittedBlock:
    """Import a block. Blocks over 1 MiB go to POST /api/v1/blocks as raw bytes.

    A refusal carries the code of the first broken rule, and nothing has changed.
    """
    return blocks.submit(raw)


@method("chain.getSyncStatus", errors=[NodeAbsent, DatabaseAway])
def get_sync_status() -> SyncStatus:
    """How far the node is, and how old its head by the node's own clock.

    The topic `sync` of `subscribe` tells the same as it changes.
    """
    status = context.current().status()
    head = status.get("head")
    if head is None:
        raise DatabaseAway("the node's database does not answer")
    sync = context.net().sync()
    return {
        "state": status["state"],
        "height": head["height"],
        "hash": head["hash"],
        "time": head["time"],
        "ageMs": head["ageMs"],
        "target": max(sync["target"], head["height"]),
        "percent": sync["percent"],
        "blocksPerSecond": sync["blocksPerSecond"],
        "etaMs": sync["etaMs"],
        "records": sync["records"],
        "peers": sync["peers"],
    }
