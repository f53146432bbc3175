"""What a call did, or why it failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core import receipt
from core.errors import RequestRefused
from core.receipt import Log
from execution import reasons
from execution.abi.calls import read_event
from execution.lang import tree
from workbench.trace import Call

OUT_OF_GAS = "out of gas"


@dataclass(frozen=True)
class Event:
    """An event of a contract: its name, who emitted it (34 bytes, and the name), its fields.

    Fields are attributes too: ``event.amount``.
    """

    name: str
    address: bytes
    contract: str
    fields: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        # Called for missing names only, also before ``fields`` is there (when unpickled).
        if name.startswith("_") or name not in self.__dict__.get("fields", {}):
            raise AttributeError(f"the event has no field {name!r}")
        return self.fields[name]


def events_of(
    logs: Iterable[Log],
    module_at: Callable[[bytes], tree.Module | None],
    name_of: Callable[[bytes], str],
) -> tuple[Event, ...]:
    """The events of contracts whose modules are known."""
    found = []
    for log in logs:
        module = module_at(log.address)
        event = None if module is None else read_event(module, log)
        if event is not None:
            fields = {name: value for name, _, value in event.fields}
            found.append(Event(event.name, log.address, name_of(log.address), fields))
    return tuple(found)


@dataclass(frozen=True)
class Result:
    """A call that ended: ``status`` 0 ok, 1 reverted, 2 out of gas, and what it left.

    ``value`` is the function's result, ``gas_used`` the receipt's (for ``view`` the call's own),
    ``line`` the source line of a failure, ``trace`` the calls below it.
    """

    function: str
    status: int
    value: Any
    reason: str
    gas_used: int
    events: tuple[Event, ...] = ()
    line: int | None = None
    trace: Call | None = field(default=None, repr=False)
    txid: bytes = b""
    height: int = 0

    @property
    def ok(self) -> bool:
        """Did it succeed?"""
        return self.status == receipt.OK

    def named(self, event: str) -> list[Event]:
        """The events of that name."""
        return [one for one in self.events if one.name == event]

    def require(self) -> Result:
        """Itself; raises ``Reverted`` unless it succeeded."""
        __tracebackhide__ = True
        if not self.ok:
            raise Reverted(self)
        return self


class Reverted(RequestRefused):
    """A call that failed; nothing of it remains but the gas used."""

    code = "workbench.reverted"
    hint = "The trace of the result shows which call refused, and why."

    def __init__(self, result: Result) -> None:
        self.result = result
        self.reason = result.reason
        self.line = result.line
        explained = reasons.explain(result.status, result.reason)
        where = f" (line {result.line})" if result.line else ""
        super().__init__(
            f"{result.function}{where}: {explained.sentence if explained else result.reason}",
            contractReason=result.reason,
            line=result.line,
            gasUsed=result.gas_used,
        )
        if explained is not None:
            self.__dict__["hint"] = explained.hint
        if result.trace is not None:
            self.add_note(result.trace.text())  # a failing test shows it


@contextmanager
def reverts(reason: str | None = None, *, line: int | None = None) -> Iterator[list[Reverted]]:
    """A block in which a call must fail, with this reason and on this line where they are named.

    The list that it gives holds the failure afterwards. Raises ``AssertionError`` otherwise.
    """
    caught: list[Reverted] = []
    try:
        yield caught
    except Reverted as error:
        caught.append(error)
    if not caught:
        raise AssertionError("the call succeeded, and was to fail")
    found = caught[0]
    if reason is not None and found.reason != reason:
        raise AssertionError(f"it failed with {found.reason!r}, not {reason!r}") from found
    if line is not None and found.line != line:
        raise AssertionError(f"it failed on line {found.line}, not {line}") from found
