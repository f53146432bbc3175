"""What miners do: honest ones, and those who try to gain by something else than hashing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from consensus.rules.fork_choice import outweighs
from consensus.rules.poies import Work
from lab.light import Block, Share


class Strategy:
    """Honest mining: the head, true times, every share, each block sent at once."""

    def tip(self, miner: Miner) -> Block:
        """The block to build on."""
        return miner.head

    def stamp(self, miner: Miner, parent: Block, now: int) -> int:
        """The time of a block found at ``now``, ms."""
        return max(now, parent.time + 1)

    def works(self, miner: Miner, parent: Block) -> Sequence[Work]:
        """Useful work of a block on ``parent``."""
        return miner.work

    def choose(self, miner: Miner, shares: Sequence[Share]) -> Sequence[Share]:
        """Which shares to include, the oldest first."""
        return shares

    def found(self, miner: Miner, block: Block) -> list[Block]:
        """Take note of an own block; returns the blocks to send."""
        miner.head = block
        return [block]

    def heard(self, miner: Miner, block: Block) -> list[Block]:
        """Take note of another's block, after fork choice; returns the blocks to send."""
        return []


class Honest(Strategy):
    """By its name."""


@dataclass
class Miner:
    """A miner, or a crowd of ``parts`` equal ones. ``hash_rate`` in draws a second.

    ``work``: useful work that each of its blocks brings; ``burnt``: nANM burnt for that.
    ``favours``: the miner whose block it sees first where two are equal.
    """

    name: str
    hash_rate: float
    strategy: Strategy = field(default_factory=Honest)
    parts: int = 1
    work: Sequence[Work] = ()
    burnt: int = 0
    favours: int = -2

    def begin(self, place: int, genesis: Block) -> None:
        """Ready for a run."""
        self.place = place
        self.rate = self.hash_rate
        self.genesis = self.head = self.tip = genesis
        self.known = {genesis}
        self.turn = 0
        self.since = 0.0


@dataclass
class Pusher(Strategy):
    """Stamps ``ahead_ms`` before the true time where that rises: up to 5 s are taken at once."""

    ahead_ms: int

    def stamp(self, miner: Miner, parent: Block, now: int) -> int:
        """As far ahead as asked."""
        return max(now + self.ahead_ms, parent.time + 1)


@dataclass
class Zigzag(Strategy):
    """As early as times allow after others, ``ahead_ms`` ahead after itself."""

    ahead_ms: int

    def stamp(self, miner: Miner, parent: Block, now: int) -> int:
        """Early or ahead."""
        own = parent.miner == miner.place
        return max(now + self.ahead_ms, parent.time + 1) if own else parent.time + 1


class Lagger(Strategy):
    """Stamps as early as rising times allow."""

    def stamp(self, miner: Miner, parent: Block, now: int) -> int:
        """One millisecond after the parent."""
        return parent.time + 1


@dataclass
class Walker(Strategy):
    """Where times may fall: far back once, then forward by one full step of Θ a block.

    The way back raises Θ by one clamped step, each way forward lowers it by one.
    """

    back_ms: int
    step_ms: int

    def stamp(self, miner: Miner, parent: Block, now: int) -> int:
        """Far back after another's block, then forward."""
        if parent.miner != miner.place:
            return parent.time - self.back_ms
        return min(parent.time + self.step_ms, now)


class Withholder(Strategy):
    """Leaves the shares of others out of its blocks."""

    def choose(self, miner: Miner, shares: Sequence[Share]) -> Sequence[Share]:
        """Its own only."""
        return [share for share in shares if share.miner == miner.place]


@dataclass
class Selfish(Strategy):
    """Keeps blocks back and sends them when others come near (Eyal and Sirer, 2014)."""

    secret: list[Block] = field(default_factory=list)
    racing: bool = False

    def tip(self, miner: Miner) -> Block:
        """Its own branch, where it has one."""
        return self.secret[-1] if self.secret else miner.head

    def found(self, miner: Miner, block: Block) -> list[Block]:
        """Kept back, unless it decides a race."""
        if self.racing:
            self.racing = False
            miner.head = block
            return [block]
        self.secret.append(block)
        return []

    def heard(self, miner: Miner, block: Block) -> list[Block]:
        """Send what is needed to stay ahead; all of it when the lead is down to one."""
        if miner.head is not block:
            return []
        self.racing = False
        if not self.secret:
            return []
        lead = self.secret[-1].height - block.height
        if lead < 0:
            self.secret.clear()
            return []
        if lead <= 1:
            out, self.secret = self.secret, []
            self.racing = lead == 0
            miner.head = out[-1]
            return out
        return [self.secret.pop(0)]


@dataclass
class Forker(Strategy):
    """A branch of its own from genesis, sent when it outweighs the others' and is deep enough.

    Proofs that it has kept serve up to ``credit_until``; later blocks have none.
    """

    depth: int
    credit_until: int
    last: Block | None = None
    won: bool = False

    def tip(self, miner: Miner) -> Block:
        """Its own branch."""
        return self.last or miner.genesis

    def works(self, miner: Miner, parent: Block) -> Sequence[Work]:
        """The kept proofs, while they count."""
        return miner.work if parent.height + 1 <= self.credit_until else ()

    def found(self, miner: Miner, block: Block) -> list[Block]:
        """Kept back."""
        self.last = block
        return self._send(miner)

    def heard(self, miner: Miner, block: Block) -> list[Block]:
        """Whether the time has come."""
        return self._send(miner)

    def _send(self, miner: Miner) -> list[Block]:
        if self.last is None or miner.head.height < self.depth:
            return []
        self.won = self.won or outweighs(self.last.work, miner.head.work)
        return [self.last] if self.won else []
