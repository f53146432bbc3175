"""What goes into the next block: the best tip first, each sender's nonces in order.

Source: docs/spec/mempool.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from itertools import dropwhile

from execution.gas import TX_BASE
from mempool.rules.entry import Entry


def select(
    queues: Iterable[Sequence[Entry]],
    *,
    base_fee: int,
    gas: int,
    size: int,
    taken: Collection[bytes] = (),
    without: Collection[bytes] = (),
) -> list[Entry]:
    """Entries for a block with room for ``gas`` and for ``size`` bytes of transactions.

    ``queues`` are the senders' ready entries in nonce order. A transaction must fit with all the
    gas it asks for and is then charged the least it can use: who executes knows the rest. One
    that does not fit or pays less than the base fee stops its sender, not the others. Equal tips
    go by arrival. ``taken`` (ids) are in the block already; ``without`` are senders who are out.
    """
    listed = [_rest(queue, taken) for queue in queues if queue and queue[0].sender not in without]
    listed = [queue for queue in listed if queue]
    heap = [
        (-queue[0].tip(base_fee), queue[0].arrival, place, 0) for place, queue in enumerate(listed)
    ]
    heapq.heapify(heap)
    chosen: list[Entry] = []
    while heap and gas >= TX_BASE:
        minus_tip, _, place, position = heap[0]
        queue = listed[place]
        entry = queue[position]
        if minus_tip > 0:
            break  # the best that is left pays less than the base fee
        if entry.tx.unsigned.gas > gas or entry.size > size:
            heapq.heappop(heap)
            continue
        chosen.append(entry)
        gas -= entry.intrinsic
        size -= entry.size
        position += 1
        if position < len(queue):
            following = queue[position]
            heapq.heapreplace(heap, (-following.tip(base_fee), following.arrival, place, position))
        else:
            heapq.heappop(heap)
    return chosen


def _rest(queue: Sequence[Entry], taken: Collection[bytes]) -> Sequence[Entry]:
    return list(dropwhile(lambda entry: entry.txid in taken, queue)) if taken else queue
