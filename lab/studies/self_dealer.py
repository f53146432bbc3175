"""What score costs a miner who pays himself, and when that pays."""

from __future__ import annotations

from consensus.rules import poies
from consensus.rules.poies import Work
from core.network import PPM
from core.proof import NAMES, SCORED
from lab import economy
from lab.economy import Deal
from lab.light import Rules
from lab.outcome import rewards
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent

ANM = 10**9
POINTS = 36
MOST_PRICES = 8
"""How far the plot goes, in prices of a unit."""
NATS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0)
TIPS = (0.0, 0.5, 1.0, 1.5, 2.0, 5.0, 10.0)
"""Tips a block, in prices of a unit of AI work."""
RUNS = ((0.05, 0.05), (0.05, 0.2), (0.3, 0.05), (0.3, 0.2))
"""Hash, and what is burnt for AI work in each block, in prices of a unit."""


def study(bench: Bench) -> Result:
    """Search all deals of a grid, and run some of them."""
    bench.expect(len(RUNS) * bench.blocks)
    tables = [_bound(bench), _prices(bench), _fees(bench), _simulated(bench)]
    return bench.result("self-dealer", tables, [_plot(bench)])


def _points(bench: Bench) -> int:
    return max(6, POINTS * min(bench.runs, 100) // 100)


def _bound(bench: Bench) -> Table:
    reward = economy.producer_reward(bench.params)
    points = _points(bench)
    least = economy.break_even(bench.poies, points)
    best = economy.best(bench.poies, points, reward)
    tips = (least.breaks_even_at - reward) * PPM / bench.params.tip_split.producer_ppm
    rows = [
        ["R: a block's subsidy to its producer", f"{reward / ANM:.3f} ANM"],
        [
            "greatest R with price0 ≥ R · w · α · (1 + b)",
            f"{economy.price_bound(bench.poies) / ANM:.3f} ANM",
        ],
        ["best income with burning / without", f"{economy.shared_gain(best, reward, 0):.4f}"],
        ["… by burning", f"{best.burnt / ANM:.3f} ANM a block"],
        ["R from which burning pays", f"{least.breaks_even_at / ANM:.3f} ANM"],
        ["… that is with tips of", f"{tips / ANM:.3f} ANM a block"],
        ["deals tried", f"{len(economy.grid(bench.poies, points)):,}"],
    ]
    return Table(f"{bench.network.name}: does burning pay?", ["", "value"], rows)


def _prices(bench: Bench) -> Table:
    rows = []
    for nats in sorted({*NATS, bench.poies.gamma_unat / 1e6}):
        found = economy.cheapest(bench.poies, _points(bench), round(nats * 1e6))
        if found is not None:
            rows.append([f"{nats:g}", *_price_cells(found)])
    head = ["nats", "burnt, ANM", "ANM a nat", *(f"for {NAMES[kind]}" for kind in SCORED)]
    return Table("The cheapest way to a score, each block", head, rows)


def _price_cells(found: Deal) -> list[str]:
    return [
        f"{found.burnt / ANM:.2f}",
        f"{found.burnt / ANM / (found.psi / 1e6):.2f}",
        *(f"{burnt / ANM:.2f}" for burnt in found.burns),
    ]


def _fees(bench: Bench) -> Table:
    rows = []
    for tips in (round(part * bench.poies.ai.price0) for part in TIPS):
        reward = economy.producer_reward(bench.params, tips)
        row = [f"{tips / ANM:g}", f"{reward / ANM:.2f}"]
        for share in (0.0, 0.3):
            best = economy.best(bench.poies, _points(bench), reward, share)
            gain = economy.shared_gain(best, reward, share)
            row += [f"{best.burnt / ANM:.2f}", f"{gain:.3f}"] if gain > 1 else ["nothing", "1"]
        rows.append(row)
    head = ["tips, ANM", "R, ANM", "small miner burns", "income / honest"]
    head += ["30 % of hash burns", "income / honest"]
    return Table("What pays best, with tips in every block", head, rows)


def _simulated(bench: Bench) -> Table:
    rows = []
    for share, burn in RUNS:
        deal = economy.deal((round(burn * bench.poies.ai.price0), 0, 0), bench.poies)
        shown = [percent(share, 0), f"{deal.burnt / ANM:g}", f"{deal.psi / 1e6:.3f}"]
        rows.append([*shown, *_run(bench, share, deal)])
    head = ["hash", "burnt, ANM", "nats", "blocks / hash", "income / honest", "formula"]
    return Table("Simulated, subsidy only", head, rows)


def _run(bench: Bench, share: float, deal: Deal) -> list[str]:
    works = tuple(
        Work(kind, poies.creditable_units(burnt, 0, kind, bench.poies), PPM)
        for kind, burnt in zip(SCORED, deal.burns, strict=True)
        if burnt
    )
    dealer = Miner("dealer", share * bench.rate, work=works, burnt=deal.burnt)
    others = Miner("others", (1 - share) * bench.rate)
    label = f"deal/{share}/{deal.burnt}"
    outcome = bench.run(bench.world(Rules(bench.level()), [dealer, others], label))
    reward, _ = rewards(outcome.world, 1)
    income = outcome.income(0)
    honest = share * reward * len(outcome.chain)
    return [
        f"{income.blocks / len(outcome.chain) / share:.3f}",
        f"{income.total / honest:.3f}",
        f"{economy.shared_gain(deal, reward, share):.3f}",
    ]


def _plot(bench: Bench) -> Plot:
    """Gain by burn, the best mix of each size, at several rewards."""
    deals = sorted(economy.grid(bench.poies, _points(bench)), key=lambda one: one.burnt)
    price = bench.poies.ai.price0
    series = [Series("honest", [0.0, MOST_PRICES * price / ANM], [1.0, 1.0], "dashed")]
    for tips in (0, 3 * price // 2, 5 * price):
        reward = economy.producer_reward(bench.params, tips)
        xs, ys, width = [0.0], [1.0], price // 4
        for step in range(1, 4 * MOST_PRICES + 1):
            here = [one for one in deals if (step - 1) * width < one.burnt <= step * width]
            gain, burnt = max(
                ((economy.shared_gain(one, reward, 0), one.burnt) for one in here),
                default=(-1.0, 0),
            )
            if gain > 0:
                xs.append(round(burnt / ANM, 3))
                ys.append(round(gain, 4))
        series.append(Series(f"tips of {tips / ANM:g} ANM a block", xs, ys))
    return Plot(
        "self-dealing",
        "Income of a miner who burns for his own work",
        "burnt a block, ANM",
        "income / honest",
        series,
    )
