"""Θ from block to block: an exponential average in nats. Source: docs/spec/consensus.md."""

from __future__ import annotations

from core.network import Params

_MILLION = 1_000_000


def next_theta(theta: int, interval_ms: int, params: Params) -> int:
    """Θ of the block after one that took ``interval_ms`` and had ``theta`` (micro-nats).

    Moves by (target − interval) / τ nats, at most one step, within the bounds; the division is
    toward zero. The bounds hold without retargeting too: an upgrade may have moved them.
    """
    if not params.retarget:
        return within_bounds(theta, params)
    moved = (params.target_interval_ms - interval_ms) * _MILLION
    delta = abs(moved) // params.retarget_tau_ms
    step = min(delta, params.retarget_step_unat)
    turned = theta + (step if moved >= 0 else -step)
    return within_bounds(turned, params)


def within_bounds(theta: int, params: Params) -> int:
    """Θ (micro-nats) between the least and the greatest of a parameter set."""
    return max(params.theta_min_unat, min(params.theta_max_unat, theta))
