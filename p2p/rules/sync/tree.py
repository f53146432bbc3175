"""Headers that are known and not yet stored. Each is kept once, however many peers have it.

A header stays while something leads to it: the tip of a peer's run, the course, or a header above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.header import Header


@dataclass(slots=True, eq=False)
class Node:
    """A header with the work of its chain. ``raw`` is its encoding: Headers take thrice as much.

    ``work`` counts as if all useful work were true, ``proven`` only what the headers show.
    """

    hash: bytes
    raw: bytes
    parent: bytes
    height: int
    time: int
    work: int
    proven: int
    children: int = 0
    tips: int = 0

    @property
    def header(self) -> Header:
        """The header, decoded."""
        return Header.decode(self.raw)


class Tree:
    """Nodes by hash."""

    def __init__(self) -> None:
        self._nodes: dict[bytes, Node] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, hash: bytes) -> Node | None:
        """A node."""
        return self._nodes.get(hash)

    def add(self, node: Node) -> None:
        """Take a node in. It stays only if it, or one above it, is then held as a tip."""
        self._nodes[node.hash] = node
        if (parent := self._nodes.get(node.parent)) is not None:
            parent.children += 1

    def hold(self, hash: bytes) -> None:
        """Keep a node and all below it, until it is released as often."""
        if (node := self._nodes.get(hash)) is not None:
            node.tips += 1

    def release(self, hash: bytes) -> None:
        """Let go of a tip; what leads nowhere any more is forgotten."""
        if (node := self._nodes.get(hash)) is not None:
            node.tips = max(0, node.tips - 1)
            self.sweep(hash)

    def sweep(self, hash: bytes) -> None:
        """Forget a node that nothing holds, and likewise those below it."""
        node = self._nodes.get(hash)
        while node is not None and not node.tips and not node.children:
            del self._nodes[node.hash]
            if (below := self._nodes.get(node.parent)) is not None:
                below.children -= 1
            node = below

    def stored(self, hash: bytes) -> None:
        """Forget a block and all below it: they are in the ledger now."""
        while (node := self._nodes.pop(hash, None)) is not None:
            hash = node.parent

    def cut(self, hashes: Collection[bytes]) -> set[bytes]:
        """Forget blocks and all that build on them; which those were, all named ones included."""
        gone = set(hashes)
        for node in sorted(self._nodes.values(), key=lambda node: node.height):
            if node.parent in gone:
                gone.add(node.hash)
        cut = [self._nodes.pop(hash) for hash in gone if hash in self._nodes]
        for node in cut:
            if (parent := self._nodes.get(node.parent)) is not None:
                parent.children -= 1
                self.sweep(parent.hash)
        return gone

    def down(self, hash: bytes) -> Iterator[Node]:
        """The node and those below it, as far as they are here."""
        node = self._nodes.get(hash)
        while node is not None:
            yield node
            node = self._nodes.get(node.parent)
