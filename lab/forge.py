"""A secret branch made to look heavy: few draws, many blocks. By expectation, without chance.

The branch forks from a steady chain and is published T later, so its stamps must rise and end by
then. The forger lets Θ fall by stamps a full step apart, keeps it low while the chain goes on,
and spends what draws are left on a burst of blocks one millisecond apart at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from consensus.rules.retarget import next_theta
from consensus.rules.seal import block_work
from core.network import Params


@dataclass(frozen=True)
class Weight:
    """A branch's length, and its weight under both rules: nats in micro-nats, work in draws."""

    blocks: int = 0
    nats: int = 0
    work: int = 0

    def and_block(self, theta: int) -> Weight:
        """With one more block."""
        return Weight(self.blocks + 1, self.nats + theta, self.work + block_work(theta))


def steady(theta: int, blocks: int) -> Weight:
    """The chain that it competes with: Θ stays where it is."""
    return Weight(blocks, blocks * theta, blocks * block_work(theta))


def forge(theta: int, drop: int, blocks: int, draws: int, params: Params) -> Weight:
    """The branch that lowers Θ by ``drop`` while the steady chain finds ``blocks``.

    ``draws`` is what the forger can afford in that time; it never spends more.
    """
    end_ms = blocks * params.target_interval_ms
    wide = params.target_interval_ms + params.retarget_step_unat * params.retarget_tau_ms // 10**6
    low = max(params.theta_min_unat, theta - drop)
    now, made = 0, Weight()
    while True:
        gap = wide if theta > low else params.target_interval_ms
        if now + gap >= end_ms or made.work + block_work(theta) > draws:
            break
        now, made = now + gap, made.and_block(theta)
        theta = next_theta(theta, gap, params)
    while made.work + block_work(theta) <= draws and now < end_ms:
        now, made = now + 1, made.and_block(theta)
        theta = next_theta(theta, 1, params)
    return made


def heaviest(theta: int, share: float, blocks: int, params: Params) -> tuple[Weight, int]:
    """The forger's best branch by nats with ``share`` of all hash, and the drop that makes it."""
    draws = int(share / (1 - share) * steady(theta, blocks).work)
    deepest = theta - params.theta_min_unat
    step = params.retarget_step_unat
    tried = [
        (forge(theta, drop, blocks, draws, params), drop) for drop in range(0, deepest + 1, step)
    ]
    return max(tried, key=lambda one: one[0].nats)
