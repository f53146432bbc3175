"""Which run the node follows: the one with the most work that somebody gives the bodies of."""

from __future__ import annotations

from p2p.rules.actions import RefusedBranch
from p2p.rules.sync import numbers
from p2p.rules.sync.bodies import Bodies
from p2p.rules.sync.contact import Contact
from p2p.rules.sync.room import forget
from p2p.rules.sync.state import State
from p2p.rules.sync.tree import Node


class Choice:
    """Steers the course."""

    def __init__(self, state: State, bodies: Bodies) -> None:
        self._state = state
        self._ctx = state.ctx
        self._bodies = bodies

    def choose(self) -> None:
        """Extend the course, or turn to a heavier run; on a tie it stays."""
        course = self._state.course
        head = self._ctx.ledger.head().total_work
        tip = course.tip
        if course and self._state.course_weight <= head:
            course.stop()
            tip = None
        found = self._best(head)
        if found is None:
            return
        contact, node = found
        if tip is None or course.shared(node.hash) == course.height:
            if tip is None or node.hash != tip.hash:
                self._steer(contact, node)
        elif self._is_better(contact) or not self._flows():
            self._steer(contact, node)

    def _best(self, least: int) -> tuple[Contact, Node] | None:
        """The heaviest run; those of peers that left requests unanswered come last."""
        now = self._state.ms
        best: tuple[bool, bool, int, int, Contact, Node] | None = None
        for contact in self._state.reachable:
            node = self._state.tree.get(contact.tip)
            weight = self._state.weight(contact)
            if node is None or weight <= least:
                continue
            rank = self._gives(contact), contact.muted_ms <= now, weight, node.work
            if (best is None or rank > best[:4]) and not self._is_avoided(node):
                best = (*rank, contact, node)
        return None if best is None else best[4:]

    def _gives(self, contact: Contact) -> bool:
        """Whether a peer sends the bodies of the run that it shows."""
        now = self._state.ms
        return not any(
            lack.until_ms > now
            and hash not in self._bodies.held
            and self._state.tree.get(hash) is not None
            for hash, lack in contact.lacks.items()
        )

    def _is_avoided(self, node: Node) -> bool:
        avoided, now = self._state.avoided, self._state.ms
        if not avoided:
            return False
        return any(avoided.get(one.hash, 0) > now for one in self._state.tree.down(node.hash))

    def _is_better(self, contact: Contact) -> bool:
        """A heavier run, as far as it goes: not one whose headers are still coming."""
        is_known = contact.whole or contact.cut
        return is_known and self._state.weight(contact) > self._state.course_weight

    def _flows(self) -> bool:
        """Whether the block that is needed next is here, awaited, or to be had."""
        course = self._state.course
        if course.next >= len(course.path):
            return True
        hash = course.path[course.next]
        if self._bodies.has_or_awaits(hash):
            return True
        now, height = self._state.ms, course.base + 1 + course.next
        return any(
            one.shared >= height and one.muted_ms <= now and not one.lacking(hash, now)
            for one in self._state.reachable
        )

    def _steer(self, contact: Contact, node: Node) -> None:
        state = self._state
        base = state.course.steer(node)
        if base is None:
            forget(state, contact)
            return
        fork = state.fork_height(base) if self._ctx.ledger.stored(base) is not None else None
        if fork is not None and state.too_deep(fork):
            self._leave(node, fork)
            return
        for one in state.contacts.values():
            one.shared = state.course.shared(one.tip)
        if self._bodies.held_bytes > numbers.WINDOW_BYTES // 2:
            self._bodies.trim()

    def _leave(self, node: Node, fork: int) -> None:
        """The run forks off too deep: it is left alone, loudly if it has more work."""
        state = self._state
        state.course.stop()
        state.avoided[node.hash] = state.ms + numbers.AVOID_MS
        head = self._ctx.ledger.head()
        if node.proven > head.total_work and state.alarmed <= head.total_work:
            state.alarmed = node.proven
            self._ctx.act(RefusedBranch(node.hash, node.height, node.proven, fork))
