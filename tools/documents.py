"""What a page asks a reader to type, and whether what a shell answered is what it promises.

The ``sh`` blocks of a Markdown page are read line by line. Comments under a command state what
comes of it:

* ``# → text``: a line of the output is this text; ``…`` in it stands for anything, and a shell
  variable for its value. How many blanks there are does not matter;
* ``# refused: text``: the command fails, and its output has this text. Any other succeeds.

``make install`` and ``make devnet`` are left to whoever runs the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.S | re.M)
_OUTPUT, _REFUSED = "# → ", "# refused: "
_ELSEWHERE = ("make install", "make devnet")
_VARIABLE = re.compile(r"\$(\w+)")

Value = Callable[[str], str]
"""Gives the value of a shell variable."""


@dataclass(frozen=True)
class Step:
    """One command of a page, at a line (from 1), and what the page says comes of it."""

    line: int
    command: str
    outputs: tuple[str, ...] = ()
    refusal: str | None = None


def steps(text: str) -> Iterator[Step]:
    """The commands of a page in order, without those that are for whoever runs it."""
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        for step in _steps_of(block[1].splitlines(), first):
            if not step.command.startswith(_ELSEWHERE):
                yield step


def faults(step: Step, status: int, output: str, value: Value) -> list[str]:
    """What of the page is not so, of a command that ended with ``status``; none: all is."""
    found = []
    if step.refusal is None and status != 0:
        found.append(f"it fails, with exit status {status}")
    if step.refusal is not None and status == 0:
        found.append("it is not refused")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    for wanted in step.outputs:
        pattern = _pattern(wanted, value)
        if not any(pattern.fullmatch(line) for line in lines):
            found.append(f"no line of the output is: {wanted}")
    if step.refusal is not None and not _pattern(step.refusal, value).search(" ".join(lines)):
        found.append(f"the refusal does not say: {step.refusal}")
    return found


def _steps_of(lines: list[str], first: int) -> Iterator[Step]:
    """The commands of one block, each with the comments below it."""
    at = 0
    while at < len(lines):
        start, command = at, lines[at]
        at += 1
        while command.endswith("\\") and at < len(lines):
            command, at = f"{command}\n{lines[at]}", at + 1
        if not command.strip() or command.startswith("#"):
            continue
        below = []
        while at < len(lines) and lines[at].startswith("#"):
            below.append(lines[at])
            at += 1
        refusals = [row.removeprefix(_REFUSED) for row in below if row.startswith(_REFUSED)]
        outputs = tuple(row.removeprefix(_OUTPUT) for row in below if row.startswith(_OUTPUT))
        yield Step(first + start, command, outputs, refusals[0] if refusals else None)


def _pattern(text: str, value: Value) -> re.Pattern[str]:
    """Blanks collapsed, ``…`` for anything, variables for what they hold."""
    known = _VARIABLE.sub(lambda found: value(found[1]), " ".join(text.split()))
    return re.compile(".*".join(map(re.escape, known.split("…"))))
