"""``state.``: accounts now and then, and proofs that a client can check itself."""

from __future__ import annotations

from typing import Annotated

from chain import queries
from chain import service as chain
from chain.errors import BadRange
from core.statetree import FIRST_KEY, LAST_KEY
from execution.accounts import KEY_MODULE
from execution.accounts import MODULE as ACCOUNT
from rpc import context, views
from rpc.at_block import NOT_PROVABLE, NOT_THERE, AtBlock, height_at, provable_at
from rpc.errors import NodeAbsent, ParamsInvalid
from rpc.params import Address, Bytes32, Flag, choice, hex_bytes, whole
from rpc.registry import method
from rpc.results.forms import AmountText
from rpc.results.state import AccountView, StateProof, StateRange

MODULES = (
    "account", "key", "storage", "code", "beacon", "provider", "stake", "job", "lease", "pin",
    "epoch", "params", "nullifier",
)  # fmt: skip
"""Modules of the state tree; docs/spec/state.md says what their ids are."""
_ID_BYTES = 128


@method("state.getBalance", errors=NOT_THERE)
def get_balance(address: Address, block: AtBlock = "latest") -> AmountText:
    """The account's balance in nANM; "0" for an address never used."""
    with height_at(block) as height:
        return str(queries.account(address, height=height)[1])


@method("state.getNonce", errors=[NodeAbsent, *NOT_THERE])
def get_nonce(
    address: Address,
    pending: Annotated[Flag, "Count the sender's transactions in the pool too."] = False,
    block: AtBlock = "latest",
) -> int:
    """The nonce that the account's next transaction must have, or had after `block`."""
    if pending:
        if block != "latest":
            raise ParamsInvalid("pending goes with the latest block only", field="pending")
        return context.pool().next_nonce(address)
    with height_at(block) as height:
        return queries.account(address, height=height)[0]


@method("state.getAccount", errors=NOT_THERE)
def get_account(address: Address, block: AtBlock = "latest") -> AccountView:
    """Everything about an account, and the block that it is true after."""
    with chain.snapshot(), height_at(block) as height:
        nonce, balance, code = queries.account(address, height=height)
        key = queries.record(KEY_MODULE, address, height=height)
        at = queries.head() if height is None else queries.block_by_height(height)
    assert at is not None, "the state of a height is read only where its block is stored"
    return {
        "address": views.address_text(address),
        "nonce": nonce,
        "balance": str(balance),
        "code": None if code is None else views.hexed(code),
        "keyStored": key is not None,
        "height": at.header.height,
        "blockHash": views.hexed(at.hash),
    }


@method("state.getProof", errors=NOT_PROVABLE)
def get_proof(
    address: Annotated[Address | None, "Prove this account's record."] = None,
    module: Annotated[str | None, choice(*MODULES), "Or: prove a record of this module…"] = None,
    id: Annotated[bytes | None, hex_bytes(most=_ID_BYTES), "…with this id."] = None,
    block: AtBlock = "latest",
) -> StateProof:
    """A record of the state, or its absence, with a proof under the state root of a block.

    Give either `address`, or `module` and `id`. A client hashes `header` to the block hash that it
    trusts, takes the state root from it, and walks the proof to that root. Blocks up to 1,024 below
    the head can be proven, fewer where more than 20,000 records have changed since.
    """
    if address is not None:
        if module is not None or id is not None:
            raise ParamsInvalid("address stands alone, without module and id", field="address")
        module, id = ACCOUNT, address
    if module is None:
        raise ParamsInvalid("address, or module and id, is missing", field="address")
    if id is None:
        raise ParamsInvalid("id is missing", field="id")
    with provable_at(block) as height:
        return views.state_proof(queries.prove(module, id, height=height))


@method("state.getRange", errors=[BadRange, *NOT_PROVABLE])
def get_range(
    first: Annotated[Bytes32 | None, "The lowest state key; else the lowest there is."] = None,
    last: Annotated[Bytes32 | None, "The highest state key, included; else the highest."] = None,
    limit: Annotated[int, whole(least=1, most=queries.RANGE_RECORDS_MOST), "At most 256."] = 64,
    block: AtBlock = "latest",
) -> StateRange:
    """All records of the state from one key to another, with a proof that none is left out.

    An answer ends early after `limit` records, or 128 KiB of them: its `last` is then the key of
    its last record, and `next` the key to go on from. A client recomputes the keys and checks the
    proof for `first` to `last` under the header's state root; with `block` named by its height,
    the next page comes from the same state.
    """
    first, last = first or FIRST_KEY, last or LAST_KEY
    with provable_at(block) as height:
        found = queries.prove_range(first, last, limit=limit, height=height)
    following = None
    if found.last != last:
        following = views.hexed((int.from_bytes(found.last) + 1).to_bytes(32))
    return {
        "header": views.hexed(found.header.encoded),
        "blockHash": views.hexed(found.header.hash),
        "height": found.header.height,
        "first": views.hexed(found.first),
        "last": views.hexed(found.last),
        "records": [
            {"module": r.module, "id": views.hexed(r.id), "value": views.hexed(r.value)}
            for r in found.records
        ],
        "proof": views.hexed(found.proof.encode()),
        "next": following,
    }
