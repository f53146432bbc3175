"""The pool: valid transactions that wait for a block. The slice's public face.

submit     every check in the protocol's order, then a place in the sender's queue
on_block   what was mined leaves, what became invalid is dropped with its reason
on_reorg   what the old branch held comes back, if it is still valid
tick       what has waited too long leaves, the rest is written to disk
select     what goes into the next block; it and all other answers are in ``mempool.readers``

One lock guards the queues; decoding and signatures run outside it, so that threads admit in
parallel. Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import count
from threading import RLock

from django.db import Error as DatabaseFault

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
from mempool import checks, errors
from mempool.checks import NextBlock
from mempool.disk import Contents, DiskCopy
from mempool.events import TxAdded, TxDropped
from mempool.memory import DropMemory, RefusalMemory
from mempool.readers import Readers
from mempool.returning import Renewal, Returning, readmit
from mempool.rules import buckets, reasons
from mempool.rules.buckets import Buckets
from mempool.rules.entry import Entry, Leaver, Standing
from mempool.rules.floor import Floor
from mempool.rules.limits import LOCAL, VERIFICATIONS, PoolLimits
from mempool.rules.queues import Queues
from mempool.rules.verdicts import may_pass
from mempool.values import Admission, State

_SWEEP_MS = 60_000
"""Who has waited too long leaves within so many milliseconds."""


class Pool(Readers):
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
        self.limits = limits or PoolLimits()
        self._queues = Queues(self.limits)
        self._floor = Floor(self.limits)
        self._buckets = Buckets(self.limits.rates)
        self._next = NextBlock.after(head(), network)
        self._arrivals = count()
        self._refusals = RefusalMemory()
        self._drops = DropMemory()
        self._news: deque[TxAdded | TxDropped] = deque()
        self._announcing = RLock()
        self._disk = DiskCopy()
        self._swept_ms = 0

    # ------------------------------------------------------------- submissions

    def submit(self, raw: bytes, source: str = LOCAL) -> Admission:
        """Take in a transaction; raises the refusal of the first rule that it breaks.

        ``source`` is who hands it in, for the shares and rates of sources.
        """
        (outcome,) = self.submit_many([raw], source)
        if not isinstance(outcome, Admission):
            raise outcome
        return outcome

    def submit_many(
        self, raws: Sequence[bytes], source: str = LOCAL
    ) -> list[Admission | Refused | DatabaseFault]:
        """Take in transactions one after the other; what became of each.

        The accounts of all senders are read at once; the fault is raised where that fails. Where
        the database fails later on, the fault stands for that transaction and all after it.
        """
        outcomes: list[Admission | Refused | DatabaseFault] = []
        try:
            decoded = [self._decoded(raw, source) for raw in raws]
            self._look_up([tx.unsigned.sender for tx in decoded if isinstance(tx, SignedTx)])
            for raw, tx in zip(raws, decoded, strict=True):
                outcomes.append(self._outcome(raw, tx, source))
        except DatabaseFault as fault:
            if not outcomes:
                raise
            outcomes += [fault] * (len(raws) - len(outcomes))
        finally:
            self._announce()
        return outcomes

    def _decoded(self, raw: bytes, source: str) -> SignedTx | Refused:
        try:
            with self._lock:
                costs = {buckets.COUNT: 1, buckets.BYTES: len(raw)}
                self._buckets.take(source, self._clock.now_ms(), costs)
            self._refusals.recall(raw)
            return SignedTx.decode(raw)
        except Refused as refusal:
            self._refusals.remember(raw, refusal)
            return refusal

    def _look_up(self, senders: Sequence[bytes]) -> None:
        known = self._queues.senders
        self._next.look_up([s for s in senders if s not in known], self._state)

    def _outcome(self, raw: bytes, tx: SignedTx | Refused, source: str) -> Admission | Refused:
        if isinstance(tx, Refused):
            return tx
        try:
            self._refusals.recall(raw)  # it may have come twice in one batch
            return self._admit(tx, source)
        except Refused as refusal:
            self._refusals.remember(raw, refusal)
            return refusal

    def _admit(self, tx: SignedTx, source: str) -> Admission:
        paid = False
        while True:
            with self._lock:  # both as one head leaves them: a new one may be on its way in
                next_block = self._next
                queue = self._queues.senders.get(tx.unsigned.sender)
                known = queue.standing if queue else None
            entry, standing = self._place(tx, source, next_block, known, paid=paid)
            self._witnesses.check_one((entry.tx, entry.public_key))
            checks.check_account(entry, standing.account, next_block.prices)
            with self._lock:
                if next_block is self._next:
                    return self._enter(entry, standing)
            # A new head came while the signature was verified: check against that one.
            paid = True

    def _place(
        self,
        tx: SignedTx,
        source: str,
        next_block: NextBlock,
        known: Standing | None,
        *,
        paid: bool,
    ) -> tuple[Entry, Standing]:
        """Every check up to the signature, in the protocol's order, and what that will cost.

        The pool's own refusals come before the signature, which costs more than they do.
        ``known`` is the sender's standing where some of its transactions wait.
        """
        if tx.txid in self._queues.by_txid:
            raise errors.Duplicate("the transaction is in the pool", txid="0x" + tx.txid.hex())
        body = validity.check_form(tx, self._network, next_block.height, KINDS)
        standing = known or next_block.standing(tx.unsigned.sender, self._state)
        public_key = validity.check_key(tx, standing.key, in_block=False)
        now_ms = self._clock.now_ms()
        fitted = checks.fitted(tx, standing.key)
        entry = Entry(fitted, body, public_key, next(self._arrivals), now_ms, source)
        base_fee = next_block.prices.base_fee
        with self._lock:
            self._floor.check(entry, base_fee, self._queues.sources.used, now_ms)
            checks.check_minimum(entry, base_fee, self._min_fee(next_block))
            self._queues.check_policy(entry, standing, base_fee)
            if not paid:
                weight = VERIFICATIONS[tx.witness.alg]
                self._buckets.take(source, now_ms, {buckets.VERIFICATIONS: weight})
        return entry, standing

    def _enter(self, entry: Entry, standing: Standing) -> Admission:
        self._queues.check_funds(entry, standing)
        base_fee = self._next.prices.base_fee
        plan = self._queues.check_policy(entry, standing, base_fee)
        self._leave(self._queues.add(entry, standing, plan))
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
                self._leave([Leaver(entry, refusal), *self._queues.remove(entry)])
        self._announce()

    def _leave(self, leavers: Iterable[Leaver], mined: Collection[bytes] = ()) -> None:
        """Remember and announce who left, the mined ones left aside; who was outbid raises the
        floor.
        """
        for leaver in leavers:
            if leaver.outbid:
                tip = leaver.entry.tip(self._next.prices.base_fee)
                self._floor.evicted(tip, self._clock.now_ms())
            if leaver.entry.txid not in mined:
                self._note_drop(leaver.entry.txid, leaver.refusal)

    def _note_drop(self, txid: bytes, refusal: Refused) -> None:
        drop = TxDropped(txid, refusal.code, refusal.message, self._clock.now_ms())
        self._drops.add(drop)
        self._news.append(drop)

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
        returned = [Returning(SignedTx.decode(raw), now_ms) for raw in event.returned]
        with self._lock:
            self._next = NextBlock.after(event.new_head, self._network)
            back = self._drops.comebacks(event.fork_height)
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
        leavers: list[Leaver] = []
        for entry in list(queues.by_txid.values()):
            refusal = checks.became_invalid(entry, self._network, self._next)
            # Removing one entry can have dropped others already.
            if refusal is not None and entry.txid in queues.by_txid:
                leavers.append(Leaver(entry, refusal))
                leavers += queues.remove(entry)
        for sender in moved:
            if sender in queues.senders:
                leavers += queues.settle(sender)
        for leaver in leavers:
            if leaver.entry.txid not in mined:
                self._drops.keep(self._next.head.height, Returning.of(leaver.entry))
        self._leave(leavers, mined)
        self._leave(queues.shrink(self._next.prices.base_fee))

    def _come_back(
        self, returning: Sequence[Returning], *, verify: bool, mined: Collection[bytes] = ()
    ) -> None:
        """Move to the head with everyone who comes back in place before anyone is sorted out."""
        senders = {*self._queues.senders, *(back.tx.unsigned.sender for back in returning)}
        standings = checks.read_standings(self._state(), senders)
        renewal = Renewal(
            network=self._network,
            next_block=self._next,
            verify=self._witnesses.check_one if verify else None,
            oldest_ms=self._clock.now_ms() - self.limits.ttl_ms,
            ttl_ms=self.limits.ttl_ms,
            standings=standings,
            arrivals=self._arrivals,
        )
        entered, away = readmit(returning, self._queues, renewal, mined)
        for one in away:
            self._note_drop(one.txid, one.refusal)
            # Refused for a reason of this head, which the next reorganisation may lift again.
            if one.back is not None and may_pass(one.refusal):
                self._drops.keep(self._next.head.height, one.back)
        self._move(standings, mined)
        for entry in entered:
            if entry.txid in self._queues.by_txid:
                self._welcome(entry)

    # ------------------------------------------------------------- time and disk

    def tick(self) -> None:
        """Once a second: drop who has waited too long, then write what changed."""
        now_ms = self._clock.now_ms()
        if not 0 <= now_ms - self._swept_ms < _SWEEP_MS:
            self._swept_ms = now_ms
            self._sweep(now_ms - self.limits.ttl_ms)
        self.flush()

    def _sweep(self, oldest_ms: int) -> None:
        """Drop who arrived before that, highest nonces first: nobody is held up in between."""
        with self._lock:
            self._drops.forget_before(oldest_ms)
            queues = self._queues
            old = [entry for entry in queues.by_txid.values() if entry.arrived_ms < oldest_ms]
            for entry in sorted(old, key=lambda entry: -entry.nonce):
                leaver = Leaver(entry, reasons.out_of_time(self.limits.ttl_ms))
                self._leave([leaver, *queues.remove(entry)])
        self._announce()

    def flush(self) -> None:
        """Write what changed since the last flush; after a failure the next one catches up."""
        self._disk.write(self._contents)

    def _contents(self) -> Contents:
        with self._lock:
            return Contents(dict(self._queues.by_txid), self._drops.kept())

    def load(self) -> None:
        """Take in what the last run left; each is checked again and dropped with a reason."""
        rows = self._disk.read()
        returning = []
        with self._lock:
            for row in rows:
                try:
                    back = Returning(SignedTx.decode(row.raw), row.arrived_ms)
                except EncodingRefused as refusal:
                    self._note_drop(row.txid, refusal)
                    continue
                if row.height is None:
                    returning.append(back)
                else:
                    self._drops.keep(row.height, back)
            self._come_back(returning, verify=True)
        self._announce()


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
