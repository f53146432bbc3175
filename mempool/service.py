"""The pool: valid transactions that wait for a block. The slice's public face.

submit     every check in the protocol's order, then a place in the sender's queue
on_block   what was mined leaves, what became invalid is dropped with its reason
on_reorg   what the old branch held comes back, if it is still valid
select     what goes into the next block

One lock guards the queues; decoding and signatures run outside it, so that threads admit in
parallel. Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Lock, RLock

from chain.values import Page
from consensus.events import BlockAdded, ChainReorganised
from consensus.rules.transition import KINDS
from consensus.witnesses import WitnessChecker
from core.bus import EventBus
from core.errors import EncodingRefused, Refused
from core.header import Header
from core.network import Network
from core.ports import Clock, StateReader
from core.tx import SignedTx
from execution import accounts, validity
from mempool import checks, errors, store, views
from mempool.checks import NextBlock
from mempool.events import TxAdded, TxDropped
from mempool.memory import DropMemory, RefusalMemory
from mempool.rules import selection
from mempool.rules.entry import Drop, Entry, Standing
from mempool.rules.limits import PoolLimits
from mempool.rules.queues import Queues
from mempool.values import Admission, Dropped, PooledTx, PoolStats, State


@dataclass(frozen=True)
class _Returning:
    """A transaction that was valid before and asks to come back."""

    tx: SignedTx
    arrived_ms: int


class Pool:
    """The transactions that wait for a block; safe to call from any thread.

    ``state`` gives a reader of the head's post-state, ``head`` the head's header.
    """

    def __init__(
        self,
        *,
        network: Network,
        state: Callable[[], StateReader],
        head: Callable[[], Header],
        witnesses: WitnessChecker,
        clock: Clock,
        bus: EventBus,
        limits: PoolLimits | None = None,
    ) -> None:
        self._network = network
        self._state = state
        self._witnesses = witnesses
        self._clock = clock
        self._bus = bus
        self._lock = RLock()
        floor = network.at(head().height + 1).params.base_fee_floor
        self._queues = Queues(limits or PoolLimits(min_fee=floor))
        self._next = NextBlock.after(head(), network)
        self._arrivals = count()
        self._refusals = RefusalMemory()
        self._drops = DropMemory()
        self._news: deque[TxAdded | TxDropped] = deque()
        self._announcing = RLock()
        self._stored: set[bytes] = set()
        self._flushing = Lock()

    # ------------------------------------------------------------- submissions

    def submit(self, raw: bytes) -> Admission:
        """Take in a transaction; raises the refusal of the first rule that it breaks."""
        self._refusals.recall(raw)
        try:
            admission = self._admit(SignedTx.decode(raw))
        except Refused as refusal:
            self._refusals.remember(raw, refusal)
            raise
        self._announce()
        return admission

    def _admit(self, tx: SignedTx) -> Admission:
        while True:
            next_block = self._next
            entry, standing = self._check(tx, next_block)
            with self._lock:
                if next_block is self._next:
                    return self._enter(entry, standing)
            # A new head came while the signature was verified: check against that one.

    def _check(self, tx: SignedTx, next_block: NextBlock) -> tuple[Entry, Standing]:
        """Every check that needs no other transaction, in the protocol's order.

        The pool's own refusals come before the signature, which costs more than they do.
        """
        if tx.txid in self._queues.by_txid:
            raise errors.Duplicate("the transaction is in the pool", txid="0x" + tx.txid.hex())
        body = validity.check_form(tx, self._network, next_block.height, KINDS)
        standing = self._standing(tx.unsigned.sender, next_block)
        public_key = validity.check_key(tx, standing.key, in_block=False)
        entry = Entry(
            tx=checks.fitted(tx, standing.key),
            body=body,
            public_key=public_key,
            arrival=next(self._arrivals),
            arrived_ms=self._clock.now_ms(),
        )
        with self._lock:
            self._queues.check_policy(entry, standing, next_block.prices.base_fee)
        self._witnesses.check_one((entry.tx, public_key))
        checks.check_account(entry, standing.account, next_block.prices)
        return entry, standing

    def _standing(self, sender: bytes, next_block: NextBlock) -> Standing:
        queue = self._queues.senders.get(sender)
        return queue.standing if queue else next_block.standing(sender, self._state())

    def _enter(self, entry: Entry, standing: Standing) -> Admission:
        self._queues.check_funds(entry, standing)
        base_fee = self._next.prices.base_fee
        victims = self._queues.check_policy(entry, standing, base_fee)
        self._leave(self._queues.add(entry, standing, victims))
        return Admission(entry.txid, self._welcome(entry))

    def _welcome(self, entry: Entry) -> State:
        self._drops.forget(entry.txid)
        state: State = "ready" if self._queues.is_ready(entry) else "held"
        self._news.append(TxAdded(entry.tx, state))
        return state

    # ------------------------------------------------------------- leaving

    def drop(self, txid: bytes, refusal: Refused) -> None:
        """Drop a transaction that turned out to fit no block; unknown ids are ignored."""
        with self._lock:
            entry = self._queues.by_txid.get(txid)
            if entry is not None:
                self._leave([Drop(entry, refusal), *self._queues.remove(entry)])
        self._announce()

    def _leave(self, drops: Iterable[Drop], mined: Collection[bytes] = ()) -> None:
        """Remember and announce who left, the mined ones left aside."""
        for drop in drops:
            if drop.entry.txid not in mined:
                self._record(drop.entry.txid, drop.refusal)

    def _record(self, txid: bytes, refusal: Refused) -> None:
        self._drops.add(Dropped(txid, refusal.code, refusal.message, self._clock.now_ms()))
        self._news.append(TxDropped(txid, refusal.code, refusal.message))

    def _announce(self) -> None:
        """Publish what happened, in that order, without the lock that guards the queues."""
        with self._announcing:
            while self._news:
                self._bus.publish(self._news.popleft())

    # ------------------------------------------------------------- a new head

    def on_block(self, event: BlockAdded) -> None:
        """The head has a child: mined transactions leave, invalid ones are dropped."""
        with self._lock:
            self._next = NextBlock.after(event.header, self._network)
            self._move(self._changed_standings(), mined=frozenset(event.txids))
        self._announce()

    def on_reorg(self, event: ChainReorganised) -> None:
        """The head is on another branch: the old one's transactions and victims may come back."""
        now_ms = self._clock.now_ms()
        returned = [_Returning(SignedTx.decode(raw), now_ms) for raw in event.returned]
        with self._lock:
            self._next = NextBlock.after(event.new_head, self._network)
            victims = self._drops.comebacks(event.fork_height)
            back = [_Returning(entry.with_key(), entry.arrived_ms) for entry in victims]
            self._come_back(back + returned, verify=False, mined=frozenset(event.txids))
        self._announce()

    def _changed_standings(self) -> dict[bytes, Standing]:
        """Senders whose account is another than before; a stored key changes only with it."""
        reader = self._state()
        queues = self._queues.senders
        found = reader.get_many([(accounts.MODULE, sender) for sender in queues])
        changed = [
            sender
            for sender, queue in queues.items()
            if found.get((accounts.MODULE, sender)) != queue.standing.record
        ]
        return checks.read_standings(reader, changed)

    def _move(self, standings: dict[bytes, Standing], mined: Collection[bytes] = ()) -> None:
        """Bring the queues of these senders, and every expiry, to the new head."""
        queues = self._queues
        moved = [sender for sender in standings if sender in queues.senders]
        for sender in moved:
            queues.move(sender, standings[sender])
        drops: list[Drop] = []
        for entry in list(queues.by_txid.values()):
            refusal = checks.became_invalid(entry, self._network, self._next)
            # Removing one entry can have dropped others already.
            if refusal is not None and entry.txid in queues.by_txid:
                drops.append(Drop(entry, refusal))
                drops += queues.remove(entry)
        for sender in moved:
            if sender in queues.senders:
                drops += queues.settle(sender)
        for drop in drops:
            if drop.entry.txid not in mined:
                self._drops.keep(self._next.head.height, drop.entry)
        self._leave(drops, mined)
        self._leave(queues.shrink(self._next.prices.base_fee))

    def _come_back(
        self, returning: Sequence[_Returning], *, verify: bool, mined: Collection[bytes] = ()
    ) -> None:
        """Move to the head with everyone who comes back in place before anyone is sorted out."""
        queues = self._queues
        keys = {b.tx.unsigned.sender: b.tx.witness.pk for b in returning if b.tx.witness.pk}
        keys |= {sender: queue.tail.public_key for sender, queue in queues.senders.items()}
        senders = {*queues.senders, *(back.tx.unsigned.sender for back in returning)}
        standings = checks.read_standings(self._state(), senders)
        entered = []
        for back in returning:
            sender = back.tx.unsigned.sender
            if back.tx.txid in queues.by_txid:
                continue
            try:
                entry = self._renewed(back, standings[sender], keys.get(sender), verify)
            except Refused as refusal:
                self._record(back.tx.txid, refusal)
                continue
            loser = queues.readmit(entry, standings[sender])
            if loser is not None:
                self._leave([loser])
            entered.append(entry)
        self._move(standings, mined)
        for entry in entered:
            if entry.txid in queues.by_txid:
                self._welcome(entry)

    def _renewed(
        self, back: _Returning, standing: Standing, key: bytes | None, verify: bool
    ) -> Entry:
        """An entry for a transaction that comes back; a fee below the base fee may wait.

        ``key`` is the sender's public key if the pool knows it: the block that it was in may have
        left it out because the chain stored it then.
        """
        tx = back.tx
        if tx.witness.pk is None and standing.key is None:
            tx = tx.with_key(key)
        body = validity.check_form(tx, self._network, self._next.height, KINDS)
        public_key = validity.check_key(tx, standing.key, in_block=False)
        fitted = checks.fitted(tx, standing.key)
        entry = Entry(fitted, body, public_key, next(self._arrivals), back.arrived_ms)
        if verify:
            self._witnesses.check_one((fitted, public_key))
        prices = validity.Prices(0, 0, self._next.prices.gas_left)
        checks.check_account(entry, standing.account, prices)
        return entry

    # ------------------------------------------------------------- the copy on disk

    def flush(self) -> None:
        """Write what changed since the last flush; after a failure the next one catches up."""
        with self._flushing:
            with self._lock:
                held = dict(self._queues.by_txid)
            gone = self._stored - held.keys()
            fresh = [held[txid] for txid in held if txid not in self._stored]
            rows = (store.StoredTx(e.txid, e.with_key().raw, e.arrived_ms) for e in fresh)
            store.write(rows, gone)
            self._stored = set(held)

    def load(self) -> None:
        """Take in what the last run left; each is checked again and dropped with a reason."""
        rows = store.load()
        returning = []
        with self._lock:
            self._stored = {row.txid for row in rows}
            for row in rows:
                try:
                    returning.append(_Returning(SignedTx.decode(row.raw), row.arrived_ms))
                except EncodingRefused as refusal:
                    self._record(row.txid, refusal)
            self._come_back(returning, verify=True)
        self._announce()

    # ------------------------------------------------------------- readers

    def select(self, *, base_fee: int, gas: int, size: int) -> list[SignedTx]:
        """Ready transactions for a block, best tip first, each in the form the block takes.

        ``gas`` and ``size`` (bytes of unsigned parts and witnesses) are what the block has left.
        """
        with self._lock:
            queues = [queue.ready() for queue in self._queues.senders.values()]
        chosen = selection.select(queues, base_fee=base_fee, gas=gas, size=size)
        return [entry.tx for entry in chosen]

    def get(self, txid: bytes) -> PooledTx | None:
        """A waiting transaction."""
        with self._lock:
            entry = self._queues.by_txid.get(txid)
            return None if entry is None else self._view(entry)

    def dropped(self, txid: bytes) -> Dropped | None:
        """Why a transaction left without a block, as far as it is remembered."""
        with self._lock:
            return self._drops.get(txid)

    def by_sender(self, address: bytes) -> tuple[PooledTx, ...]:
        """A sender's waiting transactions in nonce order."""
        with self._lock:
            queue = self._queues.senders.get(address)
            return tuple(self._view(entry) for entry in queue.ordered()) if queue else ()

    def next_nonce(self, address: bytes) -> int:
        """The nonce that the sender's next transaction should have, ready ones counted."""
        with self._lock:
            queue = self._queues.senders.get(address)
            if queue is not None:
                return queue.ready_end
            next_block = self._next
        return next_block.standing(address, self._state()).account.nonce

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
            return views.stats(self._queues, self._next.prices.base_fee)

    def _view(self, entry: Entry) -> PooledTx:
        return views.pooled(entry, self._queues, self._next.prices.base_fee)


_current: Pool | None = None


def install(pool: Pool | None) -> None:
    """Make ``pool`` this process's pool; composition calls it."""
    global _current
    _current = pool


def current() -> Pool:
    """This process's pool; raises NoPool where none runs."""
    if _current is None:
        raise errors.NoPool("no pool runs in this process")
    return _current
