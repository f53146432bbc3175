"""``make campaign-lockstep``: the node and the reference model in lock-step over random chains.

Episode after episode a network with random numbers starts at genesis, and random steps are given
to both (tests/model). The first difference ends the run with the seed of its episode.

    python -m tests.campaigns.lockstep [--steps N] [--seed N] [--episode-steps N]
    python -m tests.campaigns.lockstep --episode SEED/NUMBER      (one of them again)
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from animica_site.progress import Progress

if TYPE_CHECKING:
    from tests.model.steps import Steps

EPISODE_STEPS = 400
DEEP_EVERY = 80


def episode(
    seed: str,
    steps: int,
    counts: Counter[str],
    told: Callable[[int], None] = lambda steps: None,
) -> None:
    """One chain from genesis, of about so many steps; ``told`` hears how many there were in all."""
    from tests.model.primitives import SLH_DSA
    from tests.model.steps import STEPS, Steps

    rng = random.Random(seed)
    pair = Steps(rng, counts)
    begun, deep_at = counts["steps"], counts["steps"] + DEEP_EVERY
    names, weights = list(STEPS), list(STEPS.values())
    while counts["steps"] - begun < steps:
        getattr(pair, rng.choices(names, weights)[0])()
        if counts["steps"] >= deep_at:
            pair.compare_deeply()
            deep_at = counts["steps"] + DEEP_EVERY
            told(counts["steps"])
    pair.compare_deeply()
    count_proofs(pair, counts)
    blocks = [kept.block for kept in pair.model.head.line()][:-1]
    algs = [witness["alg"] for block in blocks for witness in block["witnesses"]]
    counts["blocks of the best chains"] += len(blocks)
    counts["transactions of the best chains"] += len(algs)
    counts["of them by SLH-DSA"] += algs.count(SLH_DSA)
    counts["blocks stored"] += len(pair.model.kept) - 1


def count_proofs(pair: Steps, counts: Counter[str]) -> None:
    """What useful work, shares and upgrades the episode's best chain had."""
    from tests.model.proofs import NAMES

    rules = pair.model.rules
    for kept in pair.model.head.line():
        header, height = kept.header, kept.header["height"]
        counts["blocks under an upgrade"] += rules.at(height).first > 0
        counts["blocks of an upgrade's height"] += 0 < height == rules.at(height).first
        counts["blocks with ψ"] += header["psi"] > 0
        counts["ends of epochs"] += height > 0 == height % rules.at(height).params["epoch_blocks"]
        for receipt in kept.block["proofs"]:
            counts[f"proofs of {NAMES[receipt['type']]}"] += 1
            counts["proofs that bring ψ"] += receipt["psi"] > 0


def campaign(steps: int, seed: int, episode_steps: int) -> None:
    """Episodes until there were ``steps``; raises AssertionError at the first difference."""
    print(f"seed {seed}", flush=True)
    counts: Counter[str] = Counter()
    begun, number = time.monotonic(), 0
    with Progress("lock-step", total=steps, unit="steps") as progress:
        while counts["steps"] < steps:
            name = f"{seed}/{number}"
            try:
                left = steps - counts["steps"]
                episode(name, min(episode_steps, left), counts, progress.at)
            except BaseException:
                print(f"in episode {name}, after {counts['steps']} steps in all:", file=sys.stderr)
                raise
            number += 1
    _report(counts, seed, number, time.monotonic() - begun)


def _report(counts: Counter[str], seed: int, episodes: int, seconds: float) -> None:
    print(f"\nseed {seed}: {counts['steps']} steps without a difference, {episodes} episodes,")
    print(f"{seconds:.0f} s, {counts['steps'] / seconds:.0f} steps a second")
    for name, count in sorted(counts.items()):
        print(f"  {name:32} {count}")


def main() -> None:
    """Parse the arguments, make a database, run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--episode-steps", type=int, default=EPISODE_STEPS)
    parser.add_argument("--episode", help="run only the episode of this name, such as 12345/6")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="animica-lockstep-") as folder:
        os.environ["ANIMICA_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        logging.disable(logging.CRITICAL)  # reorganisations and refusals are what this is about
        if chosen.episode:
            episode(chosen.episode, chosen.episode_steps, Counter())
        else:
            campaign(chosen.steps, chosen.seed, chosen.episode_steps)


if __name__ == "__main__":
    main()
