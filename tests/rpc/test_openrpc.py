"""The description is made from the code, committed, and true of what is served."""

from __future__ import annotations

import orjson
import pytest

from rpc import openrpc, schema
from rpc.methods import load

WANTED = ["chain.getBlockByHash", "chain.getBlockByNumber", "chain.getChainId", "chain.getHead", "chain.getHeaders", "chain.getLogs", "chain.getParams", "chain.getSyncStatus", "chain.submitBlock", "mempool.content", "mempool.inspect", "mempool.stats", "node.health", "node.status", "node.version", "rpc.discover", "rpc.listMethods", "state.getAccount", "state.getBalance", "state.getNonce", "state.getProof", "subscribe", "tx.decode", "tx.estimateGas", "tx.feeHistory", "tx.getByAddress", "tx.getStatus", "tx.getTransactionByHash", "tx.getTransactionReceipt", "tx.sendRawTransaction", "unsubscribe"]


def test_the_committed_copy_is_what_the_code_gives():
    message = "run: python -m rpc.openrpc --write"
    assert openrpc.SNAPSHOT.read_bytes() == openrpc.snapshot(), message
    assert openrpc.main([]) == 0


def test_every_method_is_described():
    document = orjson.loads(openrpc.encoded())
    assert [m["name"] for m in document["methods"]] == sorted(WANTED)
    for method in document["methods"]:
        assert method["summary"].endswith((".", "`.")), method["name"]
        assert method["result"]["schema"], method["name"]
        assert all("schema" in param for param in method["params"])
        for error in method["errors"]:
            assert error["code"] < 0 and error["message"]


def test_references_lead_somewhere():
    document = orjson.loads(openrpc.encoded())
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    found = set()

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                found.add(value["$ref"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(document)
    assert found == known


async def test_the_interface_describes_itself(door, use_desk):
    use_desk(load())
    assert await door.result("rpc.discover") == orjson.loads(openrpc.encoded())
    assert await door.result("rpc.listMethods") == sorted(WANTED)


def test_results_need_a_schema():
    with pytest.raises(TypeError):
        schema.schema_of(bytes, {})
