"""Many real nodes on one machine: partitions, kills, and what must be so afterwards.

python -m tests.p2p.many [--nodes N] [--blocks N] [--delay MS] [--loss PERCENT] [--kills SECONDS]

Needs network namespaces (root, or a system where users may have them) and /dev/net/tun. Each node
has a namespace of its own; between them packets are late and lost as told. Nothing stays behind.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.p2p.many import scenarios, spaces
from tests.p2p.many.scenarios import Many, Plan

KILLS_S = 600


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m tests.p2p.many")
    parser.add_argument("--nodes", type=int, default=6)
    parser.add_argument("--blocks", type=int, default=50, help="of the longer side while split")
    parser.add_argument("--settle", type=int, default=20, help="blocks before and after")
    parser.add_argument("--delay", type=float, default=100, help="of each link, one way, in ms")
    parser.add_argument("--loss", type=float, default=2, help="of packets, in per cent")
    parser.add_argument("--interval", type=int, default=2_000, help="between blocks, in ms")
    parser.add_argument(
        "--kills", type=float, nargs="?", const=KILLS_S, default=0, metavar="SECONDS",
        help="kill and start nodes for so long, instead of the split",
    )  # fmt: skip
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--keep", type=Path, help="keep data and logs here")
    parser.add_argument(
        "--where-possible", action="store_true", help="say so and succeed on other machines"
    )
    return parser.parse_args(arguments)


def hash_rate() -> float:
    """Draws a second of one core, measured for half a second."""
    from mining.nonces import search_range

    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < 0.5:
        search_range(bytes(80), count, 5_000, 0)
        count += 5_000
    return count / (time.perf_counter() - began)


def plan_of(chosen: argparse.Namespace, folder: Path) -> Plan:
    """The run that the options ask for. Θ begins where this machine needs an interval a block."""
    cores = min(len(os.sched_getaffinity(0)), chosen.nodes)
    draws = hash_rate() * cores * 0.5 * chosen.interval / 1000  # half of it: nodes work too
    return Plan(
        nodes=chosen.nodes,
        delay_s=chosen.delay / 1000,
        loss=chosen.loss / 100,
        blocks=chosen.blocks,
        settle_blocks=chosen.settle,
        kills_s=chosen.kills,
        interval_ms=chosen.interval,
        theta_unat=round(math.log(draws) * 1_000_000),
        seed=chosen.seed,
        folder=folder,
    )


def main(arguments: list[str]) -> int:
    """Run what is asked for; 1 when something was not as it must be."""
    chosen = parsed(arguments)
    try:
        spaces.enter()
    except spaces.NotPossible as why:
        print(f"SKIPPED: {why}" if chosen.where_possible else f"Not possible here: {why}")
        return 0 if chosen.where_possible else 1
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="animica-many-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = plan_of(chosen, folder)
    print(f"seed {plan.seed}, {chosen.delay:g} ms, {chosen.loss:g} % loss, in {folder}", flush=True)
    many = Many.open(plan)
    try:
        many.start()
        (scenarios.kills if plan.kills_s else scenarios.partition)(many)
        many.check_ends()
    except AssertionError as fault:
        print(f"FAILED: {fault}\nData and logs are in {folder}; the seed was {plan.seed}.")
        return 1
    finally:
        many.close()
    if chosen.keep is None:
        shutil.rmtree(folder)
    print("all as it must be")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
