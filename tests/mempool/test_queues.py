"""The queues against a model that knows no queue: a list of transactions, sorted out afresh."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import TxRefused
from mempool.rules.limits import LOCAL, PoolLimits
from mempool.rules.queues import Queues
from mempool.rules.room import Room
from tests.mempool.entries import entry, standing
from tests.mempool.world import key

BASE_FEE = 100
GAS = 80_000
UNIT = GAS * 130  # every cost is a small multiple of this


@dataclass(frozen=True)
class Line:
    """A transaction as the model sees it."""

    sender: int
    nonce: int
    max_fee: int
    max_tip: int
    cost: int
    arrival: int
    size: int
    source: str

    @property
    def tip(self) -> int:
        return min(self.max_tip, self.max_fee - BASE_FEE)


class Model:
    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self.lines: set[Line] = set()
        self.nonce = dict.fromkeys(range(4), 0)
        self.balance = dict.fromkeys(range(4), 0)

    def of(self, sender: int) -> dict[int, Line]:
        return {line.nonce: line for line in self.lines if line.sender == sender}

    def ready(self, sender: int) -> list[Line]:
        mine, nonce, out = self.of(sender), self.nonce[sender], []
        while nonce in mine:
            out.append(mine[nonce])
            nonce += 1
        return out

    def submit(self, new: Line) -> str:
        mine, ready = self.of(new.sender), self.ready(new.sender)
        end = self.nonce[new.sender] + len(ready)
        together = [line.cost for line in ready if line.nonce != new.nonce]
        needed = new.cost + (sum(together) if new.nonce <= end else 0)
        if needed > self.balance[new.sender]:
            return "tx.insufficient_funds"
        old = mine.get(new.nonce)
        if old is not None:
            if (old.max_fee, old.max_tip, old.cost) == (new.max_fee, new.max_tip, new.cost):
                return "pool.duplicate"
            if 10 * new.max_fee < 11 * old.max_fee or 10 * new.max_tip < 11 * old.max_tip:
                return "pool.replacement_underpriced"
        else:
            if new.nonce > end and len(mine) - len(ready) >= self.limits.held_per_sender:
                return "pool.held_limit"
            if len(mine) >= self.limits.per_sender:
                return "pool.sender_limit"
        after = (self.lines - {old}) | {new}
        held = new.nonce > end
        refusal = self.be_fair(after, new, held) or self.make_room(after, old, new, held)
        if refusal:
            return refusal
        self.lines = after
        self.sort_out(new.sender)
        return "in"

    def be_fair(self, after: set[Line], new: Line, held: bool) -> str:
        """Take out of ``after`` what the newcomer's source must give up."""
        before = self.room(self.lines, new.source)
        most = tuple(max(pair) for pair in zip(self.share, before, strict=True))
        if new.source == LOCAL or not exceeds(self.room(after), self.low):
            return ""
        while exceeds(self.room(after, new.source), most):
            tail = None if held else self.cheapest(after, new, new.source)
            if tail is None:
                return "pool.source_share"
            after.remove(tail)
        return ""

    def make_room(self, after: set[Line], old: Line | None, new: Line, held: bool) -> str:
        """Take out of ``after`` who must leave: large sources first, then the cheapest of all."""
        if self.over(after) and held:
            return "pool.full"
        left = after | {old} if old else set(after)
        for source in sorted({line.source for line in self.lines} - {LOCAL}):
            while self.over(after) and exceeds(self.room(left - {new}, source), self.share):
                tail = self.cheapest(after, new, source)
                if tail is None:
                    break
                after.remove(tail)
                left.remove(tail)
        while self.over(after):
            tail = self.cheapest(after, new)
            if tail is None:
                return "pool.full"
            after.remove(tail)
        return ""

    def cheapest(self, lines: set[Line], new: Line, source: str | None = None) -> Line | None:
        """Of other senders' last ones the cheapest that is held or pays less than the newcomer."""
        others = {line.sender for line in lines} - {new.sender}
        tails = [max((x for x in lines if x.sender == s), key=lambda x: x.nonce) for s in others]
        ranked = [(self.in_line(lines, tail), tail.tip, -tail.arrival, tail) for tail in tails]
        may_go = [
            r for r in ranked if source in (None, r[3].source) and (not r[0] or r[1] < new.tip)
        ]
        return min(may_go, key=lambda r: r[:3])[3] if may_go else None

    def in_line(self, lines: set[Line], one: Line) -> bool:
        """Whether no nonce before it is missing."""
        mine = {line.nonce for line in lines if line.sender == one.sender}
        return mine >= set(range(self.nonce[one.sender], one.nonce))

    def room(self, lines: set[Line], source: str | None = None) -> tuple[int, int]:
        sizes = [line.size for line in lines if source in (None, line.source)]
        return len(sizes), sum(sizes)

    @property
    def share(self) -> tuple[int, int]:
        return self.limits.count // 4, self.limits.size_bytes // 4

    @property
    def low(self) -> tuple[int, int]:
        return self.limits.count // 2, self.limits.size_bytes // 2

    def over(self, lines: set[Line]) -> bool:
        size = sum(line.size for line in lines)
        return len(lines) > self.limits.count or size > self.limits.size_bytes

    def sort_out(self, sender: int) -> None:
        """Sweep through the sender's nonces once, from the bottom."""
        expected, left, held, kept = self.nonce[sender], self.balance[sender], 0, 0
        gap = False
        for nonce, line in sorted(self.of(sender).items()):
            if nonce < self.nonce[sender]:
                self.lines.remove(line)
                continue
            gap = gap or nonce != expected
            if not gap and line.cost > left:
                self.lines.remove(line)
                gap = True
                continue
            behind = gap and (
                line.cost > self.balance[sender] or held >= self.limits.held_per_sender
            )
            if behind or kept >= self.limits.per_sender:
                self.lines.remove(line)
                continue
            kept += 1
            held += gap
            if not gap:
                expected += 1
                left -= line.cost


def exceeds(room: tuple[int, int], most: tuple[int, int]) -> bool:
    return room[0] > most[0] or room[1] > most[1]


class QueuesMachine(RuleBasedStateMachine):
    @initialize(count=st.integers(4, 10), per_sender=st.integers(2, 8), held=st.integers(1, 4))
    def start(self, count, per_sender, held):
        limits = PoolLimits(
            count=count, size_bytes=count * 5_200, per_sender=per_sender, held_per_sender=held
        )
        self.queues = Queues(limits)
        self.model = Model(limits)
        self.model.balance = dict.fromkeys(range(4), 14 * UNIT)
        self.arrival = 0

    @rule(
        sender=st.integers(0, 3),
        ahead=st.integers(0, 6),
        max_fee=st.integers(100, 125),
        max_tip=st.integers(0, 25),
        units=st.integers(1, 3),
        source=st.sampled_from([LOCAL, "a", "b"]),
    )
    def submit(self, sender, ahead, max_fee, max_tip, units, source):
        self.arrival += 1
        model = self.model
        nonce = model.nonce[sender] + ahead
        made = entry(
            key(sender),
            nonce,
            arrival=self.arrival,
            cost=units * UNIT,
            gas=GAS,
            max_fee=max_fee,
            max_tip=max_tip,
            source=source,
        )
        now = standing(model.nonce[sender], model.balance[sender])
        try:
            self.queues.check_funds(made, now)
            plan = self.queues.check_policy(made, now, BASE_FEE)
            before = set(self.queues.by_txid)
            self.no_chain_breaks(plan.victims)
            drops = self.queues.add(made, now, plan)
            gone = {drop.entry.txid for drop in drops}
            assert set(self.queues.by_txid) == (before | {made.txid}) - gone
            outcome = "in"
        except TxRefused as refusal:
            outcome = refusal.code
        line = Line(sender, nonce, max_fee, max_tip, units * UNIT, self.arrival, made.size, source)
        assert outcome == model.submit(line)

    def no_chain_breaks(self, victims):
        """Whoever is evicted takes nothing with it that builds on it."""
        for victim in victims:
            left = self.queues.senders[victim.sender].entries.keys()
            left -= {other.nonce for other in victims if other.sender == victim.sender}
            assert all(nonce < victim.nonce for nonce in left)

    @rule(sender=st.integers(0, 3), step=st.integers(-2, 3), units=st.integers(0, 14))
    def new_head(self, sender, step, units):
        model = self.model
        model.nonce[sender] = max(0, model.nonce[sender] + step)
        model.balance[sender] = units * UNIT
        model.sort_out(sender)
        if key(sender).address in self.queues.senders:
            now = standing(model.nonce[sender], model.balance[sender])
            self.queues.move(key(sender).address, now)
            self.queues.settle(key(sender).address)

    @rule(pick=st.randoms(use_true_random=False))
    def remove(self, pick):
        if not self.queues.by_txid:
            return
        gone = self.queues.by_txid[pick.choice(sorted(self.queues.by_txid))]
        self.queues.remove(gone)
        self.model.lines = {x for x in self.model.lines if x.arrival != gone.arrival}
        for sender in range(4):
            if key(sender).address == gone.sender:
                self.model.sort_out(sender)

    @invariant()
    def same(self):
        if not hasattr(self, "model"):
            return
        queues, lines = self.queues, self.model.lines
        assert {e.arrival for e in queues.by_txid.values()} == {line.arrival for line in lines}
        for source in (LOCAL, "a", "b"):
            mine = queues.sources._by_source.get(source, Room())
            assert (mine.count, mine.size_bytes) == self.model.room(lines, source)
        assert queues.size_bytes == sum(line.size for line in lines)
        ready = {line.arrival for s in range(4) for line in self.model.ready(s)}
        assert {e.arrival for q in queues.senders.values() for e in q.ready()} == ready
        assert queues.ready_count == len(ready)
        assert all(queue.entries for queue in queues.senders.values())


QueuesMachine.TestCase.settings = settings(stateful_step_count=40)
TestQueues = QueuesMachine.TestCase
