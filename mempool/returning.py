"""Transactions that were valid before and ask to come back: after a reorganisation or a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from consensus.rules.transition import KINDS
from core.network import Network
from core.tx import SignedTx
from execution import validity
from mempool import checks
from mempool.checks import NextBlock
from mempool.rules import reasons
from mempool.rules.entry import Entry, Standing
from mempool.rules.limits import LOCAL


@dataclass(frozen=True)
class Returning:
    """A transaction with its key, when it arrived (Unix ms), and who had handed it in."""

    tx: SignedTx
    arrived_ms: int
    source: str = LOCAL

    @classmethod
    def of(cls, entry: Entry) -> Returning:
        """What to keep of an entry that may come back."""
        return cls(entry.with_key(), entry.arrived_ms, entry.source)

    def with_key(self, key: bytes | None) -> Returning:
        """The same with the public key, where it lacks one and it is known."""
        if key is None or self.tx.witness.pk is not None:
            return self
        return replace(self, tx=self.tx.with_key(key))


@dataclass(frozen=True)
class Renewal:
    """How those who come back are checked at one head. ``oldest_ms``: who came before is out."""

    network: Network
    next_block: NextBlock
    verify: Callable[[tuple[SignedTx, bytes]], object] | None
    oldest_ms: int
    ttl_ms: int

    def entry(self, back: Returning, standing: Standing, key: bytes | None, arrival: int) -> Entry:
        """A new entry; a fee below the base fee may wait. Raises the refusal of the first rule.

        ``key`` is the sender's public key if the pool knows it: the block that it was in may have
        left it out because the chain stored it then.
        """
        if back.arrived_ms < self.oldest_ms:
            raise reasons.out_of_time(self.ttl_ms)
        tx = back.tx
        if tx.witness.pk is None and standing.key is None:
            tx = tx.with_key(key)
        body = validity.check_form(tx, self.network, self.next_block.height, KINDS)
        public_key = validity.check_key(tx, standing.key, in_block=False)
        fitted = checks.fitted(tx, standing.key)
        entry = Entry(fitted, body, public_key, arrival, back.arrived_ms, back.source)
        if self.verify is not None:
            self.verify((fitted, public_key))
        prices = validity.Prices(0, 0, self.next_block.prices.gas_left)
        checks.check_account(entry, standing.account, prices)
        return entry
