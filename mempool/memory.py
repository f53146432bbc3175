"""What the pool remembers of transactions it does not hold, all of it bounded."""

from __future__ import annotations

from collections import OrderedDict, deque
from threading import Lock

from core.errors import Refused
from core.hashing import sha3
from core.limits import TX_BYTES
from mempool.events import TxDropped
from mempool.returning import Returning
from mempool.rules.verdicts import FOR_EVER

REFUSALS = 10_000
DROPS = 10_000
COMEBACKS = 1_000


class RefusalMemory:
    """Refusals by H(raw). A bad witness condemns these bytes, never the transaction id.

    Found by Python's own hash first, so that bytes never seen before cost no SHA3.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[bytes, Refused]] = OrderedDict()
        self._lock = Lock()

    def recall(self, raw: bytes) -> None:
        """Raise the refusal that these bytes have met before, if any."""
        known = self._known.get(hash(raw))
        if known is not None and known[0] == sha3(raw):
            refusal = known[1]
            raise type(refusal)(refusal.message, **refusal.facts)

    def remember(self, raw: bytes, refusal: Refused) -> None:
        """Keep a refusal that will never change; oversize bytes are refused quicker than hashed."""
        if len(raw) > TX_BYTES or not isinstance(refusal, FOR_EVER):
            return
        # A fresh one: the raised exception holds on to its whole stack.
        known = sha3(raw), type(refusal)(refusal.message, **refusal.facts)
        with self._lock:
            self._known[hash(raw)] = known
            while len(self._known) > REFUSALS:
                self._known.popitem(last=False)


class DropMemory:
    """Why transactions left, for whoever asks later; guarded by the pool's lock."""

    def __init__(self) -> None:
        self._drops: OrderedDict[bytes, TxDropped] = OrderedDict()
        self._comebacks: deque[tuple[int, Returning]] = deque(maxlen=COMEBACKS)

    def get(self, txid: bytes) -> TxDropped | None:
        """The last drop of this id, None if none is remembered."""
        return self._drops.get(txid)

    def add(self, drop: TxDropped) -> None:
        """Remember a drop."""
        self._drops.pop(drop.txid, None)
        self._drops[drop.txid] = drop
        while len(self._drops) > DROPS:
            self._drops.popitem(last=False)

    def forget(self, txid: bytes) -> None:
        """The transaction is back."""
        self._drops.pop(txid, None)

    def keep(self, height: int, back: Returning) -> None:
        """Keep what is invalid after the block at ``height``: a reorg may undo that."""
        self._comebacks.append((height, back))

    def kept(self) -> dict[bytes, tuple[int, Returning]]:
        """What a reorg may bring back, by id, with the height that it must go below."""
        return {back.tx.txid: (height, back) for height, back in self._comebacks}

    def forget_before(self, oldest_ms: int) -> None:
        """What arrived before that comes back no more."""
        stay = [pair for pair in self._comebacks if pair[1].arrived_ms >= oldest_ms]
        self._comebacks = deque(stay, maxlen=COMEBACKS)

    def comebacks(self, fork_height: int) -> list[Returning]:
        """Take out what blocks above ``fork_height`` made invalid."""
        back = [back for height, back in self._comebacks if height > fork_height]
        stay = [pair for pair in self._comebacks if pair[0] <= fork_height]
        self._comebacks = deque(stay, maxlen=COMEBACKS)
        return back
