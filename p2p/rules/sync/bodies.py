"""Bodies of the course, from several peers at once, within a window ahead of the importer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consensus.errors import RootMismatch
from consensus.rules import pipeline
from core.block import Block
from core.errors import EncodingRefused
from p2p.rules.limits import BODIES_MOST
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.sync import numbers
from p2p.rules.sync.contact import Contact, Request
from p2p.rules.sync.state import State
from p2p.rules.wire.messages import Body, GetBodies


@dataclass(frozen=True, slots=True)
class Held:
    """A body that matches its header, and who sent it."""

    raw: bytes
    time: int
    conn: int


class Bodies:
    """What has come and what is asked of whom."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ctx = state.ctx
        self.held: dict[bytes, Held] = {}
        self.held_bytes = 0
        self._asked: dict[bytes, set[int]] = {}
        """Connections of which a block is awaited just now."""
        self._later: OrderedDict[bytes, int] = OrderedDict()
        """Until when blocks are not asked for, as their short form may bring them."""
        self._usual_bytes = 1_024
        self._usual_ms = 0
        self._came_ms = 0
        self._stalls = 0

    # -------------------------------------------------------------- what comes

    def take(self, peer: Peer, message: Body) -> None:
        """A block that was asked of this peer: kept if it is one of the course."""
        contact = self._state.contact(peer)
        if not contact.owed:
            self._ctx.blame(peer, Offence.UNASKED, "a block")
            return
        try:
            block = pipeline.decode(message.raw, self._ctx.network).block
        except EncodingRefused as refusal:
            self._ctx.blame(peer, Offence.MALFORMED, str(refusal))
            return
        hash = block.hash
        if hash not in contact.owed:
            self._ctx.blame(peer, Offence.UNASKED, "a block")
            return
        try:
            pipeline.check_body_roots(block)
        except RootMismatch as refusal:
            self._ctx.blame(peer, Offence.BODY_SWAPPED, str(refusal))
            self._failed(contact, hash, said=True)
            return
        self._time(contact, contact.settle(hash))
        contact.lacks.pop(hash, None)
        self._delivered(contact, hash, len(message.raw))
        self._keep(contact, block)

    def _time(self, contact: Contact, asked_ms: int) -> None:
        """How long a body took, late ones included: what is usual is waited for."""
        now = self._state.ms
        took = min(now - max(asked_ms, contact.came_ms), numbers.PATIENCE_MOST_MS // 4)
        contact.came_ms = self._came_ms = now
        self._usual_ms += (took - self._usual_ms) // 8
        if took < numbers.PATIENCE_MS:
            self._stalls = 0

    @property
    def _patience_ms(self) -> int:
        """How long nothing may come of a request."""
        least = max(numbers.PATIENCE_MS, 4 * self._usual_ms)
        return min(least << self._stalls, numbers.PATIENCE_MOST_MS)

    def _keep(self, contact: Contact, block: Block) -> None:
        size = len(block.raw)
        course = self._state.course
        place = block.header.height - course.base - 1
        if block.hash in self.held or course.at(block.header.height) != block.hash:
            return
        if place != course.next and self.held_bytes + size > 2 * numbers.WINDOW_BYTES:
            return
        self._usual_bytes += (size - self._usual_bytes) // 8
        self.held[block.hash] = Held(block.raw, block.header.time, contact.peer.conn)
        self.held_bytes += size
        self._later.pop(block.hash, None)

    def _delivered(self, contact: Contact, hash: bytes, size: int) -> None:
        """Note what came, and how fast."""
        now = self._state.ms
        self._unask(contact, hash)
        for place, request in enumerate(contact.requests):
            if hash in request.left:
                del request.left[hash]
                request.since_ms = now
                request.bytes += size
                if not request.left:
                    self._finished(contact, request)
                for passed in contact.requests[:place]:
                    self._give_up(contact, passed)  # answers come in order: the rest is lost
                return

    def _finished(self, contact: Contact, request: Request) -> None:
        contact.measure(request, self._state.ms)
        contact.strikes = max(0, contact.strikes - 1)
        self._stalls = max(0, self._stalls - 1)
        contact.close(request, self._state.ms)

    def missing(self, peer: Peer, hashes: Sequence[bytes]) -> None:
        """Blocks that the peer has not got, though its headers say so."""
        contact = self._state.contact(peer)
        for hash in hashes:
            if hash not in contact.owed:
                self._ctx.blame(peer, Offence.UNASKED, "news of missing blocks")
                return
            self._failed(contact, hash, said=True)

    def _failed(self, contact: Contact, hash: bytes, *, said: bool) -> None:
        """A block does not come from this peer: others are asked."""
        if said:
            contact.settle(hash)
        contact.lack(hash, self._state.ms, said=said)
        self._unask(contact, hash)
        for request in list(contact.requests):
            request.left.pop(hash, None)
            if not request.left:
                contact.close(request, self._state.ms)

    def _unask(self, contact: Contact, hash: bytes) -> None:
        asked = self._asked.get(hash)
        if asked is not None:
            asked.discard(contact.peer.conn)
            if not asked:
                del self._asked[hash]

    def gone(self, contact: Contact) -> None:
        """A peer has left: what it was asked for is asked of others."""
        for request in contact.requests:
            for hash in request.left:
                self._unask(contact, hash)
        contact.requests.clear()

    def has_or_awaits(self, hash: bytes) -> bool:
        """Whether a body is here or on its way."""
        return hash in self.held or hash in self._asked

    def drop(self, hash: bytes) -> Held | None:
        """Take a body out."""
        held = self.held.pop(hash, None)
        if held is not None:
            self.held_bytes -= len(held.raw)
        return held

    def give_back(self, hash: bytes, held: Held) -> None:
        """A body that the importer could not judge yet."""
        if hash not in self.held:
            self.held[hash] = held
            self.held_bytes += len(held.raw)

    def trim(self) -> None:
        """Forget what is not on the course any more."""
        path = set(self._state.course.path)
        for hash in [hash for hash in self.held if hash not in path]:
            self.drop(hash)

    # -------------------------------------------------------------- asking

    def wait_for_compact(self, hash: bytes, wait_ms: int) -> None:
        """Do not ask for a block yet: what others sent of it may be enough."""
        self._later.setdefault(hash, self._state.ms + wait_ms)
        while len(self._later) > numbers.LACKS_MOST:
            self._later.popitem(last=False)

    def at_once(self, hash: bytes) -> None:
        """Ask for a block without waiting any longer."""
        if hash in self._later:
            self._later[hash] = 0

    def tick(self) -> None:
        """Give up on requests of which nothing comes."""
        now = self._state.ms
        blocking = self._blocking()
        for contact in self._state.reachable:
            if not contact.requests:
                continue
            request = contact.requests[0]  # peers answer in order: the next have not begun
            stalls = now - request.since_ms >= self._patience_ms
            blocks = blocking in request.left and self._is_full()
            if stalls or (blocks and now - request.began_ms >= 4 * self._patience_ms):
                self._give_up(contact, request)

    def _give_up(self, contact: Contact, request: Request) -> None:
        """Ask others; what comes late is still taken. Being slow is no offence."""
        self._ctx.note("debug", "bodies_overdue", peer=contact.peer.name, blocks=len(request.left))
        now, first = self._state.ms, next(iter(request.left))
        for hash in request.left:
            self._unask(contact, hash)
        contact.lack(first, now, said=False)
        contact.close(request, now)
        if request.bytes:
            contact.measure(request, now)
        else:
            contact.strike(now)
        if now - self._came_ms >= self._patience_ms:
            self._stalls = min(self._stalls + 1, numbers.STALLS_MOST)

    def _blocking(self) -> bytes | None:
        """The block that the importer needs next, if it is not here."""
        course = self._state.course
        if course.next < len(course.path):
            hash = course.path[course.next]
            return None if hash in self.held else hash
        return None

    def _is_full(self) -> bool:
        """Whether the window is used up but for what is awaited."""
        course = self._state.course
        window = course.path[course.next : course.next + numbers.WINDOW_BLOCKS]
        return all(hash in self.held or hash in self._asked for hash in window)

    def ask(self) -> None:
        """Spread what is missing in the window over the peers that have it, the fastest first."""
        if self._state.held or not self._state.course or not self._state.enough:
            return
        wanted = list(self._wanted())
        now = self._state.ms
        for contact in self._free():
            while wanted and len(contact.requests) < numbers.REQUESTS_OPEN:
                batch = self._batch(contact, wanted, now)
                if not batch:
                    break
                self._request(contact, batch)
                wanted = [pair for pair in wanted if pair[1] not in batch]
        self._hedge()

    def _free(self, most: int = numbers.REQUESTS_OPEN) -> list[Contact]:
        """Who can be asked for blocks of the course, the fastest first.

        Those that left a request wholly unanswered only where there is nobody else, and then
        those that did so least often.
        """
        base, now = self._state.course.base, self._state.ms
        able = [one for one in self._state.reachable if one.shared > base]
        fewest = min((one.strikes for one in able), default=0)
        loud = [one for one in able if one.muted_ms <= now]
        loud = loud or [one for one in able if one.strikes == fewest]
        free = [one for one in loud if len(one.requests) < most]
        return sorted(free, key=lambda one: (-one.speed, one.peer.conn))

    def _wanted(self) -> Iterator[tuple[int, bytes]]:
        """Heights and hashes to be asked for, the lowest first, as far as there is room."""
        course, now = self._state.course, self._state.ms
        expected = self.held_bytes + len(self._asked) * self._usual_bytes
        start = course.next
        for place in range(start, min(len(course.path), start + numbers.WINDOW_BLOCKS)):
            hash = course.path[place]
            if hash in self.held or hash in self._asked or self._later.get(hash, 0) > now:
                continue
            if expected > numbers.WINDOW_BYTES and place != start:
                return
            expected += self._usual_bytes
            yield course.base + 1 + place, hash

    def _batch(
        self, contact: Contact, wanted: list[tuple[int, bytes]], now: int
    ) -> OrderedDict[bytes, None]:
        most = self._quota(contact)
        batch: OrderedDict[bytes, None] = OrderedDict()
        for height, hash in wanted:
            if height > contact.shared or len(batch) >= most:
                break
            if not contact.lacking(hash, now, said=not self._others_give(contact, height, hash)):
                batch[hash] = None
        return batch

    def _others_give(self, contact: Contact, height: int, hash: bytes) -> bool:
        """Whether there is somebody else to be asked for a block."""
        now = self._state.ms
        return any(
            one is not contact and one.shared >= height and not one.lacking(hash, now)
            for one in self._state.reachable
        )

    def _quota(self, contact: Contact) -> int:
        """How many blocks one request names: what comes in REQUEST_MS, few while unproven."""
        if not contact.speed or contact.strikes:
            return numbers.UNPROVEN_BODIES
        likely = contact.speed * numbers.REQUEST_MS // 1_000 // max(1, self._usual_bytes)
        return max(1, min(BODIES_MOST, likely))

    def _request(self, contact: Contact, batch: OrderedDict[bytes, None]) -> None:
        now = self._state.ms
        contact.requests.append(Request(batch, now, now))
        for hash in batch:
            contact.owe(hash, now)
            self._asked.setdefault(hash, set()).add(contact.peer.conn)
        self._ctx.send(contact.peer, GetBodies(tuple(batch)))

    def _hedge(self) -> None:
        """Ask one more peer for the block that all others wait for, if it is slow to come."""
        hash = self._blocking()
        asked = self._asked.get(hash) if hash is not None else None
        if hash is None or not asked or len(asked) >= numbers.HEDGES_MOST:
            return
        now, course = self._state.ms, self._state.course
        height = course.base + 1 + course.next
        began = max(
            request.began_ms
            for conn in asked
            for request in self._state.contacts[conn].requests
            if hash in request.left
        )
        if now - began < self._patience_ms:
            return
        for contact in self._free(numbers.REQUESTS_OPEN + 1):
            able = contact.shared >= height
            if able and contact.peer.conn not in asked and not contact.lacking(hash, now):
                self._request(contact, OrderedDict({hash: None}))
                return
