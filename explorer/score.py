"""Why a block counts as sealed: its draw, its useful work and the threshold, in micro-nats."""

from __future__ import annotations

from dataclasses import dataclass

from consensus.rules import seal
from core import exact
from core.header import Header

WIDTH = 600


@dataclass(frozen=True)
class Score:
    """S = draw + psi against theta, and the rectangles that show it."""

    draw: int
    psi: int
    theta: int
    expected_draws: int

    @property
    def total(self) -> int:
        """S, what the block reached."""
        return self.draw + self.psi

    @property
    def surplus(self) -> int:
        """How far S lies above the threshold."""
        return self.total - self.theta

    @property
    def _scale(self) -> int:
        return max(self.total, self.theta) * 21 // 20

    @property
    def draw_width(self) -> int:
        """The draw's part of the bar."""
        return WIDTH * self.draw // self._scale

    @property
    def psi_width(self) -> int:
        """The part of useful work."""
        return WIDTH * self.psi // self._scale

    @property
    def theta_x(self) -> int:
        """Where the threshold stands."""
        return WIDTH * self.theta // self._scale


def score(header: Header) -> Score | None:
    """The score of a sealed block; None for genesis, which needs no seal."""
    if header.height == 0:
        return None
    return Score(
        draw=exact.nlog(header.draw),
        psi=header.psi,
        theta=header.theta,
        expected_draws=seal.block_work(header.theta),
    )
