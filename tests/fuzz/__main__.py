"""``make campaign-fuzz``: every decoder and the importer under a coverage-guided fuzzer.

    python -m tests.fuzz [TARGET…] [--seconds S] [--runs N] [--seed K] [--replay] [--keep]

Two targets run at a time, each for S seconds or N inputs, whichever is first, starting from the
committed corpus. A finding (an exception, a broken claim, over 10 s or over 2 GiB) is saved and
the exit status is 1. --replay only feeds the committed corpus, or the FILES given with --input,
and needs no fuzzer. --keep adds what the run discovered to the committed corpus.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz import catalogue
from tests.fuzz.runs import Limits, Run

AT_A_TIME = 2
KEPT_BYTES = 4_096
KEPT_MOST = 40


def main() -> None:
    """Parse the arguments, do what they ask, exit with 1 after a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(catalogue.TARGETS))
    parser.add_argument("--seconds", type=int, default=1_200)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", action="store_true", help="feed the corpus, mutate nothing")
    parser.add_argument("--input", type=Path, nargs="+", help="replay these files instead")
    parser.add_argument("--keep", action="store_true", help="add discoveries to the corpus")
    parser.add_argument("--seeds", action="store_true", help="write the real encodings anew")
    chosen = parser.parse_args()
    targets = chosen.targets or list(catalogue.TARGETS)
    if unknown := sorted(set(targets) - set(catalogue.TARGETS)):
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(catalogue.TARGETS)}")
    if chosen.seeds:
        write_seeds(targets)
    elif chosen.replay or chosen.input:
        replay(targets, chosen.input)
    else:
        fuzz(targets, Limits(chosen.seconds, chosen.runs, chosen.seed), chosen.keep)


def replay(targets: list[str], files: list[Path] | None) -> None:
    """Feed every input once, in this process; an exception shows itself."""
    with database():
        for name in targets:
            target = catalogue.load(name)
            if hasattr(target, "prepare"):
                target.prepare()
            feed, inputs = catalogue.feeder(target), files or catalogue.corpus(name)
            for path in inputs:
                feed(path.read_bytes())
            print(f"{name}: {len(inputs)} inputs replayed")


def write_seeds(targets: list[str]) -> None:
    """Write real encodings into the corpora, for all targets of a chain made anew."""
    with database():
        from tests.fuzz import world
        from tests.fuzz.targets.pool import new_transactions

        if targets == list(catalogue.TARGETS):
            world.make(new_transactions())
        for name in targets:
            folder = catalogue.CORPUS / name
            folder.mkdir(parents=True, exist_ok=True)
            for seed, data in catalogue.load(name).seeds().items():
                (folder / seed).write_bytes(data)


@contextmanager
def database() -> Iterator[None]:
    """A node's database for this process, in a temporary folder."""
    from tests.fuzz import node

    with tempfile.TemporaryDirectory(prefix="animica-fuzz-") as folder:
        node.make_database(Path(folder))
        logging.disable(logging.CRITICAL)
        yield


def fuzz(targets: list[str], limits: Limits, keep: bool) -> None:
    """Run the targets, report each when it ends, and exit with 1 if there was a finding."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        raise SystemExit(
            "atheris is not installed: it has wheels for 64-bit Linux only. "
            "Without it: python -m tests.fuzz --replay"
        ) from None
    runs = [Run(name, limits) for name in targets]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting = [pool.submit(run.follow) for run in runs]
        while not all(future.done() for future in waiting):
            time.sleep(1)
            show([run for run in runs if run.running])
        for future in waiting:
            future.result()
    print("\n".join(["", *(run.report() for run in runs)]))
    if keep:
        for run in runs:
            grow_corpus(run)
    findings = [run for run in runs if run.failed]
    for run in findings:
        print(run.finding(), file=sys.stderr)
    raise SystemExit(1 if findings else 0)


def show(running: list[Run]) -> None:
    """One line of those that run: rewritten on a terminal, else one every half a minute."""
    line = " | ".join(run.progress() for run in running)
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
    elif line and int(time.monotonic()) % 30 == 0:
        print(line, file=sys.stderr, flush=True)


def grow_corpus(run: Run) -> None:
    """Keep the smallest discoveries of a run, at most 40 of up to 4 KiB."""
    found = sorted(run.new.iterdir(), key=lambda path: path.stat().st_size)
    for path in [path for path in found if path.stat().st_size <= KEPT_BYTES][:KEPT_MOST]:
        shutil.copy(path, catalogue.CORPUS / run.name / path.name[:12])


if __name__ == "__main__":
    main()
