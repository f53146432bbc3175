"""The tree of a call's calls: who called what, with which gas, and where it failed.

A ``Recorder`` is told by the engine (``execution.kinds.Tracer``) and changes neither gas nor
results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core import receipt
from core.errors import EncodingRefused
from core.receipt import Log
from execution import reasons
from execution.abi import codec
from execution.abi.calls import Decoded, read_call, read_event, read_init
from execution.abi.text import show, show_address
from execution.lang import tree
from execution.lang.types import NONE


@dataclass
class Call:
    """One call of a contract. Addresses of 34 bytes, gas without the intrinsic part.

    ``line`` is where it failed, ``stack`` the functions on the way there with their lines.
    """

    to: bytes
    caller: bytes
    data: bytes
    value: int
    static: bool
    gas: int
    module: tree.Module | None = None
    contract: str = ""
    deploys: bool = False
    status: int = receipt.OK
    gas_used: int = 0
    ret: bytes = b""
    line: int | None = None
    stack: tuple[tuple[str, int], ...] = ()
    events: list[Log] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """Why it failed; empty for success."""
        return reason_of(self.status, self.ret)

    @property
    def function(self) -> str:
        """The function that was asked for."""
        return "init" if self.deploys else read_call(self.module, self.data).function

    def walk(self) -> Iterator[Call]:
        """Itself and all calls below, in order."""
        yield self
        for call in self.calls:
            yield from call.walk()

    def text(self, names: Callable[[bytes], str] = show_address) -> str:
        """The tree in lines, for people."""
        return "\n".join(_lines(self, names, "", ""))

    def view(self) -> dict[str, Any]:
        """The tree as JSON values."""
        asked = self._asked()
        return {
            "contract": self.contract,
            "to": show_address(self.to),
            "caller": show_address(self.caller),
            "function": asked.function,
            "arguments": dict(asked.arguments),
            "value": str(self.value),
            "static": self.static,
            "gasUsed": self.gas_used,
            "status": self.status,
            "reason": self.reason or None,
            "line": self.line,
            "events": [self._event(log) for log in self.events],
            "calls": [call.view() for call in self.calls],
        }

    def _asked(self) -> Decoded:
        if self.deploys and self.module is not None:
            return read_init(self.module, self.data)
        return read_call(self.module, self.data)

    def _event(self, log: Log) -> str:
        found = read_event(self.module, log) if self.module is not None else None
        return f"0x{log.data.hex()}" if found is None else str(found)

    def _result(self) -> str:
        if self.status != receipt.OK:
            explained = reasons.explain(self.status, self.reason)
            where = f" at line {self.line}" if self.line else ""
            return f" ✗ {explained.sentence if explained else self.reason}{where}"
        asked = self.function
        functions = self.module.functions if self.module is not None else ()
        function = next((f for f in functions if f.name == asked), None)
        if function is None or function.result == NONE or not self.ret:
            return ""
        try:
            return f" -> {show(codec.decode(self.ret, function.result), function.result)}"
        except EncodingRefused:
            return f" -> 0x{self.ret.hex()}"


def reason_of(status: int, ret: bytes) -> str:
    """The reason in a receipt's ``ret``."""
    return ret.decode("utf-8", "replace") if status == receipt.REVERTED else ""


def _lines(call: Call, names: Callable[[bytes], str], head: str, below: str) -> Iterator[str]:
    paid = f" value={call.value}" if call.value else ""
    static = " [static]" if call.static else ""
    name = call.contract or names(call.to)
    yield f"{head}{name}.{call._asked()}{paid}{static}  {call.gas_used:,} gas{call._result()}"
    rows: list[Call | Log] = [*call.calls, *call.events]
    for place, row in enumerate(rows):
        last = place == len(rows) - 1
        branch, deeper = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(row, Log):
            yield f"{below}{branch}emit {call._event(row)}"
        else:
            yield from _lines(row, names, below + branch, below + deeper)


class Recorder:
    """A tracer that keeps the tree; one for each transaction."""

    def __init__(self) -> None:
        self.root: Call | None = None
        self._open: list[tuple[Call, int]] = []

    def enter(self, frame: Any, data: bytes, *, deploy: bool) -> None:
        """A call begins."""
        call = Call(
            to=frame.this,
            caller=frame.sender,
            data=data,
            value=frame.value,
            static=frame.static,
            gas=frame.gas,
            deploys=deploy,
        )
        if self._open:
            self._open[-1][0].calls.append(call)
        else:
            self.root = call
        self._open.append((call, len(frame.running.logs)))

    def failed(self, frame: Any, error: Exception) -> None:
        """It is about to end by an error."""
        call, first = self._open[-1]
        call.events = _own(frame, first)
        call.stack = () if frame.program is None else tuple(frame.program.trace(error))
        call.line = call.stack[-1][1] if call.stack else None

    def leave(self, frame: Any, ended: Any) -> None:
        """It has ended."""
        call, first = self._open.pop()
        call.status, call.ret = ended.status, ended.ret
        call.gas_used = call.gas - ended.gas
        if ended.status == receipt.OK:
            call.events = _own(frame, first)


def _own(frame: Any, first: int) -> list[Log]:
    """Its own events: no contract runs twice at a time, so the address says whose they are."""
    return [log for log in frame.running.logs[first:] if log.address == frame.this]
