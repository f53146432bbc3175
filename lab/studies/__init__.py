"""The questions, by name. Each is a function of a ``Bench`` that gives a ``Result``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from lab.errors import RunTooShort
from lab.studies.bench import Bench
from lab.tables import Result


@dataclass(frozen=True)
class Study:
    """A question: what it asks, and blocks a run when nothing else is said."""

    asks: str
    blocks: int
    least: int = 100
    """Fewer blocks answer nothing."""
    counts: str = "blocks"
    """What its progress counts."""


STUDIES: Mapping[str, Study] = {
    "honest": Study("intervals, Θ, stale blocks and reward with nobody cheating", 5_000),
    "steps": Study("how Θ settles after the hash rate steps by 2 and by 10", 400),
    "stamps": Study("what wrong time stamps gain, with and without the rising-time rule", 20_000),
    "weights": Study(
        "cheap blocks against dear ones, added as nats and as work", 720, 12, "branches"
    ),
    "variance": Study("a small miner's month with and without hash shares", 216_000),
    "withholder": Study("what leaving out the shares of others gains", 20_000),
    "selfish": Study("keeping blocks back, against Eyal and Sirer's formula", 50_000),
    "hoarder": Study("forks of proofs kept for them", 12, 1, "forks"),
    "self-dealer": Study("what score costs who pays himself, and when it pays", 20_000),
    "delay": Study("stale blocks by network delay", 10_000),
    "partition": Study("a network in two parts, and what happens when it heals", 1_200, 700),
}


def run(name: str, bench: Bench) -> Result:
    """The study of that name, one of ``STUDIES``. Raises RunTooShort."""
    least = STUDIES[name].least
    if bench.blocks < least:
        raise RunTooShort(f"{name} needs runs of {least} blocks", required=least)
    module = import_module(f"lab.studies.{name.replace('-', '_')}")
    study: Callable[[Bench], Result] = module.study
    return study(bench)
