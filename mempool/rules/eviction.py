"""Who leaves when there is no room: the cheapest of the senders' last transactions.

Only a sender's last transaction may go, because the others are needed by those behind them.
Source: docs/spec/mempool.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from mempool.rules.entry import Entry
from mempool.rules.sender import SenderQueue

_Ranked = tuple[int, int, bytes, int]
"""Tip at the base fee, minus the arrival (later arrivals go first), sender, nonce."""


class Tails:
    """A heap of the last transactions, built when first needed and again when the base fee moves.

    Items go stale when the pool changes; they are recognised and thrown away when they come up.
    """

    def __init__(self) -> None:
        self._base_fee: int | None = None
        self._heap: list[_Ranked] = []
        self._most = 0

    def note(self, entry: Entry) -> None:
        """An entry may have become its sender's last one."""
        if self._base_fee is None:
            return
        if len(self._heap) >= self._most:  # mostly stale by now
            self._base_fee, self._heap = None, []
            return
        heapq.heappush(self._heap, _rank(entry, self._base_fee))

    def choose(
        self,
        senders: Mapping[bytes, SenderQueue],
        base_fee: int,
        over_count: int,
        over_bytes: int,
        for_entry: Entry | None = None,
    ) -> list[Entry] | None:
        """The cheapest tails whose leaving makes up ``over_count`` and ``over_bytes``.

        With ``for_entry`` each must pay less than it and be of another sender; None if there
        are not enough such.
        """
        self._prepare(senders, base_fee)
        chosen: dict[bytes, int] = {}
        victims: list[Entry] = []
        seen: list[_Ranked] = []
        while over_count > 0 or over_bytes > 0:
            item = self._pop(senders, chosen)
            if item is None:
                break
            tip, _, sender, nonce = item
            seen.append(item)
            if for_entry is not None:
                if tip >= for_entry.tip(base_fee):
                    break
                if sender == for_entry.sender:
                    continue
            victim = senders[sender].entries[nonce]
            victims.append(victim)
            over_count -= 1
            over_bytes -= victim.size
            chosen[sender] = nonce
            before = [n for n in senders[sender].entries if n < nonce]
            if before:
                heapq.heappush(self._heap, _rank(senders[sender].entries[max(before)], base_fee))
        for item in seen:
            heapq.heappush(self._heap, item)
        return None if over_count > 0 or over_bytes > 0 else victims

    def _prepare(self, senders: Mapping[bytes, SenderQueue], base_fee: int) -> None:
        if self._base_fee != base_fee:
            self._base_fee = base_fee
            self._heap = [_rank(queue.tail, base_fee) for queue in senders.values()]
            self._most = 4 * len(self._heap) + 1_024
            heapq.heapify(self._heap)

    def _pop(
        self, senders: Mapping[bytes, SenderQueue], chosen: Mapping[bytes, int]
    ) -> _Ranked | None:
        """The cheapest item that is still its sender's last, those already chosen left aside."""
        while self._heap:
            item = heapq.heappop(self._heap)
            _, arrival, sender, nonce = item
            queue = senders.get(sender)
            entry = queue.entries.get(nonce) if queue is not None else None
            if queue is None or entry is None or entry.arrival != -arrival:
                continue
            bound = chosen.get(sender)
            left = (n for n in queue.entries if bound is None or n < bound)
            if nonce == max(left, default=None):
                return item
        return None


def _rank(entry: Entry, base_fee: int) -> _Ranked:
    return entry.tip(base_fee), -entry.arrival, entry.sender, entry.nonce
