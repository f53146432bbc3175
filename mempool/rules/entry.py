"""One pooled transaction, and what the chain says of its sender. Source: docs/spec/mempool.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from core.errors import Refused
from core.tx import SignedTx
from execution import validity
from execution.accounts import Account
from execution.gas import intrinsic_gas
from execution.kinds import Body


@dataclass(frozen=True)
class Standing:
    """A sender after the head: its account and the public key that the chain stores for it.

    ``record`` is the account's encoding, which tells cheaply whether anything changed.
    """

    account: Account
    key: bytes | None
    record: bytes | None


@dataclass(frozen=True)
class Entry:
    """A verified transaction in the form that the next block takes.

    ``public_key`` is kept whatever the form, so that it can be put back. ``arrival`` counts
    submissions and settles ties. ``source`` is who handed it in.
    """

    tx: SignedTx
    body: Body
    public_key: bytes
    arrival: int
    arrived_ms: int
    source: str = "local"

    @property
    def txid(self) -> bytes:
        """The transaction's id."""
        return self.tx.unsigned.txid

    @property
    def sender(self) -> bytes:
        """Whose transaction it is, 34 bytes."""
        return self.tx.unsigned.sender

    @property
    def nonce(self) -> int:
        """Its place among the sender's transactions."""
        return self.tx.unsigned.nonce

    @cached_property
    def size(self) -> int:
        """Bytes it takes in a block: unsigned part and witness, exactly."""
        return len(self.tx.unsigned.encoded) + len(self.tx.witness.encoded)

    @cached_property
    def intrinsic(self) -> int:
        """The least gas it can use."""
        pk_bytes = len(self.tx.witness.pk or b"")
        return intrinsic_gas(self.tx.unsigned, self.tx.witness.alg, pk_bytes)

    @cached_property
    def cost(self) -> int:
        """What the sender must hold for it, nANM."""
        return validity.required_balance(self.tx, self.body)

    def tip(self, base_fee: int) -> int:
        """What it pays the producer per gas at ``base_fee``; negative below the base fee."""
        unsigned = self.tx.unsigned
        return min(unsigned.max_tip, unsigned.max_fee - base_fee)

    def fitted(self, stored_key: bytes | None) -> Entry:
        """The same with the public key exactly when the chain does not store it."""
        wanted = self.public_key if stored_key is None else None
        if self.tx.witness.pk == wanted:
            return self
        return replace(self, tx=self.tx.with_key(wanted))

    def with_key(self) -> SignedTx:
        """The transaction with its public key, which any state accepts."""
        return self.fitted(None).tx


@dataclass(frozen=True)
class Leaver:
    """An entry that leaves the pool and the refusal that says why.

    ``outbid``: others pay more for the room, of which the floor takes note.
    """

    entry: Entry
    refusal: Refused
    outbid: bool = False
