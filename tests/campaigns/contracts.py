"""``make campaign-contracts``: random contracts, run by the engine and by the evaluator.

Results, gas, refunds, events, writes and money of every step must agree. The first difference ends
the run with its seed, which ``python -m tests.evaluator --show SEED`` prints whole.

    python -m tests.campaigns.contracts [--cases N] [--first SEED]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from animica_site.progress import Progress
from tests.evaluator import engine, files
from tests.evaluator.cases import run
from tests.evaluator.grammar import drawn_case

CASES = 50_000
FIRST = 1_000_000


def campaign(first: int, count: int) -> Counter[str]:
    """How steps ended, by status; raises AssertionError at the first difference."""
    ends: Counter[str] = Counter()
    with Progress("contracts", total=count, unit="cases") as progress:
        for seed in range(first, first + count):
            case = drawn_case(seed)
            expected = run(case)
            found = files.differences(files.case_form(case, expected), engine.run(case))
            assert not found, f"seed {seed}: {found[0]}"
            ends.update(("success", "reverted", "out of gas")[effect.status] for effect in expected)
            progress.advance()
    return ends


def main() -> int:
    """Exit status 0 when all agree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--first", type=int, default=FIRST)
    chosen = parser.parse_args()
    for name, count in campaign(chosen.first, chosen.cases).most_common():
        print(f"  {name:12} {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
