"""A chain in memory that judges blocks as the importer does, all but executing them."""

from __future__ import annotations

from chain.values import BlockStatus, Kept, StoredHeader
from consensus import errors
from consensus.rules import fork_choice, pipeline
from consensus.rules.header import Ancestry
from core.errors import Refused
from p2p.rules.sync import checks
from tests.support import Made


class MemoryLedger:
    """The port, and an importer. ``poison``: blocks that executing would refuse."""

    def __init__(self, genesis: Made, network, *, poison=(), gullible=False) -> None:
        self.network = network
        self.poison = frozenset(poison)
        self.gullible = gullible
        self.syncing = True
        entry = StoredHeader(genesis.header, 0, BlockStatus.EXECUTED, canonical=True)
        self._stored = {genesis.hash: entry}
        self._raws = {genesis.hash: genesis.raw}
        self._line = [genesis.hash]
        self.lacking: set[bytes] = set()
        self.keeps = Kept()

    # ---- the port

    def head(self) -> StoredHeader:
        return self._stored[self._line[-1]]

    def stored(self, hash: bytes) -> StoredHeader | None:
        return self._stored.get(hash)

    def canonical_header(self, height: int) -> StoredHeader | None:
        return self._stored[self._line[height]] if height < len(self._line) else None

    def headers(self, first: int, count: int):
        return tuple(self._stored[hash].header for hash in self._line[first : first + count])

    def raw_block(self, hash: bytes) -> bytes | None:
        return None if hash in self.lacking else self._raws.get(hash)

    def kept(self) -> Kept:
        return self.keeps

    # ---- the importer

    def take(self, raw: bytes, now_ms: int) -> str:
        """Judge a block; its outcome. Raises what the importer would."""
        block = pipeline.decode(raw, self.network).block
        known = self._stored.get(block.hash)
        if known is not None:
            if known.status is BlockStatus.INVALID:
                raise errors.KnownInvalid("refused before")
            return "known"
        parent = self._stored.get(block.header.parent)
        if parent is None:
            return "orphan"
        if parent.status is BlockStatus.INVALID:
            raise errors.ParentInvalid("the parent was refused")
        self._check(block, parent, now_ms)
        work = fork_choice.total_work(parent.total_work, block.header)
        head = self.head()
        if parent.hash != head.hash:
            self._check_depth(parent, head)
        elif block.hash in self.poison:
            raise errors.StateRootWrong("header.roots.state differs")
        self._raws[block.hash] = raw
        entry = StoredHeader(block.header, work, BlockStatus.STORED, canonical=False)
        self._stored[block.hash] = entry
        if not fork_choice.outweighs(work, head.total_work):
            return "side"
        self._follow(block.hash)
        return "added" if parent.hash == head.hash else "reorg"

    def _check(self, block, parent: StoredHeader, now_ms: int) -> None:
        grand = self._stored.get(parent.header.parent)
        ancestry = Ancestry(parent.header, None if grand is None else grand.header)
        checks.check(block.header, ancestry, self.network, now_ms)
        pipeline.check_body_roots(block)

    def _check_depth(self, parent: StoredHeader, head: StoredHeader) -> None:
        if not self.syncing:
            fork = checks.fork_height(parent.hash, self)
            fork_choice.check_depth(head.height, fork, self.network.local.max_reorg_blocks)

    def _follow(self, tip: bytes) -> None:
        branch = []
        while not (entry := self._stored[tip]).canonical:
            branch.append(entry)
            tip = entry.header.parent
        for place, entry in enumerate(reversed(branch)):
            if entry.hash in self.poison:
                for above in branch[: len(branch) - place]:
                    self._mark(above, BlockStatus.INVALID)
                raise errors.StateRootWrong("header.roots.state differs")
        for gone in self._line[self._stored[tip].height + 1 :]:
            self._mark(self._stored[gone], BlockStatus.EXECUTED)
        del self._line[self._stored[tip].height + 1 :]
        for entry in reversed(branch):
            self._mark(entry, BlockStatus.EXECUTED, canonical=True)
            self._line.append(entry.hash)

    def _mark(self, entry: StoredHeader, status: BlockStatus, canonical: bool = False) -> None:
        self._stored[entry.hash] = StoredHeader(
            entry.header, entry.total_work, status, canonical, "block.state_root"
        )

    def load(self, line: list[Made]) -> MemoryLedger:
        """Take in blocks that were made ahead, whatever they are."""
        poison, self.poison = self.poison, frozenset()
        for made in line:
            try:
                self.take(made.raw, made.header.time)
            except Refused as refusal:
                raise AssertionError(str(refusal)) from refusal
        self.poison = poison
        return self
