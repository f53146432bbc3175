"""Keeping blocks back: the simulator against a closed form, then the network's own rules.

Formula and threshold: Eyal and Sirer, Majority is not Enough (2014), equations 8 and 9. ``gamma``
is the part of honest hash that sees the selfish miner's block first when two race.
"""

from __future__ import annotations

from itertools import pairwise

from core.network import Network
from lab.light import Rules
from lab.strategies import Miner, Selfish
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent

SHARES = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
GAMMAS = (0.0, 0.5, 1.0)


def revenue(alpha: float, gamma: float) -> float:
    """The selfish miner's part of the blocks that last."""
    top = alpha * (1 - alpha) ** 2 * (4 * alpha + gamma * (1 - 2 * alpha)) - alpha**3
    return top / (1 - alpha * (1 + (2 - alpha) * alpha))


def threshold(gamma: float) -> float:
    """The hash from which it pays."""
    return (1 - gamma) / (3 - 2 * gamma)


def study(bench: Bench) -> Result:
    """Θ fixed as in the formula, then moving."""
    networks = [bench.fixed()] + [bench.network] * bench.params.retarget
    bench.expect(len(networks) * len(SHARES) * len(GAMMAS) * bench.blocks)
    found = [_all(bench, network) for network in networks]
    tables = [_table("Θ fixed", found[0])]
    if len(found) > 1:
        tables.append(_table("Θ moving", found[1]))
    return bench.result("selfish", [*tables, _thresholds(found)], [_plot(found[0])])


def _all(bench: Bench, network: Network) -> dict[tuple[float, float], float]:
    return {
        (alpha, gamma): _part(bench, network, alpha, gamma) for alpha in SHARES for gamma in GAMMAS
    }


def _part(bench: Bench, network: Network, alpha: float, gamma: float) -> float:
    miners = [
        Miner("selfish", alpha * bench.rate, Selfish()),
        Miner("honest, sees it first", (1 - alpha) * gamma * bench.rate, favours=0),
        Miner("honest, sees it last", (1 - alpha) * (1 - gamma) * bench.rate),
    ]
    label = f"{alpha}/{gamma}/{network.at(0).params.retarget}"
    outcome = bench.run(bench.world(Rules(network), miners, label))
    return outcome.income(0).blocks / len(outcome.chain)


def _table(title: str, found: dict[tuple[float, float], float]) -> Table:
    head = ["hash"]
    for gamma in GAMMAS:
        head += [f"γ = {gamma:g}", "formula"]
    rows = []
    for alpha in SHARES:
        row = [percent(alpha, 0)]
        for gamma in GAMMAS:
            row += [f"{found[alpha, gamma]:.3f}", f"{revenue(alpha, gamma):.3f}"]
        rows.append(row)
    return Table(f"{title}: the selfish miner's part of the lasting blocks", head, rows)


def crossing(gamma: float, found: dict[tuple[float, float], float]) -> float:
    """Where its part of the blocks first exceeds its part of the hash, between two runs."""
    gains = [(alpha, found[alpha, gamma] - alpha) for alpha in SHARES]
    if gains[0][1] > 0:
        return 0.0
    for (low, below), (high, above) in pairwise(gains):
        if above > 0:
            return low + (high - low) * below / (below - above)
    return 1.0


def _thresholds(found: list[dict[tuple[float, float], float]]) -> Table:
    names = ["Θ fixed", "Θ moving"][: len(found)]
    rows = [
        [f"γ = {gamma:g}", percent(threshold(gamma)), *(_shown(crossing(gamma, f)) for f in found)]
        for gamma in GAMMAS
    ]
    return Table("The hash from which it pays", ["", "formula", *names], rows)


def _shown(value: float) -> str:
    return f"below {percent(SHARES[0], 0)}" if value == 0 else percent(value)


def _plot(found: dict[tuple[float, float], float]) -> Plot:
    xs = [step / 100 for step in range(5, 46)]
    series = [Series("honest", [5.0, 45.0], [5.0, 45.0], "dashed")]
    for gamma in GAMMAS:
        line = [round(100 * revenue(x, gamma), 3) for x in xs]
        series.append(Series(f"formula, γ = {gamma:g}", [100 * x for x in xs], line))
        dots = [round(100 * found[alpha, gamma], 3) for alpha in SHARES]
        series.append(Series(f"simulated, γ = {gamma:g}", [100 * a for a in SHARES], dots, "dots"))
    return Plot("selfish", "Selfish mining", "hash, %", "lasting blocks, %", series)
