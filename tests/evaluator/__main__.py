"""The corpus of contracts, by the evaluator.

python -m tests.evaluator            (compare the files with what they should hold)
python -m tests.evaluator --write    (write them)
python -m tests.evaluator --show N   (a drawn case, whole)
"""

from __future__ import annotations

import argparse
import sys

from tests.evaluator import files
from tests.evaluator.cases import run
from tests.evaluator.grammar import drawn_case


def main() -> int:
    """Exit status 1 where a file differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluator")
    parser.add_argument("--write", action="store_true", help="write tests/evaluator/corpus/*.jsonl")
    parser.add_argument("--show", type=int, metavar="N", help="print the case of seed N")
    chosen = parser.parse_args()
    if chosen.show is not None:
        show(chosen.show)
        return 0
    differing = []
    for name in files.FILES:
        text, path = files.text(name), files.path(name)
        if chosen.write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differing.append(path.name)
    if differing:
        print(f"other than the evaluator says: {', '.join(differing)}", file=sys.stderr)
    return 1 if differing else 0


def show(seed: int) -> None:
    """Print a drawn case with its effects."""
    case = drawn_case(seed)
    for index, source in enumerate(case.sources):
        print(f"# contract {index}\n{source}")
    for step, effect in zip(case.steps, run(case), strict=True):
        print(step)
        print("   ", effect)


if __name__ == "__main__":
    sys.exit(main())
