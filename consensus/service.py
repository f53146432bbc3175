"""The importer: the one way a block gets in, from miner, peer, RPC and disk alike.

import_block(raw) → pipeline checks → extend the head, or keep aside and reorganise if heavier
                  → one database transaction → announce → blocks that waited for this one
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Literal

from chain import service as chain
from chain.values import BlockStatus, StoredHeader
from consensus import errors, own_rules
from consensus.ahead import decoded_ahead
from consensus.deep import Alarm, DeepBranches
from consensus.events import BlockAdded, ChainReorganised
from consensus.memory import Memory
from consensus.rules import fork_choice, genesis, header, pipeline, proofs, seal
from consensus.rules.header import Ancestry
from consensus.rules.pipeline import BodyMatched, Decoded, Executed, HeaderChecked
from consensus.waiting import WaitingRoom
from consensus.witnesses import WitnessChecker
from core.block import Block
from core.bus import EventBus
from core.errors import Refused
from core.failpoints import reach
from core.header import Beacon
from core.limits import CLOCK_AHEAD_MS
from core.network import Network
from core.ports import Clock
from core.proof import Envelope, Verifier

log = logging.getLogger("animica.consensus")

_REMEMBERED = 4_096
Outcome = Literal["added", "side", "reorg", "known", "early", "orphan"]


@dataclass(frozen=True)
class ImportResult:
    """What became of a block: ``added`` and ``reorg`` made it the head."""

    hash: bytes
    height: int
    outcome: Outcome


class Importer:
    """Imports blocks one at a time; safe to call from any thread."""

    def __init__(
        self,
        *,
        network: Network,
        clock: Clock,
        witnesses: WitnessChecker,
        bus: EventBus,
        verifiers: Mapping[int, Verifier] = proofs.VERIFIERS,
    ) -> None:
        proofs.check_verifiers(network, verifiers)
        self.network = network
        self.verifiers = verifiers
        self._clock = clock
        self.witnesses = witnesses
        self._bus = bus
        self._lock = RLock()
        self._orphans = WaitingRoom()
        self._early = WaitingRoom()
        # Hashes that commit to something wrong, with the code: never tried again.
        self._condemned: Memory[str] = Memory(_REMEMBERED)
        self._fork_heights: Memory[int] = Memory(_REMEMBERED)
        self.deep = DeepBranches(network)

    @property
    def alarm(self) -> Alarm | None:
        """A branch that this node refused to follow, until the head outweighs it."""
        return self.deep.alarm

    @property
    def syncing(self) -> bool:
        """Whether the first synchronisation is still on: then maxReorg does not bind."""
        return self.deep.lifted

    @syncing.setter
    def syncing(self, on: bool) -> None:
        self.deep.lifted = on

    def start(self) -> StoredHeader:
        """Write genesis into an empty database or check the stored chain; returns the head.

        Raises ``OtherRules`` where the network file has changed below the head.
        """
        block = genesis.genesis_block(self.network)
        chain.initialise(
            genesis=block,
            changes=genesis.genesis_records(self.network),
            supply=genesis.genesis_supply(self.network),
        )
        chain.verify_head()
        own_rules.check_stored(self.network)
        self._finish_reorganisations()
        return chain.head()

    def import_block(self, raw: bytes, *, source: str) -> ImportResult:
        """Judge a block in its canonical encoding and take it in.

        ``source`` is for the log only. Raises the ``Refused`` of the first broken rule; then
        nothing has changed.
        """
        return self._import(pipeline.decode(raw, self.network), source)

    def import_blocks(self, raws: Iterable[bytes], *, source: str) -> Iterator[ImportResult]:
        """Import blocks in a row, each like ``import_block``, faster than one by one.

        See ``consensus.ahead``. A refusal ends the row; what was imported before it stays.
        """
        row = decoded_ahead(
            raws, network=self.network, witnesses=self.witnesses, state=chain.reader()
        )
        for decoded in row:
            yield self._import(decoded, source)

    def _import(self, decoded: Decoded, source: str) -> ImportResult:
        with self._lock:
            result = self._take_in(decoded)
            log.debug("block %s from %s: %s", result.hash.hex(), source, result.outcome)
            if result.outcome in ("added", "reorg", "side"):
                self._retry_orphans_of(result.hash)
            return result

    def tick(self) -> None:
        """Import the early blocks whose time has come; composition calls it every second."""
        with self._lock:
            for block in self._early.take_due(self._clock.now_ms() + CLOCK_AHEAD_MS):
                if self._retry(block):
                    self._retry_orphans_of(block.hash)

    def between_blocks(self, work: Callable[[], None]) -> None:
        """Run what writes to the ledger beside imports, while no block is being taken in."""
        with self._lock:
            work()

    def waiting(self) -> dict[str, int]:
        """How many blocks wait for a parent and for their time."""
        return {"orphans": len(self._orphans), "early": len(self._early)}

    def _finish_reorganisations(self) -> None:
        """Take up a heavier branch that was stored but not yet followed when the node died."""
        for tip in chain.tips_heavier_than(chain.head().total_work):
            head = chain.head()
            if not fork_choice.outweighs(tip.total_work, head.total_work):
                continue
            try:
                self.deep.check_depth(head, self._fork_height(tip))
                self._reorganise(head, tip.hash)
            except (errors.ReorgTooDeep, errors.StoredBlockDamaged) as refusal:
                log.error("not taking up a stored branch: %s", refusal)
                self.deep.raise_alarm(refusal, tip.hash, tip.total_work)
            except Refused as refusal:  # an invalid branch, marked so: nothing to alarm about
                log.warning("a stored branch was refused: %s", refusal)

    def _take_in(self, decoded: Decoded) -> ImportResult:
        block = decoded.block
        self._refuse_condemned(block)
        if chain.stored(block.hash) is not None:
            return ImportResult(block.hash, block.header.height, "known")
        if block.header.height == 0:
            raise errors.GenesisRefused("header.height is 0", field="header.height")
        parent = chain.stored(block.header.parent)
        if parent is None:
            return self._take_in_without_parent(decoded)
        if parent.status is BlockStatus.INVALID:
            raise errors.ParentInvalid("the parent was refused", rule=parent.invalid_code)
        checked = pipeline.check_header(
            decoded, self._ancestry(parent), self.network, self._clock.now_ms()
        )
        return self._take_in_child(checked, parent)

    def _take_in_child(self, checked: HeaderChecked, parent: StoredHeader) -> ImportResult:
        block = checked.block
        sealed = pipeline.check_seal(checked)
        if sealed.early:
            # Held by its hash, so only with its own body: another would keep that one out.
            pipeline.check_body_roots(block)
            self._early.add(block)
            return ImportResult(block.hash, block.header.height, "early")
        head = chain.head()
        if parent.hash == head.hash:
            self._extend(pipeline.check_body(sealed, Beacon()), parent)
            return ImportResult(block.hash, block.header.height, "added")
        work = fork_choice.total_work(parent.total_work, block.header)
        self.deep.refuse(parent, self._fork_height(parent), block, work)
        matched = pipeline.check_body(sealed, Beacon())
        chain.add_side_block(block=matched.block, total_work=work)
        if not fork_choice.outweighs(work, head.total_work):
            return ImportResult(block.hash, block.header.height, "side")
        self._reorganise(head, block.hash)
        return ImportResult(block.hash, block.header.height, "reorg")

    def _ancestry(self, parent: StoredHeader) -> Ancestry:
        if parent.height == 0:
            return Ancestry(parent.header, None)
        grandparent = chain.stored(parent.header.parent)
        assert grandparent is not None, "a stored block's parent is stored"
        return Ancestry(parent.header, grandparent.header)

    def _extend(self, matched: BodyMatched, parent: StoredHeader) -> None:
        """Execute on the head's state and commit as the new head."""
        block = matched.block
        work = fork_choice.total_work(parent.total_work, block.header)
        try:
            executed = self._execute(matched)
            staged = chain.stage_state(executed.effects.changes)
            pipeline.check_state_root(executed, staged.root)
        except Refused as refusal:
            self._condemned[block.hash] = refusal.code
            raise
        with chain.unit() as unit:
            unit.append(block, executed.effects, staged, work)
        self.deep.calm(work)
        reach("head.extended")
        txids = tuple(tx.txid for tx in block.txs)
        types = tuple(envelope.type for envelope in block.envelopes)
        self._bus.publish(BlockAdded(block.header, txids, types))

    def _execute(self, matched: BodyMatched) -> Executed:
        """Witnesses and execution on the state that the ledger holds now."""
        state = chain.reader()
        witnessed = pipeline.check_witnesses(matched, self.network, state, self.witnesses.check_all)
        lineage = chain.ancestors(matched.block.header.height - 1)
        proven = pipeline.check_proofs(witnessed, self.network, lineage, self.verifiers)
        return pipeline.execute(proven, self.network)

    def _reorganise(self, head: StoredHeader, tip: bytes) -> None:
        """Undo to the fork and apply the branch, in one transaction; a bad block undoes it all."""
        branch = list(self._branch(tip))
        fork_hash = branch[0].header.parent
        current = branch[0].hash
        try:
            with chain.unit() as unit:
                removed = unit.unwind_to(fork_hash)
                work = _stored(fork_hash).total_work
                for entry in branch:
                    current = entry.hash
                    work = fork_choice.total_work(work, entry.header)
                    executed = self._execute(self._recheck(current))
                    staged = chain.stage_state(executed.effects.changes)
                    pipeline.check_state_root(executed, staged.root)
                    unit.append(executed.block, executed.effects, staged, work)
        except Refused as refusal:
            chain.mark_invalid(hash=current, code=refusal.code)
            raise
        self.deep.calm(work)
        self._announce_reorg(head, branch, removed)

    def _recheck(self, block_hash: bytes) -> BodyMatched:
        """A block from disk goes through the same checks as one from anywhere else."""
        raw = chain.raw_block(block_hash)
        assert raw is not None, "a stored side block has its body"
        try:
            decoded = pipeline.decode(raw, self.network)
            ancestry = self._ancestry(_stored(decoded.block.header.parent))
            # Its time had come when it was stored; a clock set back since must not condemn it.
            now_ms = max(self._clock.now_ms(), decoded.block.header.time)
            checked = pipeline.check_header(decoded, ancestry, self.network, now_ms)
            return pipeline.check_body(pipeline.check_seal(checked), Beacon())
        except Refused as refusal:
            raise errors.StoredBlockDamaged(
                f"a stored block does not pass again: {refusal}", hash="0x" + block_hash.hex()
            ) from refusal

    def _announce_reorg(
        self, head: StoredHeader, branch: list[StoredHeader], removed: list[bytes]
    ) -> None:
        added = tuple(entry.hash for entry in branch)
        txids = tuple(tx.txid for block_hash in added for tx in _block(block_hash).txs)
        kept = frozenset(txids)
        returned: list[bytes] = []
        returned_proofs: list[Envelope] = []
        for block_hash in reversed(removed):
            block = _block(block_hash)
            returned.extend(tx.raw for tx in block.txs if tx.txid not in kept)
            returned_proofs.extend(block.envelopes)
        fork_height = branch[0].height - 1
        log.warning("reorganised %d blocks at height %d", len(removed), fork_height)
        self._fork_heights.clear()
        reach("head.reorganised")
        self._bus.publish(
            ChainReorganised(
                old_head=head.header,
                new_head=branch[-1].header,
                fork_height=fork_height,
                removed=tuple(removed),
                added=added,
                txids=txids,
                returned=tuple(returned),
                returned_proofs=tuple(returned_proofs),
            )
        )

    def _branch(self, tip: bytes) -> Iterator[StoredHeader]:
        """The side branch up to ``tip``, lowest block first."""
        entries = []
        entry = _stored(tip)
        while not entry.canonical:
            entries.append(entry)
            entry = _stored(entry.header.parent)
        return reversed(entries)

    def _fork_height(self, parent: StoredHeader) -> int:
        """Height of the best-chain block that ``parent``'s branch starts from."""
        entry = parent
        while not entry.canonical and entry.hash not in self._fork_heights:
            entry = _stored(entry.header.parent)
        height = entry.height if entry.canonical else self._fork_heights[entry.hash]
        self._fork_heights[parent.hash] = height
        return height

    def _refuse_condemned(self, block: Block) -> None:
        code = self._condemned.get(block.hash)
        if code is None:
            stored = chain.stored(block.hash)
            if stored is None or stored.status is not BlockStatus.INVALID:
                return
            code = stored.invalid_code
        raise errors.KnownInvalid("the block was refused before", rule=code)

    def _take_in_without_parent(self, decoded: Decoded) -> ImportResult:
        """A block whose parent is not stored: refused itself, too deep to follow, or unknown."""
        block = decoded.block
        rule = self._condemned.get(block.header.parent)
        if rule is not None:
            raise errors.ParentInvalid("the parent was refused", rule=rule)
        if (deep := self.deep.get(block.header.parent)) is None:
            return self._hold_orphan(block)
        ancestry = Ancestry(deep.parent.header, deep.grandparent)
        now_ms = self._clock.now_ms()
        pipeline.check_seal(pipeline.check_header(decoded, ancestry, self.network, now_ms))
        work = fork_choice.total_work(deep.parent.total_work, block.header)
        self.deep.refuse(deep.parent, deep.fork_height, block, work)
        return self._hold_orphan(block)

    def _hold_orphan(self, block: Block) -> ImportResult:
        """Keep a block whose parent is unknown, if its own header shows work."""
        head = block.header
        header.check_network(head, self.network)
        header.check_limits(head, self.network)
        seal.check_claims(head, self.network)
        pipeline.check_body_roots(block)
        self._orphans.add(block)
        return ImportResult(block.hash, head.height, "orphan")

    def _retry_orphans_of(self, parent: bytes) -> None:
        parents = [parent]
        while parents:
            for block in self._orphans.take_children(parents.pop()):
                if self._retry(block):
                    parents.append(block.hash)

    def _retry(self, block: Block) -> bool:
        """Import a block that waited; its refusal has nobody to go to but the log."""
        try:
            outcome = self._take_in(Decoded(block)).outcome
        except Refused as refusal:
            log.info("a waiting block was refused: %s", refusal)
            return False
        return outcome in ("added", "reorg", "side")


def _stored(block_hash: bytes) -> StoredHeader:
    entry = chain.stored(block_hash)
    assert entry is not None, "a stored block's ancestors are stored"
    return entry


def _block(block_hash: bytes) -> Block:
    block = chain.load_block(block_hash)
    assert block is not None, "a reorganised block has its body"
    return block


_current: Importer | None = None


def install(importer: Importer | None) -> None:
    """Make an importer this process's; composition calls it once, tests around each test."""
    global _current
    _current = importer


def current() -> Importer:
    """This process's importer; raises ``NotRunning`` where there is none."""
    if _current is None:
        raise errors.NotRunning("this process runs no node")
    return _current
