"""The node's own miner: when to build a block, how long to search, what to do with the result.

One thread, one decision at a time (``Miner.step``): pace → template → search → import. It imports
what it seals as it would a stranger's block. Source: docs/spec/mining.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic

from django.db import DatabaseError, InterfaceError, connections

from core.errors import AnimicaError, Refused
from core.header import Header
from core.limits import CLOCK_AHEAD_MS, EXTRA_BYTES
from core.network import Network
from core.ports import Clock
from mining.assembly import Assembly
from mining.errors import BlockUnsealed, MinerSettings, OwnBlockRefused
from mining.ports import Importer, Ledger, Pool, Proofs
from mining.search import SearchPool
from mining.share_collector import ShareCollector
from mining.template import Template
from mining.values import MinerState, MinerStats
from pq import addresses

log = logging.getLogger("animica.mining")

REFRESH_MS = 3_000
"""A search goes on this long before the template takes in new transactions and a new time."""
REFUSALS_IN_A_ROW = 3
_LOOK_AGAIN_MS = 500
_REST_S = (60, 600)
"""How long it rests once that many own blocks were refused: doubled each time, up to the second."""
_BACK_OFF_MS = (500, 1_000, 2_000, 5_000, 10_000, 30_000)


class Miner:
    """Builds, seals and imports blocks in a thread of its own.

    ``block_time_ms``: None follows the network (where it is paced the target interval of each
    block's height, else as fast as seals are found), 0 makes a block for each ready transaction,
    any other number waits that long after the parent's time. Composition subscribes
    ``head_changed`` and ``tx_added`` to the events of their names. Raises ``MinerSettings`` for a
    coinbase (34 bytes) that no key controls, an ``extra`` over 32 bytes, or a negative block time.
    Hash shares that turn up in the search are kept for later blocks if ``collect_shares``; on
    demand never. While ``behind()`` it makes no blocks: a better chain is on its way here.
    """

    def __init__(
        self,
        *,
        network: Network,
        ledger: Ledger,
        importer: Importer,
        pool: Pool,
        proofs: Proofs,
        search: SearchPool,
        clock: Clock,
        coinbase: bytes,
        block_time_ms: int | None = None,
        extra: bytes = b"",
        refresh_ms: int = REFRESH_MS,
        collect_shares: bool = True,
        behind: Callable[[], bool] = lambda: False,
    ) -> None:
        _check_settings(coinbase, extra, block_time_ms)
        self._network = network
        self._ledger = ledger
        self._importer = importer
        self._search = search
        self._clock = clock
        self._coinbase = coinbase
        self._assembly = Assembly(
            network=network,
            ledger=ledger,
            pool=pool,
            proofs=proofs,
            clock=clock,
            coinbase=coinbase,
            extra=extra,
        )
        self._refresh_s = refresh_ms / 1000
        self._block_time_ms = block_time_ms
        self._behind = behind
        self._shares = ShareCollector(
            proofs, network, active=collect_shares and not self._on_demand
        )
        self._thread: Thread | None = None
        self._turn = Lock()  # held while a block is made
        self._guests = 0  # callers of mine_one that wait for their turn
        self._guests_lock = Lock()
        self._wake = Event()
        self._stale = Event()
        self._stopping = False
        self._paused = False
        # When it tries again (monotonic); None but after too many refusals of own blocks.
        self._again_at: float | None = None
        self._state = MinerState.STOPPED
        self._reason: str | None = None
        self._height = 0
        self._found = self._refused = 0
        self._refusals_in_a_row = self._faults_in_a_row = 0

    # ------------------------------------------------------------ control

    def start(self) -> None:
        """Start the workers and the thread; once at a time."""
        assert self._thread is None, "the miner runs already"
        self._stopping = False
        self._search.start()
        self._thread = Thread(target=self._run, name="miner", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End thread and workers: at once while searching or waiting, after an import in hand."""
        self._stopping = True
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout_s)
            if thread.is_alive():
                log.error("the miner's thread did not end within %s s", timeout_s)
        self._search.stop()
        self._state = MinerState.STOPPED

    def pause(self, reason: str | None = None) -> None:
        """Stop searching until ``resume``; ``reason`` is shown in the numbers."""
        self._reason = reason
        self._again_at = None
        self._paused = True
        self._wake.set()

    def resume(self) -> None:
        """Search again; forgets earlier refusals."""
        self._reason = None
        self._refusals_in_a_row = 0
        self._again_at = None
        self._paused = False
        self._wake.set()

    def _rest(self, reason: str) -> None:
        """Pause, but only for a while: what the refusals came from may pass."""
        if self._paused:
            return  # somebody has paused it meanwhile, and only they end that
        shortest, longest = _REST_S
        doubled = min(self._refusals_in_a_row - REFUSALS_IN_A_ROW, 10)
        self.pause(reason)
        self._again_at = monotonic() + min(shortest * 2**doubled, longest)

    def _rested(self) -> bool:
        """Whether a pause of its own is over; the next refusal starts a longer one."""
        if self._again_at is None or monotonic() < self._again_at:
            return False
        log.info("trying again after refused blocks")
        self._paused = False
        return True

    def head_changed(self, event: object) -> None:
        """Listener of ``BlockAdded`` and ``ChainReorganised``: the template is outdated."""
        self._stale.set()
        self._wake.set()

    def tx_added(self, event: object) -> None:
        """Listener of ``TxAdded``: there may be something to make a block of."""
        self._wake.set()

    def stats(self) -> MinerStats:
        """The numbers now; safe from any thread."""
        paused = self._paused and self._state is not MinerState.STOPPED
        return MinerStats(
            state=MinerState.PAUSED if paused else self._state,
            reason=self._reason,
            troubled=self._state is MinerState.FAULT or self._again_at is not None,
            blocks_found=self._found,
            blocks_refused=self._refused,
            shares_found=self._shares.found,
            hashes=self._search.hashes,
            hash_rate=self._search.rate,
            height=self._height,
            workers=self._search.size,
            coinbase=self._coinbase,
            block_time_ms=self._interval_ms(self._height),
        )

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        try:
            while True:
                self._wake.clear()
                if self._stopping:
                    break
                self._wake.wait(self._step_or_back_off() / 1000)
        finally:
            connections.close_all()
            if not self._stopping:
                self._state = MinerState.FAULT
                self._reason = "the miner's thread has ended; the log says why"

    def _step_or_back_off(self) -> int:
        try:
            delay = self.step()
        except OwnBlockRefused as fault:
            log.error("%s", fault, extra=fault.facts)
            if self._refusals_in_a_row >= REFUSALS_IN_A_ROW:
                self._rest(str(fault))
            delay = _BACK_OFF_MS[0]
        except (AnimicaError, DatabaseError, InterfaceError, OSError) as fault:
            log.error("the miner cannot go on: %s", fault)
            connections.close_all()  # a broken connection is not asked again
            self._state, self._reason = MinerState.FAULT, str(fault)
            delay = _BACK_OFF_MS[min(self._faults_in_a_row, len(_BACK_OFF_MS) - 1)]
            self._faults_in_a_row += 1
        else:
            if self._faults_in_a_row:
                self._faults_in_a_row, self._reason = 0, None
        return delay

    def step(self) -> int:
        """Do what is to be done now, at most one block; returns how long to wait, in ms.

        Raises ``OwnBlockRefused`` and whatever the ledger raises.
        """
        if self._paused and not self._rested():
            return _LOOK_AGAIN_MS
        if self._behind():
            self._state = MinerState.WAITING_CHAIN
            return _LOOK_AGAIN_MS
        if self._guests:
            return 1
        with self._turn:
            # Cleared before the head is read, so that no change of it is missed.
            self._stale.clear()
            parent = self._ledger.head().header
            self._height = parent.height + 1
            early = self._not_before(parent) - self._clock.now_ms()
            if early > 0:
                self._state = MinerState.WAITING_TIME
                return min(early, _LOOK_AGAIN_MS)
            made = self._assembly.build(parent, most=1 if self._on_demand else None)
            if made is None:
                return 0
            if self._on_demand and not made.block.txs:
                self._state = MinerState.WAITING_TX
                return _LOOK_AGAIN_MS
            self._state = MinerState.SEARCHING
            return 0 if self._seal(made, self._cancelled()) else 1

    @property
    def _on_demand(self) -> bool:
        return self._block_time_ms == 0

    def _not_before(self, parent: Header) -> int:
        """When the child of ``parent`` may be made (ms): paced, and never too far ahead of now."""
        interval_ms = self._interval_ms(parent.height + 1)
        paced = parent.time + interval_ms if interval_ms else 0
        return max(paced, parent.time + 1 - CLOCK_AHEAD_MS)

    def _interval_ms(self, height: int) -> int | None:
        """How long after its parent's time a block of that height is made; None: no pacing."""
        if self._block_time_ms is None and self._network.local.paced:
            return self._network.at(height).params.target_interval_ms
        return self._block_time_ms

    def _cancelled(self) -> Callable[[], bool]:
        """A test that ends a search: told to stop, a new head, or time to refresh."""
        until = monotonic() + self._refresh_s

        def cancelled() -> bool:
            told = self._stopping or self._paused or self._guests > 0
            return told or self._stale.is_set() or monotonic() >= until

        return cancelled

    # ------------------------------------------------------------ one block

    def mine_one(self) -> Header:
        """Make one block now, whatever the pacing, from all that is ready; returns its header.

        In the caller's thread; the miner's own search gives way. Raises ``BlockUnsealed`` when
        the miner is stopped meanwhile, ``OwnBlockRefused`` as ``step`` does.
        """
        with self._guests_lock:
            self._guests += 1
        try:
            with self._turn:
                while not self._stopping:
                    self._stale.clear()
                    parent = self._ledger.head().header
                    made = self._assembly.build(parent, most=None)
                    if made is None:
                        continue
                    sealed = self._seal(made, lambda: self._stopping or self._stale.is_set())
                    if sealed is not None:
                        return sealed
        finally:
            with self._guests_lock:
                self._guests -= 1
            self._wake.set()
        raise BlockUnsealed("the miner was stopped while the block was made")

    def _seal(self, made: Template, cancelled: Callable[[], bool]) -> Header | None:
        """Search and import; None when cancelled."""
        hunt = self._shares.hunt(made)
        nonce = self._search.search(made.seal_prefix, made.threshold, cancelled, hunt=hunt)
        if nonce is None:
            return None
        block = made.sealed(nonce)
        header = block.header
        try:
            result = self._importer.import_block(block.raw, source="miner")
        except Refused as refusal:
            self._refused += 1
            self._refusals_in_a_row += 1
            raise OwnBlockRefused(
                f"block {header.height} of this node was refused: {refusal.message}",
                rule=refusal.code,
                height=header.height,
                hash="0x" + header.hash.hex(),
            ) from refusal
        self._refusals_in_a_row = 0
        if self._again_at is not None:
            self.resume()
        self._found += 1
        if result.outcome == "side":
            self._shares.keep(header)  # another block was first, and this one counts as a share
        log.debug("sealed block %d with %d txs: %s", header.height, len(block.txs), result.outcome)
        return header


def _check_settings(coinbase: bytes, extra: bytes, block_time_ms: int | None) -> None:
    if not addresses.is_key_address(coinbase):
        raise MinerSettings("coinbase is not the address of a key", field="coinbase")
    if len(extra) > EXTRA_BYTES:
        raise MinerSettings(f"extra has more than {EXTRA_BYTES} bytes", field="extra")
    if block_time_ms is not None and block_time_ms < 0:
        raise MinerSettings("block_time_ms is negative", field="block_time_ms")


_current: Miner | None = None


def install(miner: Miner | None) -> None:
    """Make a miner this process's; composition calls it once, tests around each test."""
    global _current
    _current = miner


def current() -> Miner | None:
    """This process's miner; None on a node that does not mine."""
    return _current
