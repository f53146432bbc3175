"""Accounts and records of the state, with their proofs."""

from __future__ import annotations

from typing import TypedDict

from rpc.results.forms import AddressText, AmountText, Hash, Hex


class AccountView(TypedDict):
    """An account in the state behind the named block."""

    address: AddressText
    nonce: int
    balance: AmountText
    code: Hash | None
    keyStored: bool
    height: int
    blockHash: Hash


class StateProof(TypedDict):
    """A record (or its absence: `value` null) with its proof under `header`'s state root.

    `header` is CBOR(header): hashing it gives `blockHash`. `proof` lists siblings, root first.
    """

    header: Hex
    blockHash: Hash
    height: int
    key: Hash
    value: Hex | None
    proof: Hex


class StateRecord(TypedDict):
    """A record of the state; its key is the module's tagged hash of `id`."""

    module: str
    id: Hex
    value: Hex


class StateRange(TypedDict):
    """All records with keys from `first` to `last`, by key, proven under `header`'s state root.

    `next` is the key to ask on from where the answer ended early, else null.
    """

    header: Hex
    blockHash: Hash
    height: int
    first: Hash
    last: Hash
    records: list[StateRecord]
    proof: Hex
    next: Hash | None
