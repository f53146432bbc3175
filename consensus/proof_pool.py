"""Proofs that wait for a block: verified when they come, and again for every new head.

Part of consensus and not of the miner: what may wait is decided by the rules that blocks obey, and
every node keeps it, mining or not. Peers' proofs, results of providers and shares of outside miners
enter by the same ``add``; templates are filled from ``candidates``.

A new head is not worked on when it is announced, since that would hold up imports: whoever comes
next, at the latest the node's tick, brings all proofs up to it first. Source: docs/spec/mining.md.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import RLock
from typing import Protocol

from chain.values import StoredHeader
from consensus import proof_pool_errors
from consensus.events import ChainReorganised, ProofAdded
from consensus.memory import Memory
from consensus.rules import proofs
from consensus.rules.examiner import Examiner
from consensus.rules.header import Ancestry
from consensus.rules.waiting_proofs import FOR_EVER, ProofPoolLimits, WaitingProof, WaitingProofs
from core.bus import EventBus
from core.errors import Refused
from core.network import Network
from core.ports import Clock, StateReader
from core.proof import NAMES, Envelope, Lineage, Verifier

log = logging.getLogger("animica.consensus")

REFUSALS = 4_096
"""Remembered refusals, by the digest of the envelope."""
ASIDE = 256
"""Proofs that a new head made invalid, kept because a reorganisation may bring them back."""
RETURNED = 1_024
"""Proofs of removed blocks that are taken up again, the latest ones."""


class Ledger(Protocol):
    """What is read of the chain; ``chain.service`` is one."""

    def head(self) -> StoredHeader:
        """The head of the best chain."""

    def stored(self, hash: bytes) -> StoredHeader | None:
        """A stored header."""

    def ancestors(self, highest: int) -> Lineage:
        """The best chain up to a height."""

    def reader(self) -> StateReader:
        """The head's post-state."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads inside all see one commit."""


@dataclass(frozen=True)
class Candidates:
    """What the next block may take, and the hash of the head that it holds for."""

    head: bytes
    proofs: tuple[WaitingProof, ...]


@dataclass(frozen=True)
class ProofPoolStats:
    """How many proofs wait, by the names of all types, and their bytes."""

    count: int
    by_type: Mapping[str, int]
    bytes: int


@dataclass(frozen=True)
class _Refusal:
    """A refusal and the head that it holds for; None: any."""

    error: Refused
    head: bytes | None


class ProofPool:
    """The proofs that wait; safe to call from any thread, outside of the ledger's snapshots.

    Proofs are verified one at a time, each in well under a millisecond so far.
    """

    def __init__(
        self,
        *,
        network: Network,
        ledger: Ledger,
        clock: Clock,
        bus: EventBus,
        verifiers: Mapping[int, Verifier] = proofs.VERIFIERS,
        limits: ProofPoolLimits | None = None,
    ) -> None:
        self._network = network
        self._ledger = ledger
        self._clock = clock
        self._bus = bus
        self._verifiers = verifiers
        self._limits = limits or ProofPoolLimits()
        self._waiting = WaitingProofs(self._limits)
        self._refusals: Memory[_Refusal] = Memory(REFUSALS)
        self._aside: Memory[Envelope] = Memory(ASIDE)
        # Told by reorganisations, not looked at yet.
        self._returned: deque[Envelope] = deque(maxlen=RETURNED)
        self._reorgs = 0
        # The head that the proofs stand on, and how many reorganisations they know of.
        self._stand = b"", 0
        self._arrivals = 0
        self._lock = RLock()

    # ------------------------------------------------------------ in

    def add(self, envelope: Envelope) -> None:
        """Verify a proof for the next block and keep it.

        Raises the refusal of the rule that it breaks, ``ProofPending`` where one of the same work
        waits, ``ProofPayeeLimit`` or ``ProofsFull``.
        """
        with self._lock, self._ledger.snapshot():
            head = self._settled()
            self._recall(envelope)
            if envelope.nullifier in self._waiting:
                raise proof_pool_errors.ProofPending(
                    "a proof of this work waits", nullifier="0x" + envelope.nullifier.hex()
                )
            try:
                proof = self._examiner(head, [envelope]).examine(envelope, self._arrival())
            except Refused as refusal:
                self._remember(envelope, refusal)
                raise
            victim = self._waiting.add(proof)
            if victim is not None:
                log.debug("proof %s made room", victim.envelope.nullifier.hex())
        self._bus.publish(ProofAdded(envelope.digest))

    def on_reorg(self, event: ChainReorganised) -> None:
        """What the old branch held waits again, if it is still valid."""
        self._returned.extend(event.returned_proofs)
        self._reorgs += 1

    def settle(self) -> None:
        """Bring everything up to the head, if it has moved; composition calls it every second."""
        with self._lock, self._ledger.snapshot():
            self._settled()

    # ------------------------------------------------------------ out

    def candidates(self) -> Candidates:
        """Every proof that waits, as of the head."""
        with self._lock, self._ledger.snapshot():
            return Candidates(self._settled().hash, tuple(self._waiting))

    def waiting(self, digest: bytes) -> Envelope | None:
        """A waiting proof by the digest of its envelope, as of the last look at the head.

        Without the lock, so that nobody waits for a verifier: what it reads changes as a whole.
        """
        proof = self._waiting.by_digest(digest)
        return None if proof is None else proof.envelope

    def digests(self) -> tuple[bytes, ...]:
        """The digests of all that wait, read like ``waiting``."""
        return self._waiting.digests()

    def refused_for_good(self, digest: bytes) -> bool:
        """Whether this very envelope was refused for a reason that no other head lifts."""
        known = self._refusals.get(digest)
        return known is not None and known.head is None

    def drop(self, nullifier: bytes, refusal: Refused) -> None:
        """Forget a proof that a block turned out to refuse; unknown ones are ignored."""
        with self._lock:
            proof = self._waiting.remove(nullifier)
            if proof is not None:
                log.info("dropped proof %s: %s", nullifier.hex(), refusal)
                self._remember(proof.envelope, refusal)

    def stats(self) -> ProofPoolStats:
        """The numbers, as of the last time anybody asked for proofs or the node ticked."""
        with self._lock:
            by_type = {name: self._waiting.count(type) for type, name in NAMES.items()}
            return ProofPoolStats(len(self._waiting), by_type, self._waiting.bytes)

    # ------------------------------------------------------------ with the lock, in a snapshot

    def _settled(self) -> StoredHeader:
        """The head, with every proof as it stands there."""
        head, reorgs = self._ledger.head(), self._reorgs
        if (head.hash, reorgs) != self._stand:
            self._move(head, reorganised=reorgs != self._stand[1])
            self._stand = head.hash, reorgs
        return head

    def _move(self, head: StoredHeader, *, reorganised: bool) -> None:
        """Verify everything again on another head, after a reorganisation what it may bring back.

        Nothing is changed before all is verified, so nothing is lost where the database fails.
        """
        returned = list(self._returned) if reorganised else []
        back = [*self._aside.values(), *returned] if reorganised else []
        again = [(proof.envelope, proof.arrival) for proof in self._waiting]
        again += [(envelope, self._arrival()) for envelope in back]
        examiner = self._examiner(head, [envelope for envelope, _ in again])
        waiting = WaitingProofs(self._limits)
        refused = [one for one, arrival in again if not _put(waiting, examiner, one, arrival)]
        for _ in returned:
            self._returned.popleft()
        if reorganised:
            self._aside.clear()
        for envelope in refused:
            self._aside[envelope.nullifier] = envelope
        self._waiting = waiting

    def _examiner(self, head: StoredHeader, envelopes: Sequence[Envelope]) -> Examiner:
        """Judges proofs for a block that is made now on the head; reads state once for all."""
        parent = head.header
        below = self._ledger.stored(parent.parent) if parent.height else None
        return Examiner(
            network=self._network,
            ancestry=Ancestry(parent, None if below is None else below.header),
            lineage=self._ledger.ancestors(parent.height),
            reader=self._ledger.reader(),
            time_ms=max(self._clock.now_ms(), parent.time + 1),
            verifiers=self._verifiers,
            envelopes=envelopes,
        )

    def _arrival(self) -> int:
        self._arrivals += 1
        return self._arrivals

    def _recall(self, envelope: Envelope) -> None:
        """Raise the refusal that this very envelope has met before, if it still holds."""
        known = self._refusals.get(envelope.digest)
        if known is not None and known.head in (None, self._stand[0]):
            raise type(known.error)(known.error.message, **known.error.facts)

    def _remember(self, envelope: Envelope, refusal: Refused) -> None:
        # A fresh one: the raised exception holds on to its whole stack.
        fresh = type(refusal)(refusal.message, **refusal.facts)
        head = None if isinstance(refusal, FOR_EVER) else self._stand[0]
        self._refusals[envelope.digest] = _Refusal(fresh, head)


def _put(waiting: WaitingProofs, examiner: Examiner, envelope: Envelope, arrival: int) -> bool:
    """Let a proof wait, unless a rule or a limit is against it; returns whether it does."""
    if envelope.nullifier in waiting:
        return True
    try:
        waiting.add(examiner.examine(envelope, arrival))
    except Refused as refusal:
        log.debug("proof %s waits no longer: %s", envelope.nullifier.hex(), refusal)
        return False
    return True


_current: ProofPool | None = None


def install(pool: ProofPool | None) -> None:
    """Make a pool of proofs this process's; composition calls it once, tests around each test."""
    global _current
    _current = pool


def current() -> ProofPool:
    """This process's pool of proofs; raises ``ProofPoolMissing`` where there is none."""
    if _current is None:
        raise proof_pool_errors.ProofPoolMissing("this process keeps no proofs")
    return _current
