"""``make campaign-churn``: 100 reorganisations and 3 restarts under load lose no valid transaction.

python -m tests.campaigns.churn [--reorgs N] [--restarts N] [--lives N] [--seed N]
                                [--database-url URL]   (emptied; by default SQLite)
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import tempfile
from collections import Counter

from animica_site.progress import Progress
from tests.campaigns import postgres


def campaign(lives: int, reorgs: int, restarts: int, seed: int) -> None:
    """Several lives; raises AssertionError at the first transaction that is missing."""
    from mempool.models import PoolTx
    from tests.mempool import churn

    print(f"seed {seed}", flush=True)
    counts: Counter[str] = Counter()
    with Progress("churn", total=lives, unit="lives") as progress:
        for number in range(lives):
            PoolTx.objects.all().delete()
            counts.update(churn.play(f"{seed}/{number}", reorgs, restarts))
            progress.advance()
    print(f"\nseed {seed}: no valid transaction was lost")
    for name, count in sorted(counts.items()):
        print(f"  {name:46} {count}")


def main() -> None:
    """Parse the arguments, make a database, run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lives", type=int, default=3)
    parser.add_argument("--reorgs", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--database-url")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="animica-churn-") as folder:
        os.environ["ANIMICA_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
        if chosen.database_url:
            postgres.make_empty(chosen.database_url)
            os.environ["DATABASE_URL"] = chosen.database_url
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        logging.disable(logging.CRITICAL)
        campaign(chosen.lives, chosen.reorgs, chosen.restarts, chosen.seed)


if __name__ == "__main__":
    main()
