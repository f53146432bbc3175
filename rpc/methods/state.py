"""``state.``: accounts as of the head, and proofs that a client can check itself."""

from __future__ import annotations

from typing import Annotated

from chain import queries
from chain import service as chain
from execution.accounts import KEY_MODULE
from execution.accounts import MODULE as ACCOUNT
from rpc import context, views
from rpc.errors import NodeAbsent, ParamsInvalid
from rpc.params import Address, Flag, choice, hex_bytes
from rpc.registry import method
from rpc.results import AccountView, AmountText, StateProof

MODULES = (
    "account", "key", "storage", "code", "beacon", "provider", "stake", "job", "lease", "pin",
    "epoch", "params", "nullifier",
)  # fmt: skip
"""Modules of the state tree; docs/spec/state.md says what their ids are."""
_ID_BYTES = 128


@method("state.getBalance")
def get_balance(address: Address) -> AmountText:
    """The account's balance in nANM; "0" for an address never used."""
    return str(queries.account(address)[1])


@method("state.getNonce", errors=[NodeAbsent])
def get_nonce(
    address: Address,
    pending: Annotated[Flag, "Count the sender's transactions in the pool too."] = False,
) -> int:
    """The nonce that the account's next transaction must have."""
    return context.pool().next_nonce(address) if pending else queries.account(address)[0]


@method("state.getAccount")
def get_account(address: Address) -> AccountView:
    """Everything about an account, and the block that it is true after."""
    with chain.snapshot():
        head = queries.head()
        nonce, balance, code = queries.account(address)
        key = queries.record(KEY_MODULE, address)
    return {
        "address": views.address_text(address),
        "nonce": nonce,
        "balance": str(balance),
        "code": None if code is None else views.hexed(code),
        "keyStored": key is not None,
        "height": head.header.height,
        "blockHash": views.hexed(head.hash),
    }


@method("state.getProof")
def get_proof(
    address: Annotated[Address | None, "Prove this account's record."] = None,
    module: Annotated[str | None, choice(*MODULES), "Or: prove a record of this module…"] = None,
    id: Annotated[bytes | None, hex_bytes(most=_ID_BYTES), "…with this id."] = None,
) -> StateProof:
    """A record of the state, or its absence, with a proof under the head's state root.

    Give either `address`, or `module` and `id`. A client hashes `header` to the block hash that it
    trusts, takes the state root from it, and walks the proof to that root.
    """
    if address is not None:
        if module is not None or id is not None:
            raise ParamsInvalid("address stands alone, without module and id", field="address")
        module, id = ACCOUNT, address
    if module is None:
        raise ParamsInvalid("address, or module and id, is missing", field="address")
    if id is None:
        raise ParamsInvalid("id is missing", field="id")
    proved = queries.prove(module, id)
    return {
        "header": views.hexed(proved.header.encoded),
        "blockHash": views.hexed(proved.header.hash),
        "height": proved.header.height,
        "key": views.hexed(proved.key),
        "value": None if proved.value is None else views.hexed(proved.value),
        "proof": views.hexed(proved.proof.encode()),
    }
