"""Leaving the shares of others out of one's blocks: what it gains and what it costs them."""

from __future__ import annotations

from consensus.rules import issuance
from lab.light import Rules
from lab.outcome import Outcome, rewards
from lab.strategies import Honest, Miner, Strategy, Withholder
from lab.studies.bench import Bench
from lab.tables import Result, Table, percent

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)


def study(bench: Bench) -> Result:
    """The same miner honest and leaving out, with each share of the hash."""
    bench.expect(2 * len(SHARES) * bench.blocks)
    rows = []
    for share in SHARES:
        fair = _run(bench, Honest(), share, "honest")
        greedy = _run(bench, Withholder(), share, "greedy")
        rows.append(
            [
                percent(share, 0),
                f"{_per_block(fair, 0, share):.3f}",
                f"{_per_block(greedy, 0, share):.3f}",
                f"{_claimed(fair, 1, share):.3f}",
                f"{_claimed(greedy, 1, share):.3f}",
                percent(_unminted(greedy)),
            ]
        )
    head = [
        "hash",
        "its income, honest",
        "leaving out",
        "others' shares, honest",
        "left out",
        "new money not minted",
    ]
    title = "Income a block / (hash · a whole reward); others' shares included / found"
    return bench.result("withholder", [Table(title, head, rows)])


def _run(bench: Bench, strategy: Strategy, share: float, label: str) -> Outcome:
    miners = [
        Miner("one", share * bench.rate, strategy),
        Miner("others", (1 - share) * bench.rate),
    ]
    world = bench.world(Rules(bench.network), miners, f"{label}/{share}", with_shares=True)
    return bench.run(world)


def _per_block(outcome: Outcome, miner: int, share: float) -> float:
    """Income a block over what hashing alone should bring with half the slices claimed."""
    reward, piece = rewards(outcome.world, 1)
    whole = reward + piece * outcome.world.rules.at(0).poies.shares_per_block // 2
    return outcome.income(miner).total / len(outcome.chain) / share / whole


def _claimed(outcome: Outcome, miner: int, share: float) -> float:
    half = outcome.world.rules.at(0).poies.shares_per_block / 2
    return outcome.income(miner).shares / len(outcome.chain) / (half * (1 - share))


def _unminted(outcome: Outcome) -> float:
    """Slices that nobody claimed, of the whole subsidy."""
    params = outcome.world.rules.at(0).params
    _, piece = rewards(outcome.world, 1)
    most = outcome.world.rules.at(0).poies.shares_per_block
    left = sum(most - len(block.shares) for block in outcome.chain) * piece
    return left / len(outcome.chain) / issuance.subsidy(1, params)
