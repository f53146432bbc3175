"""``make campaign-flood``: 100,000 junk and 100,000 cheap transactions against a pool.

None that pays may leave or be refused, and the flood may cost no more than its budget
(tests/mempool/flood.py, docs/spec/mempool.md). Signing the cheap ones takes most of the time.

    python -m tests.campaigns.flood [--junk N] [--cheap N] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from typing import TYPE_CHECKING

from animica_site.progress import Progress

if TYPE_CHECKING:
    from tests.mempool.flood import Flood


def campaign(junk: int, cheap: int, seed: int) -> None:
    """The whole flood; raises AssertionError where one that pays is harmed, SystemExit where
    the budget is exceeded.
    """
    from mempool.rules.limits import PoolLimits
    from tests.mempool.flood import BUDGETS, Flood

    print(f"seed {seed}", flush=True)
    flood = Flood(PoolLimits(min_fee=1), seed)
    with Progress("flood", total=junk + cheap, unit="items") as progress:
        for kind, count in (("early", junk // 2), ("forged", junk // 2), ("cheap", cheap)):
            flood.pour(kind, count, progress.advance)
    _report(flood)
    over = [kind for kind, most in BUDGETS.items() if flood.report.ratio(kind) > most]
    if over:
        raise SystemExit(f"over the budget: {', '.join(over)}")


def _report(flood: Flood) -> None:
    from tests.mempool.flood import BUDGETS

    report, stats = flood.report, flood.world.pool.stats()
    print(f"\n{report.paying} that pay were let in, and all of them wait still")
    print(f"{stats.count} wait, the floor is {stats.floor}")
    for kind, most in BUDGETS.items():
        spent = report.seconds[kind] / report.items(kind) * 1e6
        print(f"{kind:7} {report.items(kind):7} items, {spent:.0f} µs each:", end=" ")
        print(f"{report.ratio(kind):.2f} verifications, at most {most}")
        for code, count in report.outcomes[kind].most_common():
            print(f"  {code:28} {count}")


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--junk", type=int, default=100_000)
    parser.add_argument("--cheap", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="animica-flood-") as folder:
        os.environ["ANIMICA_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
        import django

        django.setup()
        campaign(chosen.junk, chosen.cheap, chosen.seed)


if __name__ == "__main__":
    main()
