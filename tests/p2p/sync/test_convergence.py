"""Never wedged: whatever chains, losses and lies there are, one honest peer is enough.

Every honest node ends, within bounded time, on a valid chain with at least as much work as any
honest node had, and no honest node is ever blamed.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.p2p.sync.chains import branch, ledger, new_net
from tests.p2p.sync.liars import LIARS, lossy
from tests.p2p.sync.net import Node

FORKS = (0, 1, 7, 60, 150, 199, 200)
LENGTHS = (0, 1, 2, 20, 90, 270)
PATIENCE_MS = 900_000


class Play:
    """Some honest nodes, joined to one another, and liars joined to them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.net = new_net(delay_ms=self.chance.choice((1, 20, 150)), tick_ms=250)
        self.poison: set[bytes] = set()
        self.honest: list[Node] = []
        self.liars: list[Node] = []
        lines = [self.line() for _ in range(self.chance.randint(2, 4))]
        self.bad_lines = [self.bad_line() for _ in range(self.chance.randint(0, 1))]
        for line in lines:
            self.honest.append(self.net.add(ledger(line, poison=self.poison)))
        self.best = max(lines, key=lambda line: line[-1].work if line else 0)
        for node in self.honest:
            share = self.chance.choice((0, 0, 0.2, 0.4))
            node.filter = lossy(self.chance, share)
            node.import_ms = self.chance.choice((1, 30, 200))
            node.faults = self.chance.choice((0, 0, 3))
        for place, node in enumerate(self.honest[1:], 1):
            self.net.join(*self.either(node, self.chance.choice(self.honest[:place])))
        for _ in range(self.chance.randint(0, 3)):
            self.add_liar()

    def line(self):
        fork, length = self.chance.choice(FORKS), self.chance.choice(LENGTHS)
        return branch(fork, length, b"ab"[self.chance.randrange(2) :][:1])

    def bad_line(self):
        """A long line with a block that breaks a rule."""
        line = branch(self.chance.choice(FORKS), 280, b"bad")
        fork = next(place for place, made in enumerate(line) if made.header.extra)
        self.poison.add(line[self.chance.randrange(fork, len(line))].hash)
        return line

    def either(self, one: Node, other: Node):
        return (one, other) if self.chance.random() < 0.5 else (other, one)

    def add_liar(self) -> None:
        kind = self.chance.choice(LIARS)
        line = branch(self.chance.choice(FORKS), 280, b"lie")
        filter = kind(self.chance)
        if self.bad_lines and self.chance.random() < 0.5:
            line, filter = self.bad_lines[0], None
        liar = self.net.add(ledger(line), filter=filter)
        self.liars.append(liar)
        for node in self.chance.sample(self.honest, self.chance.randint(1, len(self.honest))):
            self.net.join(*self.either(node, liar))

    def is_done(self) -> bool:
        work = self.best[-1].work if self.best else 0
        return all(node.ledger.head().total_work >= work for node in self.honest)


def check(seed: int) -> None:
    play = Play(seed)
    assert play.net.run(PATIENCE_MS, play.is_done), [
        (node.height, len(play.best)) for node in play.honest
    ]
    names = {(bytes([node.number]) * 32).hex()[:16] for node in play.honest}
    for node in play.honest:
        assert not [offence for offence in node.offences if offence[0] in names]
        assert node.ledger.head().hash not in play.poison


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_all_honest_nodes_reach_the_heaviest_chain(seed):
    check(seed)


@pytest.mark.parametrize("seed", range(8))
def test_seeds(seed):
    check(seed)
