"""Transactions that were valid before and ask to come back: after a reorganisation or a restart.

Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from consensus.rules.transition import KINDS
from core.errors import Refused
from core.network import Network
from core.tx import SignedTx
from execution import validity
from mempool import checks
from mempool.checks import NextBlock
from mempool.rules import reasons
from mempool.rules.entry import Entry, Standing
from mempool.rules.limits import LOCAL
from mempool.rules.queues import Queues


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
    """How those who come back are checked at one head. ``oldest_ms``: who came before is out.

    ``standings`` are those of all senders, ``arrivals`` numbers entries on.
    """

    network: Network
    next_block: NextBlock
    verify: Callable[[tuple[SignedTx, bytes]], object] | None
    oldest_ms: int
    ttl_ms: int
    standings: Mapping[bytes, Standing]
    arrivals: Iterator[int]

    def entry(self, back: Returning, key: bytes | None) -> Entry:
        """A new entry; a fee below the base fee may wait. Raises the refusal of the first rule.

        ``key`` is the sender's public key if the pool knows it: the block that it was in may have
        left it out because the chain stored it then.
        """
        arrival = next(self.arrivals)
        if back.arrived_ms < self.oldest_ms:
            raise reasons.out_of_time(self.ttl_ms)
        tx = back.tx
        standing = self.standings[tx.unsigned.sender]
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


@dataclass(frozen=True)
class TurnedAway:
    """One that finds no place. ``back`` is what to keep of it, None where it lost to another."""

    txid: bytes
    refusal: Refused
    back: Returning | None


def readmit(
    returning: Sequence[Returning], queues: Queues, renewal: Renewal, mined: Collection[bytes]
) -> tuple[list[Entry], list[TurnedAway]]:
    """Put all who may come back into the queues, which the caller then settles.

    Returns who entered, some of whom may have lost their place to a later one, and who did not.
    Those who wait already or are in the new head's branch (``mined``, ids) are passed over.
    """
    keys = {b.tx.unsigned.sender: b.tx.witness.pk for b in returning if b.tx.witness.pk}
    keys |= {sender: queue.tail.public_key for sender, queue in queues.senders.items()}
    entered, away = [], []
    for back in returning:
        sender, txid = back.tx.unsigned.sender, back.tx.txid
        if txid in queues.by_txid or txid in mined:
            continue
        try:
            entry = renewal.entry(back, keys.get(sender))
        except Refused as refusal:
            away.append(TurnedAway(txid, refusal, back.with_key(keys.get(sender))))
            continue
        loser = queues.readmit(entry, renewal.standings[sender])
        if loser is not None:
            away.append(TurnedAway(loser.entry.txid, loser.refusal, None))
        entered.append(entry)
    return entered, away
