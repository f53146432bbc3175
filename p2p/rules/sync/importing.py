"""Blocks of the course in order to the importer, and what it says of them."""

from __future__ import annotations

from collections import OrderedDict

from chain.values import BlockStatus
from consensus.errors import ReorgTooDeep, RootMismatch, TimeAhead
from core.errors import EncodingRefused, Refused
from core.limits import CLOCK_AHEAD_MS
from p2p.rules.actions import ImportBlock
from p2p.rules.events import BlockJudged
from p2p.rules.offences import Offence
from p2p.rules.sync import numbers
from p2p.rules.sync.bodies import Bodies, Held
from p2p.rules.sync.state import State

_TAKEN = ("added", "side", "reorg", "known")
_LOCAL = (ReorgTooDeep, TimeAhead)
"""Refusals that say nothing about the block itself."""
_BODILY = (RootMismatch, EncodingRefused)
"""Refusals of a body that its header's hash does not answer for."""


class Importing:
    """Hands blocks over and hears the verdicts."""

    def __init__(self, state: State, bodies: Bodies) -> None:
        self._state = state
        self._ctx = state.ctx
        self._bodies = bodies
        self._open: OrderedDict[bytes, Held] = OrderedDict()
        self._pause_ms = 0
        self._faults = 0
        self._restart = False

    def feed(self) -> None:
        """Hand over what is next on the course, as far as it is here."""
        state, course = self._state, self._state.course
        if state.held or self._restart or state.ms < self._pause_ms:
            return
        while self._has_room() and course.next < len(course.path):
            hash = course.path[course.next]
            if hash not in self._open:
                held = self._bodies.held.get(hash)
                if held is None or held.time > self._ctx.now.wall_ms + CLOCK_AHEAD_MS:
                    return
                self._bodies.drop(hash)
                self._open[hash] = held
                height = course.base + 1 + course.next
                self._ctx.act(ImportBlock(hash, height, held.raw))
            course.next += 1

    def _has_room(self) -> bool:
        size = sum(len(held.raw) for held in self._open.values())
        return len(self._open) < numbers.IMPORTS_OPEN and size < numbers.IMPORT_BYTES

    def judged(self, event: BlockJudged) -> None:
        """The importer's word on a block, ours or another part's."""
        held = self._open.pop(event.hash, None)
        if event.fault:
            self._again(event, held, fault=True)
        elif event.refusal is not None:
            self._refused(event, held, event.refusal)
        elif event.outcome in _TAKEN:
            self._taken(event, held)
        else:
            self._again(event, held, fault=False)
        if self._restart and not self._open:
            self._restart = False
            self._state.course.restart()

    def _taken(self, event: BlockJudged, held: Held | None) -> None:
        state = self._state
        self._faults = 0
        self._bodies.drop(event.hash)
        state.course.passed(event.hash, event.height)
        state.tree.stored(event.hash)
        if held is not None and (contact := state.contacts.get(held.conn)) is not None:
            self._ctx.useful(contact.peer)

    def _again(self, event: BlockJudged, held: Held | None, *, fault: bool) -> None:
        """Not judged: the node failed, or the block waits for its time or its parent."""
        if held is None:
            return
        self._bodies.give_back(event.hash, held)
        again, self._restart = self._restart, True
        wait = numbers.FAULT_MS
        if fault and not again:
            wait = min(numbers.FAULT_MS << min(self._faults, 8), numbers.FAULT_MOST_MS)
            self._faults += 1
            self._ctx.note("warning", "import_failed", height=event.height, wait_ms=wait)
        self._pause_ms = max(self._pause_ms, self._state.ms + wait)

    def _refused(self, event: BlockJudged, held: Held | None, refusal: Refused) -> None:
        state = self._state
        if isinstance(refusal, _BODILY):
            if held is not None and (contact := state.contacts.get(held.conn)) is not None:
                self._ctx.blame(contact.peer, Offence.BODY_SWAPPED, str(refusal))
                contact.lack(event.hash, state.ms, said=True)
            self._restart = held is not None
        elif isinstance(refusal, _LOCAL):
            state.avoided[event.hash] = state.ms + numbers.AVOID_MS
            if state.course.at(event.height) == event.hash:
                state.course.stop()
        else:
            self._condemn(event.hash, refusal)

    def _condemn(self, hash: bytes, refusal: Refused) -> None:
        """A block that breaks a rule which its hash commits to: it and all above are dropped."""
        state = self._state
        self._ctx.note("warning", "block_refused", hash=hash.hex(), code=refusal.code)
        bad = [hash, *self._bad_below(hash)]
        vouching = [one for one in state.reachable if self._vouches(one.tip, hash)]
        if hash in state.course.path:
            state.course.stop()
        for gone in state.tree.cut(bad):
            state.bad[gone] = refusal.code
        for contact in vouching:
            contact.tip = b""
            self._ctx.blame(contact.peer, Offence.BLOCK_INVALID, str(refusal))

    def _vouches(self, tip: bytes, hash: bytes) -> bool:
        return tip == hash or any(node.hash == hash for node in self._state.tree.down(tip))

    def _bad_below(self, hash: bytes) -> list[bytes]:
        """A reorganisation may have met the fault in a stored block below the one handed over."""
        node = self._state.tree.get(hash)
        below = None if node is None else self._ctx.ledger.stored(node.parent)
        found = []
        while below is not None and below.status is BlockStatus.INVALID:
            found.append(below.hash)
            below = self._ctx.ledger.stored(below.header.parent)
        return found
