"""JSON-RPC as a socket speaks it: whatever comes in, the answer is JSON-RPC and never a fault.

The node behind it is real, but for what it says of itself. What a call writes is rolled back.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from chain import service as chain
from consensus import service as consensus
from consensus.witnesses import WitnessChecker
from core.bus import EventBus
from core.errors import NodeFault, registered
from mempool import service as mempool
from pq import addresses
from rpc import context, methods
from rpc.caller import Caller
from rpc.consumers import SUBSCRIPTIONS_MOST, Session
from rpc.dispatch import Dispatcher
from rpc.limits import RateLimit
from rpc.metrics import Counting
from tests import support
from tests.fuzz import mutate as mutations
from tests.fuzz import node, world
from tests.rpc.played import PlayedInfo, PlayedNet

MAX_BYTES = 64 * 1024


def prepare() -> None:
    """Fill the database and install the services that composition would."""
    made = world.chain()
    importer = support.new_importer(world.NETWORK)
    support.import_all(importer, (*made.line, *made.side))
    consensus.install(importer)
    context.install(PlayedInfo(), PlayedNet())


def _new_pool() -> mempool.Pool:
    return mempool.Pool(
        network=world.NETWORK,
        state=chain.reader,
        head=lambda: chain.head().header,
        witnesses=WitnessChecker(support.InlineRunner()),
        clock=support.FixedClock(world.NETWORK.genesis.time_ms),
        bus=EventBus(support.raise_error),
    )


def one_input(data: bytes) -> None:
    session = Session(None)
    dispatcher = Dispatcher(methods.load(), RateLimit(0, 0), Counting())
    with node.undone():
        mempool.install(_new_pool())
        answer = dispatcher.dispatch(data, Caller("10.0.0.1", session))
    session.settle()
    assert len(session._active) <= SUBSCRIPTIONS_MOST
    request = _parsed(data)
    if not answer:
        listed = request if isinstance(request, list) else [request]
        assert all(isinstance(item, dict) and "id" not in item for item in listed)
        return
    document = json.loads(answer)
    several = isinstance(document, list)
    assert not several or (isinstance(request, list) and len(document) <= len(request))
    for one in document if several else [document]:
        _well_formed(one)
    if isinstance(request, dict) and isinstance(request.get("id"), str | None):
        assert document["id"] == request.get("id")


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _well_formed(answer: Any) -> None:
    assert set(answer) in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"})
    assert answer["jsonrpc"] == "2.0" and isinstance(answer["id"], str | int | float | None)
    error = answer.get("error")
    if error is not None:
        assert set(error) == {"code", "message", "data"} and type(error["code"]) is int
        kind = registered()[error["data"]["code"]]
        assert not issubclass(kind, NodeFault), f"a caller made the node say {error}"
        assert error["data"]["reason"] and error["data"]["hint"]


def mutate(data: bytes, rng: Random) -> bytes:
    if rng.random() < 0.1:
        return rng.choice(list(seeds().values()))
    return mutations.text(data, rng)


def seeds() -> dict[str, bytes]:
    made = world.chain()
    head, tx = made.line[-1], made.line[0].block.txs[0]
    address, txid = addresses.to_text(support.key(1).address), "0x" + tx.txid.hex()
    block_hash = "0x" + head.hash.hex()
    calls: dict[str, Any] = {
        "chain.getBlockByNumber": {"block": "latest", "fullTxs": True},
        "chain.getBlockByHash": [block_hash, True],
        "chain.getHeaders": [0, 3],
        "chain.getLogs": {"address": address, "topics": [None, [block_hash]], "to": 2, "limit": 5},
        "chain.submitBlock": ["0x" + made.next.raw.hex()],
        "mempool.inspect": [address],
        "mempool.content": {"cursor": "4", "limit": 3},
        "state.getAccount": [address],
        "state.getNonce": [address, True],
        "state.getProof": {"module": "key", "id": "0x" + support.key(1).address.hex()},
        "subscribe": {"topic": "receipts", "txids": [txid], "from": address},
        "unsubscribe": ["s1"],
        "tx.sendRawTransaction": ["0x" + made.next.block.txs[2].raw.hex()],
    }
    raw = ["0x" + tx.with_key(None).raw.hex()]
    calls |= dict.fromkeys(("tx.decode", "tx.estimateGas"), raw)
    calls |= {name: [address] for name in ("state.getBalance", "tx.getByAddress")}
    by_id = ("tx.getTransactionByHash", "tx.getTransactionReceipt", "tx.getStatus")
    calls |= {name: [txid] for name in by_id}
    calls |= {known.name: {} for known in methods.load().all() if known.name not in calls}
    rows = {
        name.replace(".", "-"): {"jsonrpc": "2.0", "id": n, "method": name, "params": params}
        for n, (name, params) in enumerate(calls.items())
    }
    small = [row for row in rows.values() if len(str(row)) < 300]
    batch = [{**row, "id": str(row["id"])} for row in small[:8]]
    written = {name: json.dumps(row).encode() for name, row in rows.items()}
    return {**written, "batch": json.dumps(batch).encode(), "empty": b"[]", "broken": b'{"id"'}
