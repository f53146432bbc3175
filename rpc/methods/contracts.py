"""``state.``: contracts as they are after a block: code, slots, and what a call would do."""

from __future__ import annotations

from typing import Annotated

from chain import contracts, queries
from chain import service as chain
from chain.values import RecordProof
from consensus.calls import GAS_MOST, Asked
from core.errors import NodeFault
from core.hashing import sha3
from core.limits import ADDRESS_BYTES, DATA_BYTES
from execution.accounts import MODULE as ACCOUNT
from execution.lang.interface import interface_of
from rpc import contract_calls, views
from rpc.at_block import NOT_PROVABLE, NOT_THERE, AtBlock, height_at, provable_at
from rpc.caller import Caller
from rpc.errors import Busy, NodeAbsent
from rpc.params import Address, Amount, Flag, hex_bytes, whole
from rpc.registry import method
from rpc.results.contracts import CallView, CodeView, StorageView

_SLOT_BYTES = 4_096
_NOBODY = bytes(ADDRESS_BYTES)

WithProof = Annotated[Flag, "Prove it too; see `state.getProof`."]


@method("state.call", errors=[Busy, NodeAbsent, NodeFault, *NOT_THERE])
def call(
    to: Annotated[Address, "The contract."],
    data: Annotated[bytes, hex_bytes(most=DATA_BYTES), "Calldata: the ABI array."],
    caller: Caller,
    sender: Annotated[Address | None, "Who calls; by default an account without a key."] = None,
    value: Annotated[Amount | None, "nANM that go with it; the sender must own them."] = None,
    gas: Annotated[int, whole(most=GAS_MOST), "The most gas that it may use."] = GAS_MOST,
    block: AtBlock = "latest",
) -> CallView:
    """What a call would do on the state after a block. Nothing changes.

    It sees the block after the named one: its height, and the time one target interval later.
    Gas is that of running alone; it counts against the caller's allowance of requests.
    """
    asked = Asked(to, data, sender or _NOBODY, value or 0, gas)
    with height_at(block) as height:
        called = contract_calls.run(asked, height, caller)
    return contract_calls.view(asked, called)


@method("state.getCode", errors=NOT_PROVABLE)
def get_code(
    address: Address, block: AtBlock = "latest", proof: WithProof = False
) -> CodeView | None:
    """The source of the contract at an address, with its interface; null without a contract.

    H(source) is `hash`. With `proof`, `accountProof` proves that the account has this hash.
    """
    with chain.snapshot(), (provable_at if proof else height_at)(block) as height:
        found = contracts.code(address, height=height)
        at = queries.head() if height is None else queries.block_by_height(height)
        account = queries.prove(ACCOUNT, address, height=height) if found and proof else None
    if found is None:
        return None
    assert at is not None, "the state of a height is read only where its block is stored"
    view: CodeView = {
        "address": views.address_text(address),
        "hash": views.hexed(found.code_hash),
        "source": found.source.decode("ascii"),
        "interface": interface_of(found.face),
        "height": at.header.height,
        "blockHash": views.hexed(at.hash),
    }
    if account is not None:
        view["accountProof"] = views.state_proof(account)
    return view


@method("state.getStorage", errors=NOT_PROVABLE)
def get_storage(
    address: Address,
    slot: Annotated[bytes, hex_bytes(most=_SLOT_BYTES), "The bytes that are hashed."],
    block: AtBlock = "latest",
    proof: WithProof = False,
) -> StorageView:
    """What a contract's slot holds, in ABI form; null at its type's default.

    `slot` is CBOR(["name"]) for a stored value, CBOR(["name", key, …]) for a map's entry,
    CBOR(key) for raw bytes.
    """
    proved: RecordProof | None = None
    with chain.snapshot(), (provable_at if proof else height_at)(block) as height:
        if proof:
            proved = contracts.prove_slot(address, slot, height=height)
            value = proved.value
        else:
            value = contracts.slot(address, slot, height=height)
        at = queries.head() if height is None else queries.block_by_height(height)
    assert at is not None, "the state of a height is read only where its block is stored"
    view: StorageView = {
        "id": views.hexed(address + sha3(slot)),
        "value": None if value is None else views.hexed(value),
        "height": at.header.height,
        "blockHash": views.hexed(at.hash),
    }
    if proved is not None:
        view["proof"] = views.state_proof(proved)
    return view
