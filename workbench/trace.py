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


@dataclass(frozen=True)
class Payment:
    """``treasury.transfer``: to an address of 34 bytes, nANM."""

    to: bytes
    amount: int


@dataclass
class Call:
    """One call of a contract. Addresses of 34 bytes, gas without the intrinsic part.

    ``line`` is where it failed, ``code`` the text there, ``stack`` the functions on the way there
    with their lines.
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
    code: str = ""
    stack: tuple[tuple[str, int], ...] = ()
    steps: list[Call | Log | Payment] = field(default_factory=list)

    @property
    def calls(self) -> list[Call]:
        """The calls that it made itself."""
        return [step for step in self.steps if isinstance(step, Call)]

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
            "code": self.code or None,
            "steps": [self._step(step) for step in self.steps],
        }

    def _step(self, step: Call | Log | Payment) -> dict[str, Any]:
        if isinstance(step, Call):
            return {"call": step.view()}
        if isinstance(step, Payment):
            return {"payment": {"to": show_address(step.to), "amount": str(step.amount)}}
        return {"event": self.event_text(step)}

    def _asked(self) -> Decoded:
        if self.deploys and self.module is not None:
            return read_init(self.module, self.data)
        return read_call(self.module, self.data)

    def event_text(self, log: Log) -> str:
        """An event of its own, for people."""
        found = read_event(self.module, log) if self.module is not None else None
        return f"0x{log.data.hex()}" if found is None else str(found)

    def _result(self) -> str:
        if self.status != receipt.OK:
            explained = reasons.explain(self.status, self.reason)
            where = f" at line {self.line}: {self.code}" if self.line else ""
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
    for place, step in enumerate(call.steps):
        last = place == len(call.steps) - 1
        branch, deeper = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(step, Log):
            yield f"{below}{branch}emit {call.event_text(step)}"
        elif isinstance(step, Payment):
            yield f"{below}{branch}pay {names(step.to)} {step.amount}"
        else:
            yield from _lines(step, names, below + branch, below + deeper)


class Recorder:
    """A tracer that keeps the tree; one for each transaction."""

    def __init__(self) -> None:
        self.root: Call | None = None
        self._open: list[Call] = []

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
            self._open[-1].steps.append(call)
        else:
            self.root = call
        self._open.append(call)

    def event(self, frame: Any, log: Log) -> None:
        """The running contract emits."""
        self._open[-1].steps.append(log)

    def transfer(self, frame: Any, to: bytes, amount: int) -> None:
        """The running contract pays."""
        self._open[-1].steps.append(Payment(to, amount))

    def leave(self, frame: Any, ended: Any) -> None:
        """The running call has ended."""
        call = self._open.pop()
        call.status, call.ret = ended.status, ended.ret
        call.gas_used = call.gas - ended.gas
        if ended.error is not None and frame.program is not None:
            call.stack = tuple(frame.program.trace(ended.error))
            call.line = call.stack[-1][1] if call.stack else None
