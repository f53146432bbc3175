"""Contracts that rows of ``calls`` and ``money`` share, and how their rows are written."""

from __future__ import annotations

from collections.abc import Callable

from tests.execution.vm.escapes.table import (
    Gives,
    Of,
    Step,
    go,
    rows,
)

CALL = "from stdlib import abi, context, events, storage, treasury\n\n"
TO = {"params": "to: address"}
ANSWER = "tuple[bool, bytes]"
OTHER = Step(arguments=(Of("other"),))

WRITER = CALL + (
    "N = storage.cell(int)\nE = events.event(n=int)\n\n\n"
    "def write():\n    N.set(N.get() + 1)\n\n\n"
    "def read() -> int:\n    return N.get()\n\n\n"
    "def emit():\n    E.emit(1)\n\n\n"
    "@payable\ndef take() -> int:\n    return context.value\n\n\n"
    'def fail():\n    N.set(7)\n    E.emit(7)\n    abi.revert("no")\n\n\n'
    "def burn():\n    while True:\n        pass\n\n\n"
    "def pay(to: address, amount: int):\n    treasury.transfer(to, amount)\n\n\n"
    "def _secret() -> int:\n    return 1\n"
)


def enter(group: str) -> Callable[..., None]:
    """The function that enters rows of ``go(to)``, where ``to`` is another contract."""
    row = rows(group)

    def calls(
        name: str, trick: str, *lines: str, outcome: object, other: str = WRITER, **more: object
    ) -> None:
        """``go(to)``, where ``to`` is another contract."""
        result, mark = str(more.pop("result", ANSWER)), str(more.pop("mark", ""))
        before = str(more.pop("head", ""))
        source = go(*lines, result=result, head=CALL + before + "\n\n", mark=mark, **TO)
        row(name, trick, source, outcome, steps=(OTHER,), others={"other": other}, **more)

    return calls


def fails(reason: str) -> Gives:
    """A call that fails inside and is survived."""
    return Gives(
        (False, reason.encode()), f"the inner call fails with `{reason}`" if reason else ""
    )


ALONE = {"head": CALL + "\n\n"}
