"""One target under atheris, in a process of its own: ``python -m tests.fuzz.engine NAME FLAGS…``.

The packages of the node are instrumented as they are imported; everything after the name goes to
libFuzzer. Half of the mutations are libFuzzer's, half are the target's own where it has some.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from random import Random
from time import perf_counter
from types import ModuleType

import atheris

from tests.fuzz import catalogue
from tests.fuzz.runs import FOLDER

SLOWEST = "slowest:"
"""Starts the line that names the slowest input so far: milliseconds, then bytes."""


def prepared(name: str) -> ModuleType:
    """The target with its packages instrumented and its database filled."""
    with atheris.instrument_imports(include=list(catalogue.INSTRUMENTED)):
        from tests.fuzz import node

        node.make_database(FOLDER / name / "node")
        target = catalogue.load(name)
    logging.disable(logging.CRITICAL)  # what is refused is told by the thousand
    if hasattr(target, "prepare"):
        target.prepare()
    return target


def timed(one_input: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, telling of every input that is slower than all before it."""
    slowest = 0.0

    def run(data: bytes) -> None:
        nonlocal slowest
        start = perf_counter()
        one_input(data)
        took = perf_counter() - start
        if took > slowest:
            slowest = took
            print(f"{SLOWEST} {1000 * took:.0f} {len(data)}", file=sys.stderr, flush=True)

    return run


def mixed(mutate: Callable[[bytes, Random], bytes]) -> Callable[[bytes, int, int], bytes]:
    """A mutator that is the target's for one half and libFuzzer's for the other."""

    def run(data: bytes, most: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return mutate(bytes(data), rng)[:most]

    return run


def main() -> None:
    """Prepare the target and hand over to libFuzzer, which ends the process."""
    name, *flags = sys.argv[1:]
    target = prepared(name)
    options = {"custom_mutator": mixed(target.mutate)} if hasattr(target, "mutate") else {}
    arguments = [name, *flags, f"-max_len={target.MAX_BYTES}"]
    atheris.Setup(arguments, timed(catalogue.feeder(target)), **options)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
