"""A case of ``vm.gas``.

It is a body of statements that is repeated in a loop, and what is prepared before the loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """``work`` is repeated ``times`` in each turn; ``before`` it once, in the module ``head``."""

    name: str
    work: tuple[str, ...]
    before: tuple[str, ...] = ()
    head: str = ""
    times: int = 10
    params: dict[str, object] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The contract: ``go(n)`` runs the work ``n * times`` times."""
        lines = [*self.before, "for turn in range(n):"]
        lines += [f"    {line}" for line in self.work * self.times]
        body = "".join(f"    {line}\n" for line in lines)
        imports = f"from stdlib import {', '.join(_MODULES)}\n\n" if _uses(body, self.head) else ""
        return f"{imports}{self.head}\n\ndef go(n: int):\n{body}"


_MODULES = ("abi", "context", "crypto", "events", "hash", "storage", "treasury")


def _uses(*texts: str) -> bool:
    return any(f"{module}." in text for module in _MODULES for text in texts)


CASES: list[Case] = []


def case(name: str, *work: str, before: str = "", head: str = "", times: int = 10) -> None:
    """Enter a case; statements of ``before`` are separated by ``;``, depth by its spaces."""
    prepared = tuple(before.split("; ")) if before else ()
    CASES.append(Case(name, work, prepared, head, times))
