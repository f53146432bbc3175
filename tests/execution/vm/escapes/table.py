"""A row of the table: a contract, what is done with it, and the outcome that is required.

The outcomes come from docs/spec/contracts.md, not from the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MIN, MAX = -(2**255), 2**255 - 1
GAS = 20_000_000
"""What a step gets unless it says otherwise: half a block of mainnet."""


@dataclass(frozen=True)
class Refused:
    """The source is not accepted, by this rule, at a line that holds ``at``."""

    kind: str
    at: str

    def text(self) -> str:
        return f"refused: {self.kind}"


@dataclass(frozen=True)
class Reverts:
    """The call fails with this reason."""

    reason: str

    def text(self) -> str:
        return f"reverts with `{self.reason}`"


@dataclass(frozen=True)
class OutOfGas:
    """The call uses all its gas."""

    def text(self) -> str:
        return "runs out of gas"


@dataclass(frozen=True)
class Gives:
    """The call succeeds with this result: a plain value of ``world.form``."""

    value: Any
    told: str = ""

    def text(self) -> str:
        return f"harmless: {self.told or 'gives `' + shown(self.value) + '`'}"


Outcome = Refused | Reverts | OutOfGas | Gives


def shown(value: Any) -> str:
    """A short text of a value; a pipe would end the cell of a table."""
    known = {MIN: "-2**255", MAX: "2**255 - 1"}
    text = known[value] if type(value) is int and value in known else repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


@dataclass(frozen=True)
class Of:
    """Stands for an address: a contract of the row by its name, or a name of ``world``."""

    name: str


@dataclass(frozen=True)
class Step:
    """A call of ``main``; ``raw`` is calldata as it is, instead of function and arguments."""

    function: str = "go"
    arguments: tuple[Any, ...] = ()
    raw: bytes | None = None
    gas: int = GAS
    value: int = 0


@dataclass(frozen=True)
class Escape:
    """The last step has the outcome, those before it succeed.

    ``others`` are deployed before ``main``, in this order. ``funds`` is what ``main`` owns, nANM.
    """

    name: str
    group: str
    trick: str
    source: str | bytes
    outcome: Outcome
    steps: tuple[Step, ...] = (Step(),)
    others: dict[str, str] = field(default_factory=dict)
    arguments: tuple[Any, ...] = ()
    funds: int = 0


ESCAPES: list[Escape] = []


def rows(group: str) -> Callable[..., None]:
    """The function that enters rows of a group."""

    def row(name: str, trick: str, source: str | bytes, outcome: Outcome, **more: Any) -> None:
        if "step" in more:
            more["steps"] = (more.pop("step"),)
        ESCAPES.append(Escape(name, group, trick, source, outcome, **more))

    return row


def go(*lines: str, result: str = "int", params: str = "", head: str = "", mark: str = "") -> str:
    """A module with a public function ``go`` of these lines; ``head`` stands before it."""
    arrow = f" -> {result}" if result else ""
    body = "".join(f"    {line}\n" for line in lines)
    return f"{head}{mark}def go({params}){arrow}:\n{body}"
