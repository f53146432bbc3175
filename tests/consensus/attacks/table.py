"""Ways to cheat with proofs, each as a block that follows every rule but the one it attacks.

An ``Attack`` names the refusal, and the rules that stand in its way. Its block is made while those
rules are weakened, so nothing else in it is wrong: it is refused by them and by nothing else.
Beside it stands the honest block that comes nearest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest

from consensus.rules import nullifiers
from core.network import Network
from core.proof import AI, QUANTUM, Envelope
from tests.consensus.synthetic import VERIFIERS, Job, envelope, working_network
from tests.support import ChainBuilder, Made, key

NETWORK = working_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
ALICE, BOB = key(1).address, key(2).address
LINE = BUILDER.grow(BUILDER.genesis, 3)
TIP = LINE[-1]
SIBLING = BUILDER.make(LINE[1], extra=b"sibling")
"""A block beside ``TIP``, on the same parent."""


@dataclass(frozen=True)
class Scene:
    """The two blocks, to be made when asked for; ``beside`` are other blocks that are around."""

    attack: Callable[[], Made]
    honest: Callable[[], Made]
    network: Network = NETWORK
    beside: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Attack:
    """``weakened``: (object, name, what stands in its place) for each rule in the way."""

    name: str
    code: str
    weakened: tuple[tuple[Any, str, Any], ...]
    scene: Callable[[], Scene]

    def weaken(self, patch: pytest.MonkeyPatch) -> None:
        """Take the rules out of the way."""
        for where, name, instead in self.weakened:
            patch.setattr(where, name, instead)

    def made(self) -> Made:
        """The attacking block, made by those who have no such rule."""
        scene = self.scene()
        with pytest.MonkeyPatch.context() as patch:
            self.weaken(patch)
            return scene.attack()


ATTACKS: list[Attack] = []


def attack(code: str, *weakened: tuple[Any, str, Any], name: str = "") -> Callable[[Any], Any]:
    """Enter a function that gives the ``Scene`` into the table."""

    def enter(scene: Callable[[], Scene]) -> Callable[[], Scene]:
        ATTACKS.append(Attack(name or scene.__name__, code, weakened, scene))
        return scene

    return enter


def off(where: Any, name: str) -> tuple[Any, str, Any]:
    """A rule that refuses nothing any more."""
    return where, name, lambda *args, **kwargs: None


def true(where: Any, name: str) -> tuple[Any, str, Any]:
    """A rule that always says yes."""
    return where, name, lambda *args, **kwargs: True


def ai(**claims: Any) -> Envelope:
    """Alice's work for a job of AI."""
    return envelope(AI, Job(**{"anchor": LINE[0].hash, "beneficiary": ALICE, **claims}))


def quantum(**claims: Any) -> Envelope:
    """Alice's work for a quantum job."""
    return envelope(QUANTUM, Job(**{"anchor": LINE[0].hash, "beneficiary": ALICE, **claims}))


def of(coinbase: bytes, parent: Made, *envelopes: Envelope) -> Callable[[], Made]:
    """A block on ``parent``, once it is asked for."""
    return lambda: BUILDER.make(parent, coinbase=coinbase, envelopes=envelopes)


@lru_cache(maxsize=1)
def long_line() -> list[Made]:
    """The line, longer than anchors reach."""
    return [*LINE, *BUILDER.grow(TIP, 260)]


NEVER_USED = (nullifiers, "read", lambda view, nullifier: nullifiers.UNUSED)
"""A chain that forgets what was used."""
