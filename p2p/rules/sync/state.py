"""What the pieces of synchronisation share."""

from __future__ import annotations

from consensus.memory import Memory
from p2p.rules.context import Context
from p2p.rules.peer import Peer
from p2p.rules.sync import checks, numbers
from p2p.rules.sync.contact import Contact
from p2p.rules.sync.course import Course
from p2p.rules.sync.tree import Tree


class State:
    """One node's; ``first`` is its first synchronisation since it started."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.tree = Tree()
        self.contacts: dict[int, Contact] = {}
        self.course = Course(self.tree, ctx.ledger)
        self.bad: Memory[str] = Memory(numbers.BAD_MOST)
        self.avoided: Memory[int] = Memory(numbers.BAD_MOST)
        self.alarmed = 0
        """The work of the heaviest branch that the alarm was raised about."""
        self.first = True
        self.proven = 0
        """The most work that headers have proven, those included that are not kept."""
        self.held = False

    @property
    def ms(self) -> int:
        """The time of intervals."""
        return self.ctx.now.ms

    def contact(self, peer: Peer) -> Contact:
        """The contact of a ready peer."""
        return self.contacts[peer.conn]

    @property
    def reachable(self) -> list[Contact]:
        """Contacts whose connection is not about to end."""
        return [one for one in self.contacts.values() if not one.peer.closing]

    def set_tip(self, contact: Contact, hash: bytes) -> None:
        """A peer's chain reaches to a known block."""
        self.tree.hold(hash)
        old, contact.tip = contact.tip, hash
        node = self.tree.get(hash)
        if node is None or node.parent != old or self.course.has(node):
            contact.shared = self.course.shared(hash)  # else it is what it was one block below
        self.tree.release(old)

    @property
    def enough(self) -> bool:
        """Whether the course has the least work that this node takes for its network's chain."""
        tip = self.course.tip
        least = self.ctx.network.local.minimum_work
        return least == 0 or self.proven >= least or (tip is not None and tip.proven >= least)

    def weight(self, contact: Contact) -> int:
        """The work of the run that a peer has shown, that included which was only measured.

        0: nothing of it is waiting to be imported.
        """
        node = self.tree.get(contact.tip)
        return 0 if node is None else max(node.work, contact.measured)

    @property
    def course_weight(self) -> int:
        """Likewise of the course."""
        tip = self.course.tip
        if tip is None:
            return 0
        along = (self.weight(one) for one in self.contacts.values() if one.tip == tip.hash)
        return max(tip.work, *along, 0)

    def too_deep(self, fork_height: int) -> bool:
        """Whether this node would refuse to follow a branch that forks off there."""
        ledger = self.ctx.ledger
        height = ledger.head().height
        most = height - ledger.kept().lowest_head
        if not self.first:
            most = min(most, self.ctx.network.local.max_reorg_blocks)
        return height - fork_height > most

    def fork_height(self, hash: bytes) -> int:
        """Where the branch of a stored block leaves the best chain."""
        return checks.fork_height(hash, self.ctx.ledger)
