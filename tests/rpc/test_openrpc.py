"""The description is made from the code, committed, and true of what is served."""

from __future__ import annotations

import orjson
import pytest

from rpc import openrpc, schema
from rpc.methods import load

WANTED = {
    "chain": "getBlockByHash getBlockByNumber getBlockProofs getChainId getHead getHeaders getLogs "
    "getParams getScore getSyncStatus submitBlock",
    "mempool": "content inspect stats",
    "net": "info peers version",
    "node": "health status version",
    "rpc": "discover listMethods",
    "state": "call getAccount getBalance getCode getNonce getProof getRange getStorage",
    "": "subscribe unsubscribe",
    "tx": "decode estimateGas feeHistory getByAddress getStatus getTransactionByHash "
    "getTransactionReceipt sendRawTransaction",
}
NAMES = sorted(
    f"{module}.{name}" if module else name
    for module, names in WANTED.items()
    for name in names.split()
)


def test_the_committed_copy_is_what_the_code_gives():
    message = "run: python -m rpc.openrpc --write"
    assert openrpc.SNAPSHOT.read_bytes() == openrpc.snapshot(), message
    assert openrpc.main([]) == 0


def test_every_method_is_described():
    document = orjson.loads(openrpc.encoded())
    assert [m["name"] for m in document["methods"]] == NAMES
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
    assert await door.result("rpc.listMethods") == NAMES


def test_results_need_a_schema():
    with pytest.raises(TypeError):
        schema.schema_of(bytes, {})
