"""What every study works with: a network, a seed, sizes, and somebody to tell of progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.network import Network, Params, Poies
from lab.errors import ThetaFixed
from lab.light import Rules, start_theta, steady_rate
from lab.outcome import Outcome
from lab.strategies import Miner
from lab.tables import Plot, Result, Table
from lab.world import World


def _silent(done: int, total: int) -> None:
    """Nobody listens."""


@dataclass
class Bench:
    """``blocks`` is the length of one run, ``runs`` scales how often those are repeated."""

    network: Network
    seed: int
    blocks: int
    runs: int = 100
    tell: Callable[[int, int], None] = _silent
    done: int = 0
    total: int = 0

    @property
    def params(self) -> Params:
        """Of the network's first set."""
        return self.network.at(0).params

    @property
    def poies(self) -> Poies:
        """Of the network's first set."""
        return self.network.at(0).poies

    @property
    def rate(self) -> float:
        """All hash together in draws a second, for one block an interval."""
        return steady_rate(self.params)

    @property
    def theta(self) -> int:
        """Where Θ is right for ``rate``."""
        return start_theta(self.params)

    def fixed(self) -> Network:
        """The network with Θ that stays."""
        return self._with_params(replace(self.params, retarget=False))

    def level(self) -> Network:
        """The network with the subsidy of its first era for ever."""
        return self._with_params(replace(self.params, subsidy_era_blocks=0))

    def moving(self) -> Network:
        """The network, whose Θ must move."""
        if not self.params.retarget:
            raise ThetaFixed(f"Θ does not move on {self.network.name}", network=self.network.name)
        return self.network

    def _with_params(self, params: Params) -> Network:
        first = replace(self.network.sets[0], params=params)
        return replace(self.network, sets=(first,))

    def world(self, rules: Rules, miners: Sequence[Miner], label: str, **more: object) -> World:
        """A run's world; ``label`` makes its seed its own."""
        seed = f"{self.seed}/{label}"
        return World(rules, miners, self.theta, seed, **more)  # type: ignore[arg-type]

    def expect(self, blocks: int) -> None:
        """So many more blocks are to come."""
        self.total += blocks
        self.tell(self.done, self.total)

    def heard(self, blocks: int) -> None:
        """So many more blocks are done."""
        self.done += blocks
        self.tell(self.done, self.total)

    def run(self, world: World, blocks: int | None = None) -> Outcome:
        """Run a world that was counted by ``expect``."""
        length = self.blocks if blocks is None else blocks
        return Outcome.of(world, world.run(length, self.heard))

    def result(self, study: str, tables: Sequence[Table], plots: Sequence[Plot] = ()) -> Result:
        """The study's answer."""
        return Result(study, self.network.name, self.seed, self.blocks, tables, plots)
