"""``make campaign-simulator``: worlds of simulated nodes, seed after seed, in several processes.

Every seed gets a line in a file, passed or failed. A run that is started again goes on where the
last one ended: seeds with a line are left out.

    python -m tests.campaigns.simulator [--from N] [--to N] [--processes N] [--results FILE]
    python -m tests.campaigns.simulator --seed N [--tell]  (one again, with all that happens)
    python -m tests.campaigns.simulator --planted          (each planted fault within the seeds)
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from animica_site.progress import Progress

DEFAULT_RESULTS = Path("var/simulator.jsonl")
DEFAULT_TO = 2_000
CI_SEEDS = 50
PROCESSES = 2
AHEAD = 4
"""Seeds that are handed to the workers at once, times their number."""


def set_up() -> None:
    """Django and the simulator in this process, with a folder of its own for Django's files."""
    folder = tempfile.mkdtemp(prefix="animica-simulator-")
    os.environ["ANIMICA_DATA_DIR"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    import atexit
    import shutil

    import django

    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    django.setup()
    logging.disable(logging.CRITICAL)  # reorganisations and refusals are what this is about


def one(
    seed: int,
    planted: str | None = None,
    told: Callable[[str], None] | None = None,
    *,
    short: bool = False,
) -> dict[str, Any]:
    """A seed's line: what came of it.

    ``told`` hears everything that happens; ``short`` storms are the suite's.
    """
    from tests.simulator.databases import on_sqlite
    from tests.simulator.plan import SHORT_MS, STORM_MS
    from tests.simulator.planted import planting
    from tests.simulator.run import run
    from tests.simulator.world import Broken

    try:
        with on_sqlite(), planting(planted):
            return {"passed": True, **asdict(run(seed, told, SHORT_MS if short else STORM_MS))}
    except Broken as broken:
        return {"passed": False, "seed": seed, "check": broken.check, "why": str(broken)[:2_000]}
    except Exception as error:  # noqa: BLE001 - whatever a node raises is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{error} ({where.filename}:{where.lineno})"
        kind = type(error).__name__
        return {"passed": False, "seed": seed, "check": kind, "why": why[:2_000]}


def results_of(seeds: Sequence[int], processes: int) -> Iterator[dict[str, Any]]:
    """Every seed's line, as they come."""
    workers = ProcessPoolExecutor(processes, get_context("spawn"), initializer=set_up)
    waiting: set[Future[dict[str, Any]]] = set()
    left = iter(seeds)
    with workers:
        try:
            waiting = {workers.submit(one, seed) for seed in islice(left, AHEAD * processes)}
            while waiting:
                done = next(as_completed(waiting))
                waiting.remove(done)
                waiting.update(workers.submit(one, seed) for seed in islice(left, 1))
                yield done.result()
        finally:
            workers.shutdown(cancel_futures=True)


def known(results: Path) -> set[int]:
    """The seeds that have a line."""
    if not results.exists():
        return set()
    return {json.loads(line)["seed"] for line in results.read_text().splitlines() if line}


def campaign(seeds: Sequence[int], processes: int, results: Path | None) -> int:
    """Run what has no line yet; how many of them failed."""
    done = known(results) if results else set()
    failed: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    if results:
        results.parent.mkdir(parents=True, exist_ok=True)
    wanted = [seed for seed in seeds if seed not in done]
    with Progress("simulating", total=len(seeds), unit="worlds") as progress:
        progress.skip(len(seeds) - len(wanted))
        for line in results_of(wanted, processes):
            if results:
                with results.open("a") as file:
                    file.write(json.dumps(line) + "\n")
            if not line["passed"]:
                failed.append(line)
                print(f"seed {line['seed']} failed: {line['why']}", file=sys.stderr, flush=True)
            counts.update(line.get("counts", {}) | line.get("faults", {}))
            progress.advance()
    _report(len(wanted), failed, counts)
    return len(failed)


def _report(ran: int, failed: list[dict[str, Any]], counts: Counter[str]) -> None:
    print(f"{ran} worlds, {len(failed)} failed")
    for name, count in sorted(counts.items()):
        print(f"  {name:32} {count}")
    for line in sorted(failed, key=lambda each: each["seed"]):
        print(f"  again: python -m tests.campaigns.simulator --seed {line['seed']}")


def hunt_planted() -> int:
    """How many planted faults are not found within the seeds that every check runs."""
    from tests.simulator.planted import PLANTED

    missed = 0
    for name in PLANTED:
        lines = (one(seed, name) for seed in range(CI_SEEDS))
        found = next((line for line in lines if not line["passed"]), None)
        if found is None:
            missed += 1
            print(f"{name}: not found within {CI_SEEDS} seeds", flush=True)
        else:
            print(f"{name}: found by seed {found['seed']}: {found['why'][:160]}", flush=True)
    return missed


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--to", type=int, default=DEFAULT_TO, help="the first seed left out")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--results", type=Path, default=DEFAULT_RESULTS)
    parser.add_argument("--no-results", action="store_true", help="keep no file: run all of them")
    parser.add_argument("--committed", action="store_true", help="the seeds that have failed once")
    parser.add_argument("--seed", type=int, help="only this one, in this process")
    parser.add_argument("--tell", action="store_true", help="with --seed: all that happens")
    parser.add_argument("--short", action="store_true", help="with --seed: as the suite runs it")
    parser.add_argument("--planted", action="store_true", help="find each of the planted faults")
    chosen = parser.parse_args()
    if chosen.seed is not None or chosen.planted:
        set_up()
    if chosen.planted:
        return min(hunt_planted(), 1)
    if chosen.seed is not None:
        line = one(chosen.seed, told=print if chosen.tell else None, short=chosen.short)
        print(json.dumps(line, indent=1))
        return 0 if line["passed"] else 1
    seeds = range(chosen.first, chosen.to)
    if chosen.committed:
        from tests.simulator.seeds import REGRESSIONS

        seeds = sorted({*seeds, *REGRESSIONS})
    results = None if chosen.no_results else chosen.results
    return min(campaign(seeds, chosen.processes, results), 1)


if __name__ == "__main__":
    sys.exit(main())
