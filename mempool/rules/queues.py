"""Who waits for what: one queue per sender, ordered by nonce. Source: docs/spec/mempool.md.

Ready are the transactions with consecutive nonces from the account's own, whose costs its balance
covers together; held are those behind a missing nonce.
"""

from __future__ import annotations

from core.errors import Refused, TxRefused
from mempool.rules import reasons
from mempool.rules.entry import Entry, Leaver, Standing
from mempool.rules.eviction import Plan
from mempool.rules.limits import PoolLimits
from mempool.rules.replacement import check_replacement
from mempool.rules.sender import SenderQueue
from mempool.rules.sources import Sources


class Queues:
    """Every waiting transaction. ``sources`` and ``ready_count`` are kept up to date."""

    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self.by_txid: dict[bytes, Entry] = {}
        self.senders: dict[bytes, SenderQueue] = {}
        self.ready_count = 0
        self.sources = Sources(limits, self.senders)

    @property
    def size_bytes(self) -> int:
        """Bytes of all of them in a block."""
        return self.sources.used.size_bytes

    def is_ready(self, entry: Entry) -> bool:
        """Whether a pooled entry is ready."""
        return entry.nonce < self.senders[entry.sender].ready_end

    # ------------------------------------------------------------- a submission

    def check_policy(self, entry: Entry, standing: Standing, base_fee: int) -> Plan:
        """The pool's own rules for a newcomer; returns who would have to leave for it.

        Raises ``pool.…``. What the chain refuses anyhow passes here: that has its own code.
        """
        queue = self.senders.get(entry.sender) or SenderQueue.empty(standing)
        old = queue.entries.get(entry.nonce)
        if old is not None:
            check_replacement(entry, old)
        else:
            self._check_sender_limits(entry, queue)
        held = entry.nonce > queue.ready_end
        return self.sources.plan(entry, old, base_fee, held=held)

    def check_funds(self, entry: Entry, standing: Standing) -> None:
        """The balance covers the sender's ready transactions together with the newcomer.

        A held newcomer must be covered alone. Raises ``tx.insufficient_funds``.
        """
        queue = self.senders.get(entry.sender) or SenderQueue.empty(standing)
        balance = queue.standing.account.balance
        required = entry.cost
        if entry.nonce <= queue.ready_end:
            required += sum(e.cost for e in queue.ready() if e.nonce != entry.nonce)
        if required > balance:
            raise reasons.unfunded(required, balance)

    def add(self, entry: Entry, standing: Standing, plan: Plan) -> list[Leaver]:
        """Put a checked newcomer in, the victims of ``check_policy``'s plan out."""
        leavers = []
        for place, victim in enumerate(plan.victims):
            leavers.append(self._evict(victim, shared=place < plan.for_share))
        replaced = self._put(entry, standing)
        if replaced is not None:
            leavers.append(replaced)
        return leavers + self.settle(entry.sender)

    # ------------------------------------------------------------- a new head

    def move(self, sender: bytes, standing: Standing) -> None:
        """Take note of what the new head says of a sender; ``settle`` draws the conclusions."""
        queue = self.senders[sender]
        self.ready_count -= queue.ready_count
        queue.standing = standing
        queue.ready_end = standing.account.nonce
        for nonce, entry in queue.entries.items():
            fitted = entry.fitted(standing.key)
            if fitted is not entry:
                queue.entries[nonce] = self.by_txid[entry.txid] = fitted
                self.sources.remove(entry)
                self.sources.add(fitted)

    def readmit(self, entry: Entry, standing: Standing) -> Leaver | None:
        """Put a returning entry in, under the rules of replacement; returns who lost."""
        queue = self.senders.get(entry.sender)
        old = queue.entries.get(entry.nonce) if queue else None
        if old is not None:
            try:
                check_replacement(entry, old)
            except TxRefused as refusal:
                return Leaver(entry, refusal)
        return self._put(entry, standing)

    def settle(self, sender: bytes) -> list[Leaver]:
        """Sort a sender's entries into ready and held, and drop what can be neither."""
        queue = self.senders[sender]
        leavers = self._take_passed(queue) + self._extend_ready(queue) + self._trim(queue)
        self._settle_gone(sender)
        return leavers

    def remove(self, entry: Entry) -> list[Leaver]:
        """Take an entry out; those behind it become held. Returns who has no place any more."""
        self._take(entry)
        return self.settle(entry.sender)

    def shrink(self, base_fee: int) -> list[Leaver]:
        """Evict the cheapest tails until the pool is within its limits."""
        return [self._evict(victim) for victim in self.sources.excess(base_fee)]

    # ------------------------------------------------------------- inside

    def _check_sender_limits(self, entry: Entry, queue: SenderQueue) -> None:
        limits = self.limits
        held = len(queue.entries) - queue.ready_count
        if entry.nonce > queue.ready_end and held >= limits.held_per_sender:
            raise reasons.held_limit(limits.held_per_sender, queue.ready_end)
        if len(queue.entries) >= limits.per_sender:
            raise reasons.sender_limit(limits.per_sender)

    def _evict(self, victim: Entry, *, shared: bool = False) -> Leaver:
        """Take a tail out, for its source's share or for want of room."""
        is_ready = self.is_ready(victim)
        self._take(victim)
        self._settle_gone(victim.sender)
        if shared:
            return Leaver(victim, reasons.crowded())
        return Leaver(victim, reasons.evicted(victim, is_ready=is_ready), outbid=is_ready)

    def _put(self, entry: Entry, standing: Standing) -> Leaver | None:
        queue = self.senders.get(entry.sender)
        if queue is None:
            queue = self.senders[entry.sender] = SenderQueue.empty(standing)
        old = queue.entries.get(entry.nonce)
        queue.entries[entry.nonce] = entry
        self.by_txid[entry.txid] = entry
        self.sources.add(entry)
        if old is None:
            return None
        del self.by_txid[old.txid]
        self.sources.remove(old)
        return Leaver(old, reasons.replaced(entry))

    def _take(self, entry: Entry) -> None:
        """Remove from the maps; the caller settles the sender."""
        queue = self.senders[entry.sender]
        del queue.entries[entry.nonce]
        del self.by_txid[entry.txid]
        self.sources.remove(entry)
        if entry.nonce < queue.ready_end:
            self.ready_count -= queue.ready_end - max(entry.nonce, queue.standing.account.nonce)
            queue.ready_end = max(entry.nonce, queue.standing.account.nonce)

    def _settle_gone(self, sender: bytes) -> None:
        """Forget an empty queue; tell the tails who is last in the others."""
        queue = self.senders[sender]
        if queue.entries:
            self.sources.note(queue.tail)
        else:
            del self.senders[sender]

    def _take_passed(self, queue: SenderQueue) -> list[Leaver]:
        account = queue.standing.account
        leavers = []
        for nonce in [nonce for nonce in queue.entries if nonce < account.nonce]:
            entry = queue.entries[nonce]
            self._take(entry)
            leavers.append(Leaver(entry, reasons.passed(entry, queue.standing)))
        return leavers

    def _extend_ready(self, queue: SenderQueue) -> list[Leaver]:
        balance = queue.standing.account.balance
        spent = sum(entry.cost for entry in queue.ready())
        while (entry := queue.entries.get(queue.ready_end)) is not None:
            spent += entry.cost
            if spent > balance:
                self._take(entry)
                return [Leaver(entry, reasons.unfunded(spent, balance))]
            queue.ready_end += 1
            self.ready_count += 1
        return []

    def _trim(self, queue: SenderQueue) -> list[Leaver]:
        """Drop what the sender cannot pay or may not keep, from the highest nonce down."""
        limits, balance = self.limits, queue.standing.account.balance
        leavers, held, kept = [], 0, 0
        for entry in queue.ordered():
            refusal: Refused | None = None
            if entry.nonce >= queue.ready_end:
                if entry.cost > balance:
                    refusal = reasons.unfunded(entry.cost, balance)
                elif held >= limits.held_per_sender:
                    refusal = reasons.held_limit(limits.held_per_sender, queue.ready_end)
            if refusal is None and kept >= limits.per_sender:
                refusal = reasons.sender_limit(limits.per_sender)
            if refusal is not None:
                self._take(entry)
                leavers.append(Leaver(entry, refusal))
                continue
            kept += 1
            held += entry.nonce >= queue.ready_end
        return leavers
