"""``state.``: accounts now and then, and proofs that a client can check itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated

from chain import queries
from chain import service as chain
from chain.errors import BadRange, Pruned, StateNotYet, StateTooFarBack
from core.statetree import FIRST_KEY, LAST_KEY
from execution.accounts import KEY_MODULE
from execution.accounts import MODULE as ACCOUNT
from rpc import context, views
from rpc.errors import Busy, NodeAbsent, ParamsInvalid
from rpc.methods.chain import height_of
from rpc.params import Address, BlockRef, Bytes32, Flag, choice, hex_bytes, whole
from rpc.registry import method
from rpc.results.forms import AmountText
from rpc.results.state import AccountView, StateProof, StateRange

MODULES = (
    "account", "key", "storage", "code", "beacon", "provider", "stake", "job", "lease", "pin",
    "epoch", "params", "nullifier",
)  # fmt: skip
"""Modules of the state tree; docs/spec/state.md says what their ids are."""
_ID_BYTES = 128

PAST_AT_ONCE = 2
# A tree of the past takes long to make; those who wait would keep threads from other readers.
_places = BoundedSemaphore(PAST_AT_ONCE)

AtBlock = Annotated[BlockRef, "The block after which: a height of the best chain, or a tag."]
_NOT_THERE = (StateNotYet, Pruned)
_NOT_PROVABLE = (*_NOT_THERE, StateTooFarBack, Busy)


@contextmanager
def _height(block: int | str) -> Iterator[int | None]:
    """The height that a reference names, None for the head; all reads inside see one commit."""
    if block == "latest":
        yield None
        return
    with chain.snapshot():
        yield height_of(block)


@contextmanager
def _provable(block: int | str) -> Iterator[int | None]:
    """Like ``_height``, for a proof: of the past only so many are made at once."""
    if block == "latest":
        yield None
        return
    if not _places.acquire(blocking=False):
        raise Busy(f"{PAST_AT_ONCE} proofs of the past are being made", limit=PAST_AT_ONCE)
    try:
        with _height(block) as height:
            yield height
    finally:
        _places.release()


@method("state.getBalance", errors=_NOT_THERE)
def get_balance(address: Address, block: AtBlock = "latest") -> AmountText:
    """The account's balance in nANM; "0" for an address never used."""
    with _height(block) as height:
        return str(queries.account(address, height=height)[1])


@method("state.getNonce", errors=[NodeAbsent, *_NOT_THERE])
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
    with _height(block) as height:
        return queries.account(address, height=height)[0]


@method("state.getAccount", errors=_NOT_THERE)
def get_account(address: Address, block: AtBlock = "latest") -> AccountView:
    """Everything about an account, and the block that it is true after."""
    with chain.snapshot(), _height(block) as height:
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


@method("state.getProof", errors=_NOT_PROVABLE)
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
    with _provable(block) as height:
        proved = queries.prove(module, id, height=height)
    return {
        "header": views.hexed(proved.header.encoded),
        "blockHash": views.hexed(proved.header.hash),
        "height": proved.header.height,
        "key": views.hexed(proved.key),
        "value": None if proved.value is None else views.hexed(proved.value),
        "proof": views.hexed(proved.proof.encode()),
    }


@method("state.getRange", errors=[BadRange, *_NOT_PROVABLE])
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
    with _provable(block) as height:
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
