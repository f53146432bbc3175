"""What a node says about the state, checked against a sealed header. Source: docs/spec/state.md.

The answer of ``state.getProof`` carries the header (CBOR), the record's key and value, and the
proof. Nothing of it is believed: the hash, the seal and the key are computed here, and the proof
must lead from the value to the header's state root.

What this shows: the record is in the state of a block that somebody paid the header's work for.
It does not show that this block is on the best chain; compare its hash with a second node for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import tags
from core.errors import EncodingRefused
from core.exact import MICRO, ONE_256, target
from core.hashing import tagged
from core.header import Header
from core.statetree import Proof, StateProofInvalid, verify
from execution import accounts
from execution.accounts import Account
from wallet.answers import Answer
from wallet.errors import HeaderUnproven

METHOD = "state.getProof"
# Every network keeps theta a nat or more above the greatest psi (docs/spec/networks.md), so a
# header with less between them is of no network, and its "seal" would cost nothing.
_LEAST_GAP_UNAT = MICRO


@dataclass(frozen=True)
class ProvenRecord:
    """A record (None: proven absent) of the state after the block of ``header``."""

    header: Header
    value: bytes | None


@dataclass(frozen=True)
class ProvenAccount:
    """An account proven present, or proven absent and so empty. Balance in nANM."""

    header: Header
    present: bool
    nonce: int
    balance: int
    code: bytes | None


def state_key(module: str, record_id: bytes) -> bytes:
    """Where a record lies in the state tree, 32 bytes."""
    return tagged(tags.state(module), record_id)


def verify_record(
    answer: Any,
    module: str,
    record_id: bytes,
    *,
    chain: int,
    genesis: bytes | None = None,
    height: int | None = None,
) -> ProvenRecord:
    """Check an answer of ``state.getProof`` for one record on one chain.

    ``height`` is the block asked for; without it any block is taken, for the newest was asked for.
    The genesis block has no seal: it is believed only under the hash that the caller trusts.
    Raises ``HeaderUnproven``, ``StateProofInvalid`` or an ``EncodingRefused``.
    """
    fields = Answer(answer, METHOD)
    header = read_header(fields, chain=chain, genesis=genesis, height=height)
    key = state_key(module, record_id)
    if fields.data("key", 32) != key:
        raise StateProofInvalid("the proof is for another record", field="key")
    value = fields.optional_data("value")
    verify(header.roots.state, key, value, Proof.decode(fields.data("proof")))
    return ProvenRecord(header, value)


def verify_account(
    answer: Any,
    address: bytes,
    *,
    chain: int,
    genesis: bytes | None = None,
    height: int | None = None,
) -> ProvenAccount:
    """Check an answer of ``state.getProof`` for an account; see ``verify_record``."""
    record = verify_record(
        answer, accounts.MODULE, address, chain=chain, genesis=genesis, height=height
    )
    try:
        account = Account.decode(record.value)
    except EncodingRefused as error:
        raise StateProofInvalid(
            f"the record is not an account: {error.message}", field="value"
        ) from None
    return ProvenAccount(
        header=record.header,
        present=record.value is not None,
        nonce=account.nonce,
        balance=account.balance,
        code=account.code,
    )


def work_of(header: Header) -> int:
    """Expected hashes that the seal cost: 2^256 div target(theta − psi). At least 1."""
    return ONE_256 // max(1, target(max(0, header.theta - header.psi)))


def read_header(fields: Answer, *, chain: int, genesis: bytes | None, height: int | None) -> Header:
    """The header in an answer, with its hash, seal, chain and height checked.

    ``height`` is the block asked for, None for the newest. Raises ``HeaderUnproven``,
    ``NodeAnswerInvalid`` or an ``EncodingRefused``.
    """
    header = Header.decode(fields.data("header"))
    _check_header(header, fields.data("blockHash", 32), chain, genesis)
    if fields.uint("height") != header.height:
        raise HeaderUnproven("the height is not the header's", field="height")
    if height is not None and header.height != height:
        raise HeaderUnproven(
            f"the header is of block {header.height}, asked was block {height}", field="height"
        )
    return header


def _check_header(header: Header, block_hash: bytes, chain: int, genesis: bytes | None) -> None:
    if header.hash != block_hash:
        raise HeaderUnproven("the block hash is not the header's", field="blockHash")
    if header.chain != chain:
        raise HeaderUnproven(
            f"the header is of chain {header.chain}, not {chain}", field="header.chain"
        )
    if header.height == 0:
        if header.hash != genesis:
            raise HeaderUnproven(
                "the genesis block has no seal and is not the one you trust", field="header"
            )
        return
    gap = header.theta - header.psi
    if gap < _LEAST_GAP_UNAT or header.draw >= target(gap):
        raise HeaderUnproven("the header's seal does not meet its target", field="header.nonce")
