"""Who leaves when there is no room: the cheapest of the senders' last transactions.

Only a sender's last transaction may go, because the others are needed by those behind them. Held
ones go before ready ones, whatever they offer: nobody can ask them to pay it.
Source: docs/spec/mempool.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mempool.rules.entry import Entry
from mempool.rules.room import Room
from mempool.rules.sender import SenderQueue

_Ranked = tuple[bool, int, int, bytes, int]
"""Whether ready, tip at the base fee, minus the arrival (later ones go first), sender, nonce."""


@dataclass
class Plan:
    """Who will leave, and for whom: nobody leaves before all who must are found.

    With a ``newcomer``, which is ready, each must be held or pay less than it, and be of another
    sender.
    """

    newcomer: Entry | None = None
    victims: list[Entry] = field(default_factory=list)
    for_share: int = 0
    """So many of the first victims leave for the share of the newcomer's own source."""
    freed: Room = field(default_factory=Room)
    freed_by: dict[str, Room] = field(default_factory=dict)
    lowest: dict[bytes, int] = field(default_factory=dict)
    """By sender the nonce of its last victim: what is above has been chosen already."""

    def take(self, victim: Entry) -> None:
        """One more has to leave."""
        self.victims.append(victim)
        self.freed.add(victim)
        self.freed_by.setdefault(victim.source, Room()).add(victim)
        self.lowest[victim.sender] = victim.nonce


class Tails:
    """A heap of the last transactions, of one ``source`` or of all (None).

    It is built when first needed and again when the base fee moves. Items go stale when the pool
    changes; they are recognised and thrown away when they come up.
    """

    def __init__(self, senders: Mapping[bytes, SenderQueue], source: str | None = None) -> None:
        self._senders = senders
        self._source = source
        self._base_fee: int | None = None
        self._heap: list[_Ranked] = []
        self._most = 0

    def note(self, entry: Entry) -> None:
        """An entry may have become its sender's last one."""
        if self._base_fee is None or not self._is_ours(entry):
            return
        if len(self._heap) >= self._most:  # mostly stale by now
            self._base_fee, self._heap = None, []
            return
        heapq.heappush(self._heap, self._rank(entry, self._base_fee))

    def choose(self, plan: Plan, base_fee: int, enough: Callable[[], bool]) -> None:
        """Add the cheapest tails to the plan until there are enough or no more that may go."""
        self._prepare(base_fee)
        for sender, nonce in plan.lowest.items():  # chosen from another heap
            self._push_below(sender, nonce, base_fee)
        seen: list[_Ranked] = []
        while not enough():
            item = self._pop(plan, seen)
            if item is None:
                break
            seen.append(item)
            is_ready, tip, _, sender, nonce = item
            if plan.newcomer is not None:
                if is_ready and tip >= plan.newcomer.tip(base_fee):
                    break
                if sender == plan.newcomer.sender:
                    continue
            plan.take(self._senders[sender].entries[nonce])
            self._push_below(sender, nonce, base_fee)
        for item in seen:
            heapq.heappush(self._heap, item)

    def _is_ours(self, entry: Entry) -> bool:
        return self._source is None or entry.source == self._source

    def _prepare(self, base_fee: int) -> None:
        if self._base_fee != base_fee:
            self._base_fee = base_fee
            tails = (queue.tail for queue in self._senders.values())
            self._heap = [self._rank(tail, base_fee) for tail in tails if self._is_ours(tail)]
            self._most = 4 * len(self._heap) + 1_024
            heapq.heapify(self._heap)

    def _pop(self, plan: Plan, seen: list[_Ranked]) -> _Ranked | None:
        """The cheapest item that is its sender's last but for those chosen; these join ``seen``."""
        while self._heap:
            item = heapq.heappop(self._heap)
            is_ready, _, arrival, sender, nonce = item
            queue = self._senders.get(sender)
            entry = queue.entries.get(nonce) if queue is not None else None
            if queue is None or entry is None or entry.arrival != -arrival:
                continue
            if is_ready != (nonce < queue.ready_end):
                continue
            bound = plan.lowest.get(sender)
            if bound is not None and nonce >= bound:
                seen.append(item)
            elif nonce == max(n for n in queue.entries if bound is None or n < bound):
                return item
        return None

    def _push_below(self, sender: bytes, nonce: int, base_fee: int) -> None:
        """Once that nonce has been chosen, the one before it may go as well."""
        entries = self._senders[sender].entries
        before = [n for n in entries if n < nonce]
        if before and self._is_ours(entries[max(before)]):
            heapq.heappush(self._heap, self._rank(entries[max(before)], base_fee))

    def _rank(self, entry: Entry, base_fee: int) -> _Ranked:
        is_ready = entry.nonce < self._senders[entry.sender].ready_end
        return is_ready, entry.tip(base_fee), -entry.arrival, entry.sender, entry.nonce
