"""A peer as synchronisation sees it."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from core.header import Header
from p2p.rules.peer import Peer
from p2p.rules.sync import numbers


@dataclass(slots=True, eq=False)
class Ask:
    """A request for headers. ``answer`` must begin after one of ``locator``."""

    locator: tuple[bytes, ...]
    since_ms: int


@dataclass(slots=True, eq=False)
class Survey:
    """A branch that is measured, not kept: its last two headers and what they add up to.

    ``fork_height`` is set where it forks off deeper than this node follows.
    """

    fork_height: int | None
    before: Header | None
    last: Header
    work: int
    proven: int


@dataclass(slots=True, eq=False)
class Request:
    """A request for bodies. ``left`` are those that have not come; ``since_ms`` the last news."""

    left: OrderedDict[bytes, None]
    began_ms: int
    since_ms: int
    bytes: int = 0


@dataclass(slots=True, eq=False)
class Lack:
    """A block that a peer did not send: how often, and until when it is not asked again."""

    times: int
    until_ms: int
    said: bool


@dataclass(slots=True, eq=False)
class Contact:
    """What is known of a peer's chain, and what it is asked for.

    ``tip`` is the highest header that it has shown (b"": none). ``whole``: it has no more of them,
    as far as it said. ``shared`` is the height up to which the course is on its chain.
    """

    peer: Peer
    tip: bytes = b""
    whole: bool = False
    shared: int = 0
    ask_ms: int = 0
    asks: deque[Ask] = field(default_factory=deque)
    waiting: bool = False
    silences: int = 0
    reach: int = 0
    """The height at which its last full answer ended."""
    news_ms: int | None = None
    """When news that did not connect made us ask it last."""
    survey: Survey | None = None
    own: bool = False
    """Its chain does not hold the end of the course: it is asked from its own tip on."""
    measured: int = 0
    """The most work that its headers have proven, those included that were not kept."""
    cut: bool = False
    """Its run goes on, but there is no room for more headers."""

    requests: list[Request] = field(default_factory=list)
    owed: OrderedDict[bytes, tuple[int, int]] = field(default_factory=OrderedDict)
    """Blocks that it may send: how often it was asked for each, and when last."""
    came_ms: int = 0
    lacks: OrderedDict[bytes, Lack] = field(default_factory=OrderedDict)
    speed: int = 0
    """Bytes a second that it has lately sent of bodies."""
    strikes: int = 0
    muted_ms: int = 0
    """Until when it is asked for no bodies."""

    @property
    def asked(self) -> Ask | None:
        """The request for headers that is being waited for."""
        return self.asks[-1] if self.asks and self.waiting else None

    def owe(self, hash: bytes, now_ms: int) -> None:
        """It is asked for this block."""
        times, _ = self.owed.get(hash, (0, 0))
        self.owed[hash] = times + 1, now_ms
        self.owed.move_to_end(hash)
        while len(self.owed) > numbers.OWED_MOST:
            self.owed.popitem(last=False)

    def settle(self, hash: bytes) -> int:
        """It has answered for a block, one that it owed; when it was asked."""
        times, asked_ms = self.owed.pop(hash)
        if times > 1:
            self.owed[hash] = times - 1, asked_ms
        return asked_ms

    def close(self, request: Request, now_ms: int) -> None:
        """A request is done with; the next one's time begins."""
        self.requests.remove(request)
        if self.requests:
            self.requests[0].since_ms = max(now_ms, self.requests[0].since_ms)

    def measure(self, request: Request, now_ms: int) -> None:
        """Note how fast bodies of a request came, one that is done with."""
        speed = request.bytes * 1_000 // max(1, now_ms - request.began_ms)
        self.speed = speed if not self.speed else (self.speed * 3 + speed) // 4

    def lack(self, hash: bytes, now_ms: int, *, said: bool) -> None:
        """It did not send a block: ``said`` so, or kept silent, which is held against it twice."""
        found = self.lacks.pop(hash, Lack(0, 0, said))
        times = found.times + 1
        wait = numbers.LACKS_MOST_MS if said else 0
        if not said and times > 1:
            wait = min(numbers.LACKS_MS << min(times - 2, 8), numbers.LACKS_MOST_MS)
        self.lacks[hash] = Lack(times, now_ms + wait, said)
        while len(self.lacks) > numbers.LACKS_MOST:
            self.lacks.popitem(last=False)

    def lacking(self, hash: bytes, now_ms: int, *, said: bool = False) -> bool:
        """Whether it is not to be asked for a block for now; ``said``: as it said so itself."""
        found = self.lacks.get(hash)
        return found is not None and found.until_ms > now_ms and found.said >= said

    def strike(self, now_ms: int) -> None:
        """It left a request unanswered: others are asked for a while."""
        self.strikes = min(self.strikes + 1, 16)
        wait = min(numbers.MUTED_MS << (self.strikes - 1), numbers.MUTED_MOST_MS)
        self.muted_ms = now_ms + wait
