"""A fork of proofs kept for it: how far it carries, and what it needs."""

from __future__ import annotations

import math

from consensus.rules import poies
from consensus.rules.poies import Work
from core.network import PPM
from core.proof import SCORED
from lab import economy
from lab.economy import Deal
from lab.light import Rules
from lab.strategies import Forker, Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent

SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
PARTS_OF_GAMMA = (0.0, 0.5, 1.0)
DEPTHS = (1, 2, 4, 8)
"""Depths of the second table, in multiples of the first one's."""
GIVE_UP = 40
"""Blocks behind at which a forker stops."""
POINTS = 36


def study(bench: Bench) -> Result:
    """Forks to take back ``blocks``; the proofs serve for the first P blocks of the fork."""
    bench.expect(len(SHARES) * (len(PARTS_OF_GAMMA) + len(DEPTHS) - 1) * bench.runs)
    points = max(6, POINTS * min(bench.runs, 100) // 100)
    deals = {}
    for part in PARTS_OF_GAMMA:
        found = economy.cheapest(bench.poies, points, int(part * bench.poies.gamma_unat))
        deals[part] = found if found and part else Deal((0,) * len(SCORED), 0)
    won = {
        (share, part): _won(bench, share, deals[part], bench.blocks)
        for share in SHARES
        for part in PARTS_OF_GAMMA
    }
    deep = {
        (share, depth): _won(bench, share, deals[1.0], depth * bench.blocks)
        for share in SHARES
        for depth in DEPTHS[1:]
    }
    deep |= {(share, 1): won[share, 1.0] for share in SHARES}
    tables = [_bounds(bench, deals), _table(bench, won), _deep(bench, deep)]
    return bench.result("hoarder", tables, [_plot(bench, won)])


def _bounds(bench: Bench, deals: dict[float, Deal]) -> Table:
    window = bench.poies.credit_window_blocks
    rows = []
    for part in PARTS_OF_GAMMA:
        psi = deals[part].psi / 1e6
        rows.append(
            [
                f"{psi:.2f} nats",
                f"× {math.exp(psi):.2f}",
                percent(1 / (1 + math.exp(psi))),
                f"{window if part else 0}",
                f"{deals[part].burnt * window / 1e9:,.1f} ANM",
            ]
        )
    head = [
        "ψ of each block",
        "hash counts",
        "as fast as all others from",
        "blocks at most",
        "burnt",
    ]
    return Table(f"{bench.network.name}: what kept proofs can do", head, rows)


def _won(bench: Bench, share: float, deal: Deal, depth: int) -> float:
    """The part of runs in which the fork replaced the chain."""
    won = 0
    for number in range(bench.runs):
        won += _one(bench, share, deal, depth, f"{share}/{deal.psi}/{depth}/{number}")
        bench.heard(1)
    return won / bench.runs


def _one(bench: Bench, share: float, deal: Deal, depth: int, label: str) -> bool:
    works = tuple(
        Work(kind, poies.creditable_units(burnt, 0, kind, bench.poies), PPM)
        for kind, burnt in zip(SCORED, deal.burns, strict=True)
        if burnt
    )
    plan = Forker(depth, bench.poies.credit_window_blocks)
    forker = Miner("forker", share * bench.rate, plan, work=works)
    others = Miner("others", (1 - share) * bench.rate)
    world = bench.world(Rules(bench.network), [forker, others], label)

    def over() -> bool:
        own = plan.last.height if plan.last else 0
        return plan.won or others.head.height - own > GIVE_UP

    world.run_until(over)
    return plan.won


def _table(bench: Bench, won: dict[tuple[float, float], float]) -> Table:
    head = ["hash", *(f"{percent(part, 0)} of Γ" for part in PARTS_OF_GAMMA)]
    rows = [
        [percent(share, 0), *(percent(won[share, part], 0) for part in PARTS_OF_GAMMA)]
        for share in SHARES
    ]
    return Table(f"Forks that took back {bench.blocks} blocks, of {bench.runs} tried", head, rows)


def _deep(bench: Bench, won: dict[tuple[float, int], float]) -> Table:
    depths = [(depth, depth * bench.blocks) for depth in DEPTHS]
    rows = [
        [percent(share, 0), *(percent(won[share, depth], 0) for depth, _ in depths)]
        for share in SHARES
    ]
    head = ["hash", *(f"{blocks} blocks" for _, blocks in depths)]
    return Table("Forks with all of Γ, by how many blocks they were to take back", head, rows)


def _plot(bench: Bench, won: dict[tuple[float, float], float]) -> Plot:
    xs = [100 * share for share in SHARES]
    series = [
        Series(f"ψ = {percent(part, 0)} of Γ", xs, [100 * won[share, part] for share in SHARES])
        for part in PARTS_OF_GAMMA
    ]
    title = f"Forks that took back {bench.blocks} blocks"
    return Plot("hoarder", title, "forker's hash, %", "succeeded, %", series)
