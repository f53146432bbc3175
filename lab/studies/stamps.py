"""Wrong time stamps: what they gain where times must rise, and where they need not."""

from __future__ import annotations

from lab.light import Rules
from lab.outcome import Outcome
from lab.strategies import Lagger, Miner, Pusher, Strategy, Walker, Zigzag
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent, thin

SHARES = (0.1, 0.2, 0.3, 0.4)
BACK_MS = 36_000_000
"""How far back a walker stamps: ten hours."""


def _attacks() -> dict[str, Strategy]:
    return {
        "5 s ahead, taken at once": Pusher(5_000),
        "30 s ahead, held by others": Pusher(30_000),
        "60 s ahead, held by others": Pusher(60_000),
        "as early as may be": Lagger(),
        "early after others, 5 s ahead after itself": Zigzag(5_000),
    }


def study(bench: Bench) -> Result:
    """Each attack with each share of the hash; then the walk where the rule is left out."""
    bench.expect((len(_attacks()) + 1) * len(SHARES) * bench.blocks)
    network = bench.moving()
    ruled: dict[tuple[str, float], Outcome] = {}
    for name in _attacks():
        for share in SHARES:
            ruled[name, share] = _run(bench, Rules(network), _attacks()[name], share, name)
    walks = {}
    for share in SHARES:
        walker = Walker(BACK_MS, _full_step_ms(bench))
        walks[share] = _run(bench, Rules(network, rising=False), walker, share, "walk")
    return bench.result(
        "stamps",
        [_gains(ruled), _speeds(bench, ruled), _walk_table(bench, walks)],
        [_plot(ruled, walks)],
    )


def _full_step_ms(bench: Bench) -> int:
    """The interval that lowers Θ by one whole step."""
    params = bench.params
    step = -(-params.retarget_step_unat * params.retarget_tau_ms // 1_000_000)
    return params.target_interval_ms + step


def _run(bench: Bench, rules: Rules, attack: Strategy, share: float, label: str) -> Outcome:
    miners = [
        Miner("attacker", share * bench.rate, attack),
        Miner("honest 1", (1 - share) / 2 * bench.rate),
        Miner("honest 2", (1 - share) / 2 * bench.rate),
    ]
    return bench.run(bench.world(rules, miners, f"{label}/{share}"))


def _gains(ruled: dict[tuple[str, float], Outcome]) -> Table:
    rows = []
    for name in _attacks():
        rows.append([name, *(f"{ruled[name, share].fairness(0):.3f}" for share in SHARES)])
    blocks = len(next(iter(ruled.values())).chain)
    noise = [f"± {((1 - share) / share / blocks) ** 0.5:.3f}" for share in SHARES]
    rows.append(["chance alone (one standard deviation)", *noise])
    return Table("Times rise: the attacker's share of reward / share of hash", _head(), rows)


def _speeds(bench: Bench, ruled: dict[tuple[str, float], Outcome]) -> Table:
    rows = [
        [name, *(f"{_speed(bench, ruled[name, share]):.3f}" for share in SHARES)]
        for name in _attacks()
    ]
    return Table("Times rise: blocks an hour / what the target says", _head(), rows)


def _speed(bench: Bench, outcome: Outcome) -> float:
    return bench.params.target_interval_ms / outcome.mean_interval_ms(len(outcome.chain) // 10)


def _walk_table(bench: Bench, walks: dict[float, Outcome]) -> Table:
    rows = [
        ["blocks an hour / target", *(f"{_speed(bench, walks[s]):.2f}" for s in SHARES)],
        ["Θ at the end, nats", *(f"{walks[s].chain[-1].theta / 1e6:.2f}" for s in SHARES)],
        [
            "attacker's blocks an hour / honest",
            *(f"{_speed(bench, walks[s]) * walks[s].fairness(0):.2f}" for s in SHARES),
        ],
        ["share of blocks / share of hash", *(f"{walks[s].fairness(0):.3f}" for s in SHARES)],
    ]
    return Table("Times may fall (counter-example): the walk", _head(), rows)


def _head() -> list[str]:
    return ["", *(f"{percent(share, 0)} of hash" for share in SHARES)]


def _plot(ruled: dict[tuple[str, float], Outcome], walks: dict[float, Outcome]) -> Plot:
    name = next(iter(_attacks()))
    shown = {f"times rise, {name.partition(',')[0]}, 40 %": ruled[name, 0.4]}
    shown |= {f"times may fall, {percent(share, 0)}": walks[share] for share in SHARES}
    series = [
        Series(
            label,
            thin([float(block.height) for block in outcome.chain[:4_000]], 200),
            thin([block.theta / 1e6 for block in outcome.chain[:4_000]], 200),
        )
        for label, outcome in shown.items()
    ]
    return Plot("walk", "Θ under an attack on time stamps", "height", "nats", series)
