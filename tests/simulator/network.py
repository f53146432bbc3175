"""The virtual network: connections whose messages take time, and all that goes wrong there."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from p2p.rules import limits
from p2p.rules.addresses import Address
from p2p.rules.events import DialFailed, MessageReceived, PeerConnected, PeerLost, Writable
from pq.algorithms import ML_DSA_65
from tests.simulator.addresses import address_of, host_of
from tests.simulator.plan import Chances, Link, Partition, Plan
from tests.simulator.schedule import Schedule

if TYPE_CHECKING:
    from tests.simulator.node import Node

FRAME_BYTES = 20
"""What a frame adds to a message."""
HANDSHAKE_ROUNDS = 3
NO_ANSWER_MS = 3_000
NEVER = Chances(0, 0, 0, 0, 0, 0)


@dataclass(eq=False)
class End:
    """One side of a connection: the node that holds it, and what it sends."""

    node: Node
    life: int
    number: int
    told: bool = False
    open: bool = True
    items: deque[tuple[int, bytes | None]] = field(default_factory=deque)
    """On their way to the other side, with when they get there; None: it is over."""
    leaving: deque[tuple[int, int]] = field(default_factory=deque)
    """When each message will have left, and its bytes."""
    free_at: int = 0
    last_at: int = 0

    @property
    def alive(self) -> bool:
        """Whether the process that opened it still runs and holds it."""
        return self.open and self.node.life == self.life and self.node.up

    def waiting(self, now: int) -> int:
        """Bytes that have not left yet."""
        while self.leaving and self.leaving[0][0] <= now:
            self.leaving.popleft()
        return sum(size for _, size in self.leaving)


@dataclass(eq=False)
class Connection:
    """Two ends."""

    ends: tuple[End, End]

    def other(self, end: End) -> End:
        """The other side."""
        return self.ends[1] if end is self.ends[0] else self.ends[0]


class VirtualNetwork:
    """Carries bytes between nodes. One for a world."""

    def __init__(self, plan: Plan, schedule: Schedule) -> None:
        self.chances = plan.chances
        self._plan = plan
        self._schedule = schedule
        self._rng = random.Random(f"network {plan.seed}")
        self._nodes: dict[str, Node] = {}
        self._by_end: dict[tuple[int, int, int], tuple[Connection, End]] = {}
        self._partitions: list[Partition] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self.faults: dict[str, int] = {}

    def add(self, node: Node) -> None:
        """A node is at its address from now on, running or not."""
        self._nodes[host_of(node.number)] = node

    # ------------------------------------------------------------ connections

    def dial(self, node: Node, address: Address, purpose: str) -> None:
        """Connect; the answer is ``PeerConnected`` or ``DialFailed``."""
        life = node.life
        target = self._nodes.get(address.host)
        reachable = target is not None and not self._apart(node.number, target.number)
        if not reachable:
            self._schedule.after(NO_ANSWER_MS, lambda: self._failed(node, life, address, "timeout"))
            return
        assert target is not None
        link = self._link(node.number, target.number)
        takes = 2 * HANDSHAKE_ROUNDS * link.delay_ms // 2 + 2
        if not target.up or self._happens(self.chances.dial_fails * 10_000):
            self._schedule.after(takes, lambda: self._failed(node, life, address, "refused"))
            return
        self._schedule.after(takes, lambda: self._connect(node, life, target, address, purpose))

    def _connect(self, node: Node, life: int, to: Node, address: Address, purpose: str) -> None:
        if not node.up or node.life != life:
            return
        away = to.up and to.turns_away(address_of(node.number))
        if not to.up or away or self._apart(node.number, to.number):
            self._failed(node, life, address, "broken")
            return
        ends = End(node, node.life, self._next(node)), End(to, to.life, self._next(to))
        connection = Connection(ends)
        for end in ends:
            self._by_end[end.node.number, end.life, end.number] = connection, end
            end.last_at = self._schedule.now
        came_from = Address("tcp", host_of(node.number), 40_000 + ends[0].number % 20_000)
        ours, theirs = ends
        ours.told = theirs.told = True
        node.tell(PeerConnected(ours.number, to.id, ML_DSA_65, address, True, purpose))
        # What telling the first brought about may have ended the second.
        if theirs.alive:
            to.tell(PeerConnected(theirs.number, node.id, ML_DSA_65, came_from, False))

    def _failed(self, node: Node, life: int, address: Address, reason: str) -> None:
        if node.up and node.life == life:
            node.tell(DialFailed(address, reason))

    def close(self, node: Node, number: int) -> None:
        """A node ends a connection; what it sent before still arrives."""
        found = self._by_end.get((node.number, node.life, number))
        if found is None or not found[1].open:
            return
        connection, end = found
        self._put(connection, end, None, max(end.free_at, self._schedule.now))
        self._lose(end, "closed")

    def died(self, node: Node) -> None:
        """A process is gone, and with it its side of every connection."""
        for connection, end in self._of(node):
            if end.open:
                end.open = False
                self._put(connection, end, None, self._schedule.now)

    def _break(self, connection: Connection, reason: str) -> None:
        """Both sides notice now."""
        for end in connection.ends:
            end.items.clear()
            if end.alive:
                self._lose(end, reason)

    def _lose(self, end: End, reason: str) -> None:
        end.open = False
        life = end.life

        def tell() -> None:
            if end.node.up and end.node.life == life:
                end.node.tell(PeerLost(end.number, reason))

        self._schedule.after(0, tell)

    # ------------------------------------------------------------ messages

    def send(self, node: Node, number: int, data: bytes) -> None:
        """Put a message on its way; the faults of the transport are made here."""
        found = self._by_end.get((node.number, node.life, number))
        if found is None or not found[1].open:
            return
        connection, end = found
        now, chances = self._schedule.now, self.chances
        if end.waiting(now) + len(data) > limits.OUTGOING_BYTES:
            self._count("slow")
            self._break(connection, "slow")
            return
        if self._happens(chances.lost):
            self._count("lost")
            self._break(connection, "reset")
            return
        if self._happens(chances.altered):
            self._count("altered")
            data = self._altered(data)
        size = len(data) + FRAME_BYTES
        leaves = max(now, end.free_at) + size // self._plan.nodes[node.number].bytes_per_ms
        end.free_at = leaves
        end.leaving.append((leaves, size))
        self._put(connection, end, data, leaves)
        if self._happens(chances.twice):
            self._count("twice")
            self._put(connection, end, data, leaves)
        if self._happens(chances.swapped) and len(end.items) > 1 and end.items[-2][1] is not None:
            self._count("swapped")
            (at, first), (then, second) = end.items[-2], end.items[-1]
            end.items[-2], end.items[-1] = (at, second), (then, first)

    def watch_writable(self, node: Node, number: int) -> None:
        """Tell a node once what waits for this peer is little enough."""
        found = self._by_end.get((node.number, node.life, number))
        if found is None or not found[1].alive:
            return
        end = found[1]
        left, at = end.waiting(self._schedule.now), self._schedule.now
        for leaves, size in end.leaving:
            if left < limits.WRITABLE_BYTES:
                break
            left, at = left - size, leaves

        def tell() -> None:
            if end.alive:
                end.node.tell(Writable(end.number))

        self._schedule.at(at, tell)

    def _put(self, connection: Connection, end: End, data: bytes | None, leaves: int) -> None:
        link = self._link(end.node.number, connection.other(end).node.number)
        at = leaves + link.delay_ms + (self._rng.randrange(link.jitter_ms + 1))
        end.last_at = at = max(at, end.last_at)
        end.items.append((at, data))
        self._schedule.at(at, lambda: self._arrive(connection, end))

    def _arrive(self, connection: Connection, end: End) -> None:
        """The oldest message of ``end`` reaches the other side, if the way is open."""
        to = connection.other(end)
        if not end.items or end.items[0][0] > self._schedule.now:
            return
        if self._apart(end.node.number, to.node.number):
            return  # healing brings it on its way again
        _, data = end.items.popleft()
        if not to.alive:
            return
        if data is None:
            self._lose(to, "closed by the peer")
        else:
            to.node.tell(MessageReceived(to.number, data))

    def _altered(self, data: bytes) -> bytes:
        at = self._rng.randrange(len(data))
        bit = 1 << self._rng.randrange(8)
        return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]

    # ------------------------------------------------------------ partitions

    def part(self, partition: Partition) -> None:
        """Begin a partition."""
        self._count("partitions")
        self._partitions.append(partition)
        if partition.silent:
            return
        for connection in self._connections():
            a, b = (end.node.number for end in connection.ends)
            if self._apart(a, b):
                self._break(connection, "unreachable")

    def heal(self, partition: Partition) -> None:
        """End it; what was held up arrives."""
        if partition not in self._partitions:
            return
        self._partitions.remove(partition)
        for connection in self._connections():
            for end in connection.ends:
                self._deliver_held(connection, end)

    def _deliver_held(self, connection: Connection, end: End) -> None:
        now = self._schedule.now
        held = [item for item in end.items if item[0] <= now]
        for at in range(len(held)):
            end.items[at] = (now, held[at][1])
            self._schedule.at(now, lambda: self._arrive(connection, end))

    def calm(self) -> None:
        """All faults are over."""
        self.chances = NEVER
        for partition in list(self._partitions):
            self.heal(partition)

    def open_ends(self, node: Node) -> list[int]:
        """The numbers of a node's open connections."""
        return [end.number for _, end in self._of(node) if end.alive]

    # ------------------------------------------------------------ bits

    def _connections(self) -> list[Connection]:
        return list({id(found[0]): found[0] for found in self._by_end.values()}.values())

    def _of(self, node: Node) -> list[tuple[Connection, End]]:
        return [found for found in self._by_end.values() if found[1].node is node]

    def _apart(self, a: int, b: int) -> bool:
        return any((a in p.apart) != (b in p.apart) for p in self._partitions)

    def _link(self, a: int, b: int) -> Link:
        return self._plan.links.get((a, b), Link(0, 0))

    def _next(self, node: Node) -> int:
        place = (node.number, node.life)
        self._numbers[place] = self._numbers.get(place, 0) + 1
        return self._numbers[place]

    def _happens(self, millionths: int) -> bool:
        return millionths > 0 and self._rng.randrange(1_000_000) < millionths

    def _count(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1
