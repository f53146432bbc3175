"""A network of cables in user space: IP packets between TUN devices, late, lost, or cut.

It does what `tc netem` and a bridge do, but on kernels that lack netem too, from one seed, and with
partitions that take effect between two packets. Packets from and to the harness itself are neither
late nor lost: it watches, and is no part of the experiment.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import select
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PACKET_BYTES = 2_048
QUEUED_MOST = 20_000
"""Packets under way; more are dropped, as a router drops them."""
READS_IN_A_ROW = 64
HARNESS = 254
"""The last byte of the harness' own address; nodes are numbered from 1."""


@dataclass
class Cables:
    """Which packet arrives where and when. No sockets, no clock: tests drive it."""

    delay_s: float
    loss: float
    chance: random.Random
    sides: list[frozenset[int]] = field(default_factory=list)
    """While cut: nodes of different sides do not hear each other; who is on no side hears all."""
    count: Counter[str] = field(default_factory=Counter)
    _due: list[tuple[float, int, int, int, bytes]] = field(default_factory=list)
    _number: int = 0

    def send(self, source: int, packet: bytes, now: float) -> None:
        """A packet leaves a node."""
        target = target_of(packet)
        if target is None:
            self.count["not for us"] += 1
            return
        late = self.delay_s
        if HARNESS in (source, target):
            late = 0.0
        elif self.apart(source, target):
            self.count["cut"] += 1
            return
        elif self.chance.random() < self.loss:
            self.count["lost"] += 1
            return
        if len(self._due) >= QUEUED_MOST:
            self.count["overflowed"] += 1
            return
        self._number += 1
        heapq.heappush(self._due, (now + late, self._number, source, target, packet))

    def arrived(self, now: float) -> list[tuple[int, bytes]]:
        """Packets that reach their target by now, in the order in which they do."""
        out = []
        while self._due and self._due[0][0] <= now:
            _, _, source, target, packet = heapq.heappop(self._due)
            if self.apart(source, target):  # the cable was cut while it was under way
                self.count["cut"] += 1
                continue
            out.append((target, packet))
        self.count["carried"] += len(out)
        return out

    def next_due(self) -> float | None:
        """When the next packet arrives; None while none is under way."""
        return self._due[0][0] if self._due else None

    def apart(self, one: int, other: int) -> bool:
        """Whether a cut is between two nodes."""
        sides = [[n for n, side in enumerate(self.sides) if node in side] for node in (one, other)]
        return bool(sides[0] and sides[1] and sides[0] != sides[1])

    def order(self, order: Mapping[str, object]) -> None:
        """Change what the harness asks for: ``sides``, ``delay_s``, ``loss``."""
        if "sides" in order:
            self.sides = [frozenset(side) for side in order["sides"]]
        if "delay_s" in order:
            self.delay_s = float(order["delay_s"])
        if "loss" in order:
            self.loss = float(order["loss"])


def target_of(packet: bytes) -> int | None:
    """The node that an IPv4 packet is for; None for any other packet."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:19] != SUBNET:
        return None
    return packet[19]


SUBNET = bytes((10, 213, 0))


def address_of(node: int) -> str:
    """The IP address of a node."""
    return ".".join(str(part) for part in (*SUBNET, node))


def run(cables: Cables, tuns: Mapping[int, int], control: socket.socket) -> None:
    """Carry packets until the harness hangs up. ``tuns``: by node, its TUN device's descriptor."""
    by_fd = {fd: node for node, fd in tuns.items()}
    for fd in by_fd:
        os.set_blocking(fd, False)
    poller = select.epoll()
    for fd in (*by_fd, control.fileno()):
        poller.register(fd, select.EPOLLIN)
    while True:
        due = cables.next_due()
        wait = -1 if due is None else max(0.0, due - time.monotonic())
        for fd, _ in poller.poll(wait):
            if fd in by_fd:
                _read(cables, by_fd[fd], fd)
            elif not _obey(cables, control):
                return
        for target, packet in cables.arrived(time.monotonic()):
            _write(cables, tuns.get(target), packet)


def _read(cables: Cables, node: int, fd: int) -> None:
    for _ in range(READS_IN_A_ROW):
        try:
            packet = os.read(fd, PACKET_BYTES)
        except BlockingIOError:
            return
        cables.send(node, packet, time.monotonic())


def _write(cables: Cables, fd: int | None, packet: bytes) -> None:
    if fd is None:
        cables.count["nobody there"] += 1
        return
    try:
        os.write(fd, packet)
    except (BlockingIOError, OSError):
        cables.count["not taken"] += 1


def _obey(cables: Cables, control: socket.socket) -> bool:
    """Take one order and answer with the counts; False when the harness is gone."""
    line = control.recv(65_536)
    if not line:
        return False
    cables.order(json.loads(line))
    control.send(json.dumps(dict(cables.count)).encode())
    return True


class Wire:
    """The harness' end of the process that carries the packets."""

    def __init__(self, tuns: Mapping[int, int], *, delay_s: float, loss: float, seed: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                self._control.close()
                run(Cables(delay_s, loss, random.Random(seed)), tuns, theirs)
                status = 0
            finally:
                os._exit(status)
        theirs.close()

    def _ask(self, **order: object) -> dict[str, int]:
        self._control.send(json.dumps(order).encode())
        answer = self._control.recv(65_536)
        assert answer, "the process that carries the packets has ended"
        return dict(json.loads(answer))

    def cut(self, *sides: Sequence[int]) -> None:
        """From now on sides do not hear each other."""
        self._ask(sides=[list(side) for side in sides])

    def heal(self) -> None:
        """Everybody hears everybody again."""
        self._ask(sides=[])

    def counts(self) -> dict[str, int]:
        """What has become of packets so far."""
        return self._ask()

    def close(self) -> None:
        """End it."""
        self._control.close()
        os.waitpid(self.pid, 0)
