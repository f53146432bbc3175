"""What the pool answers to those who ask: nothing here changes it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from threading import RLock

from chain.values import Page
from core.ports import Clock, StateReader
from core.tx import SignedTx
from mempool import views
from mempool.checks import NextBlock
from mempool.events import TxDropped
from mempool.memory import DropMemory
from mempool.rules import selection
from mempool.rules.entry import Entry
from mempool.rules.floor import Floor
from mempool.rules.limits import PoolLimits
from mempool.rules.queues import Queues
from mempool.tips import Tips
from mempool.values import Place, PooledTx, PoolStats


class Readers:
    """The reading half of the pool; its other half sets these up."""

    limits: PoolLimits
    _lock: RLock
    _queues: Queues
    _next: NextBlock
    _drops: DropMemory
    _floor: Floor
    _clock: Clock
    _tips: Tips | None = None
    _state: Callable[[], StateReader]

    def select(
        self,
        *,
        base_fee: int,
        gas: int,
        size: int,
        taken: Collection[bytes] = (),
        without: Collection[bytes] = (),
    ) -> list[SignedTx]:
        """Ready transactions for a block, best tip first, each in the form the block takes.

        ``gas`` and ``size`` (bytes of unsigned parts and witnesses) are what the block has left.
        ``taken`` are the ids of those that it has, ``without`` the senders who are to be left out.
        """
        with self._lock:
            queues = [queue.ready() for queue in self._queues.senders.values()]
        chosen = selection.select(
            queues, base_fee=base_fee, gas=gas, size=size, taken=taken, without=without
        )
        return [entry.tx for entry in chosen]

    def get(self, txid: bytes) -> PooledTx | None:
        """A waiting transaction."""
        with self._lock:
            entry = self._queues.by_txid.get(txid)
            return None if entry is None else self._view(entry)

    def waiting(self, txid: bytes) -> SignedTx | None:
        """A waiting transaction as such, in the form that the next block takes; at no cost."""
        entry = self._queues.by_txid.get(txid)
        return None if entry is None else entry.tx

    def txids(self) -> tuple[bytes, ...]:
        """The ids of all that wait."""
        with self._lock:
            return tuple(self._queues.by_txid)

    def dropped(self, txid: bytes) -> TxDropped | None:
        """Why a transaction left without a block, as far as it is remembered."""
        with self._lock:
            return self._drops.get(txid)

    def by_sender(self, address: bytes) -> tuple[PooledTx, ...]:
        """A sender's waiting transactions in nonce order."""
        with self._lock:
            queue = self._queues.senders.get(address)
            return tuple(self._view(entry) for entry in queue.ordered()) if queue else ()

    def places(self, address: bytes, txid: bytes | None = None) -> tuple[Place, ...]:
        """A sender's waiting transactions, or one of them, each with its place in the pool."""
        with self._lock:
            return views.places(self._queues, address, txid, self._in_order())

    def next_nonce(self, address: bytes) -> int:
        """The nonce that the sender's next transaction should have, ready ones counted."""
        with self._lock:
            queue = self._queues.senders.get(address)
            if queue is not None:
                return queue.ready_end
            next_block = self._next
        return next_block.standing(address, self._state).account.nonce

    def content(self, cursor: str | None = None, limit: int = 50) -> Page[PooledTx]:
        """Waiting transactions, the latest arrival first."""
        before = views.check_page(cursor, limit)
        with self._lock:
            entries = views.page(self._queues.by_txid.values(), before, limit + 1)
            items = tuple(self._view(entry) for entry in entries[:limit])
        more = len(entries) > limit
        return Page(items, str(entries[limit - 1].arrival) if more else None)

    def stats(self) -> PoolStats:
        """The pool in numbers."""
        with self._lock:
            floor = self._floor.tip(self._queues.sources.used, self._clock.now_ms())
            min_fee = self._min_fee(self._next)
            return views.stats(self._queues, self._in_order(), floor, min_fee)

    def _min_fee(self, next_block: NextBlock) -> int:
        """The least ``maxFee`` that gets in: the node's own, else the network's floor there."""
        given = self.limits.min_fee
        return next_block.fee_floor if given is None else given

    def _in_order(self) -> Tips:
        """The tips in order, sorted anew when they have become too old."""
        base_fee, now_ms = self._next.prices.base_fee, self._clock.now_ms()
        if self._tips is None or not self._tips.serves(self._queues, base_fee, now_ms):
            self._tips = Tips.of(self._queues, base_fee, now_ms)
        return self._tips

    def _view(self, entry: Entry) -> PooledTx:
        return views.pooled(entry, self._queues, self._next.prices.base_fee)
