"""The run of blocks that is to be imported next: from a stored block up to a known header."""

from __future__ import annotations

from chain.values import BlockStatus
from p2p.rules.ports import Ledger
from p2p.rules.sync.tree import Node, Tree


class Course:
    """``path`` are the hashes from height ``base`` + 1 on, the lowest first."""

    def __init__(self, tree: Tree, ledger: Ledger) -> None:
        self._tree = tree
        self._ledger = ledger
        self.path: list[bytes] = []
        self.base = 0
        self.next = 0
        """Place in the path of the next block for the importer."""

    def __bool__(self) -> bool:
        return bool(self.path)

    @property
    def tip(self) -> Node | None:
        """The header that the course ends in."""
        return self._tree.get(self.path[-1]) if self.path else None

    @property
    def height(self) -> int:
        """The height of its end."""
        return self.base + len(self.path)

    def at(self, height: int) -> bytes | None:
        """The block of the course at a height."""
        place = height - self.base - 1
        return self.path[place] if 0 <= place < len(self.path) else None

    def has(self, node: Node) -> bool:
        """Whether a header is on the course."""
        return self.at(node.height) == node.hash

    def shared(self, tip: bytes) -> int:
        """Up to which height the chain that ends in ``tip`` is the course's; 0: nowhere."""
        for node in self._tree.down(tip):
            if self.has(node):
                return node.height
        return 0

    def steer(self, tip: Node) -> bytes | None:
        """Head for ``tip``. The stored block that the course starts from; None: there is none."""
        path: list[bytes] = []
        below = tip.hash
        for node in self._tree.down(tip.hash):
            if self.path and self.has(node):
                # The end of an extension: what is below stays as it is.
                keep = node.height - self.base
                self._hold(tip.hash)
                self.path[keep:] = reversed(path)
                self.next = min(self.next, keep)
                return self.path[0]
            path.append(node.hash)
            below = node.parent
        stored = self._ledger.stored(below)
        if stored is None or stored.status is BlockStatus.INVALID:
            return None
        self._hold(tip.hash)
        self.path = path[::-1]
        self.base = stored.height
        self.next = 0
        return below

    def _hold(self, tip: bytes) -> None:
        self._tree.hold(tip)
        if self.path:
            self._tree.release(self.path[-1])

    def stop(self) -> None:
        """There is nothing to import."""
        if self.path:
            self._tree.release(self.path[-1])
        self.path, self.next, self.base = [], 0, 0

    def restart(self) -> None:
        """Begin with its first block again; if that hangs in the air, there is no course."""
        self.next = 0
        first = self._tree.get(self.path[0]) if self.path else None
        if first is None or self._ledger.stored(first.parent) is None:
            self.stop()

    def passed(self, hash: bytes, height: int) -> None:
        """A block of the course is stored: it starts above it."""
        if self.at(height) != hash:
            return
        done = height - self.base
        del self.path[:done]
        self.base = height
        self.next = max(0, self.next - done)
