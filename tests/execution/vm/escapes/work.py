"""Loops, copies, searches, sorts and comparisons that would do more work than they pay for."""

from __future__ import annotations

from tests.execution.vm.escapes.table import (
    MAX,
    Gives,
    OutOfGas,
    Refused,
    Reverts,
    Step,
    go,
    rows,
)

row = rows("work")
SIZE, INDEX = Reverts("vm.size"), Reverts("vm.index")


def runs(name: str, trick: str, *lines: str, outcome: object, **more: object) -> None:
    """A body without arguments."""
    step = more.pop("step", Step())
    row(name, trick, go(*lines, **more), outcome, step=step)


BIG = {"params": "n: int", "step": Step(arguments=(MAX,))}
runs(
    "slice-copies",
    "copies in a loop",
    'a = b"a" * 65_536',
    "while True:",
    "    b = a[1:]",
    result="",
    outcome=OutOfGas(),
)
runs(
    "range-huge",
    "2^255 turns",
    "for i in range(n):",
    "    pass",
    result="",
    outcome=OutOfGas(),
    **BIG,
)
runs(
    "range-all",
    "over all ints in three steps",
    "t = 0",
    "for i in range(-n - 1, n, n):",
    "    t += 1",
    "return t",
    outcome=Gives(3),
    **BIG,
)
runs(
    "range-step-zero",
    "steps of 0",
    "for i in range(0, 1, 0):",
    "    pass",
    result="",
    outcome=Reverts("vm.value"),
)
runs("range-as-value", "keep a range", "a = range(5)", result="", outcome=Refused("type", "range"))
runs(
    "loop-endless",
    "a loop without an end",
    "while True:",
    "    pass",
    result="",
    outcome=OutOfGas(),
)
runs(
    "loop-empty",
    "loops over nothing",
    "a: list[int] = []",
    "while True:",
    "    for i in a:",
    "        pass",
    result="",
    outcome=OutOfGas(),
)
runs(
    "grow-while-iterated",
    "a list that grows under its loop",
    "a = [1]",
    "for i in a:",
    "    a.append(i)",
    result="",
    outcome=SIZE,
)
runs(
    "shrink-while-iterated",
    "a list that shrinks under its loop",
    "a = [1, 2, 3, 4]",
    "t = 0",
    "for i in a:",
    "    a.pop()",
    "    t += i",
    "return t",
    outcome=Gives(3),
)
runs(
    "clear-while-iterated",
    "a list that is emptied under its loop",
    "a = [1, 2]",
    "for i in a:",
    "    a.clear()",
    "return len(a)",
    outcome=Gives(0),
)
runs(
    "reverse-while-iterated",
    "a list changed under reversed()",
    "a = [1, 2, 3]",
    "b = [0]",
    "for i in reversed(a):",
    "    a.append(9)",
    "    b.append(i)",
    "return b",
    result="list[int]",
    outcome=Gives([0, 3, 2, 1]),
)
runs(
    "dict-while-iterated",
    "a dict that grows under its loop",
    "a = {1: 1}",
    "t = 0",
    "for k in a:",
    "    a[k + 1] = 1",
    "    t += 1",
    "return t",
    outcome=Gives(1),
)
runs(
    "dict-emptied-while-iterated",
    "a dict that is emptied under its loop",
    "a = {1: 1, 2: 2}",
    "t = 0",
    "for k in a:",
    "    a.clear()",
    "    t += k",
    "return t",
    outcome=Gives(3),
)
runs(
    "sort-largest",
    "the largest sort there is, again and again",
    "a = [1] * 65_536",
    "for i in range(65_536):",
    "    a[i] = i * 40_503 % 65_536",
    "while True:",
    "    b = sorted(a)",
    result="",
    outcome=OutOfGas(),
)
runs(
    "sort-long-texts",
    "a sort that compares long texts",
    'a = "a" * 60_000 + "b"',
    'b = "a" * 60_000 + "c"',
    "c = [b, a] * 30_000",
    "c.sort()",
    result="",
    outcome=OutOfGas(),
)
runs(
    "search-long-texts",
    "a search that compares long texts",
    'a = "a" * 65_000 + "b"',
    'b = ["a" * 65_000 + "c"] * 60_000',
    "return b.count(a)",
    outcome=OutOfGas(),
)
runs(
    "max-long-texts",
    "a maximum over long texts",
    'a = ["a" * 65_000] * 30_000',
    'a.extend(["a" * 65_000] * 30_000)',
    "return len(max(a))",
    outcome=OutOfGas(),
)
runs(
    "find-adversarial",
    "a search that almost finds everywhere",
    'a = "a" * 65_536',
    'b = "a" * 49 + "b" + "a" * 49',
    "while True:",
    "    a.find(b)",
    result="",
    outcome=OutOfGas(),
)
runs(
    "find-adversarial-bytes",
    "the same in bytes",
    'a = b"a" * 65_536',
    'b = b"a" * 900 + b"b" + b"a" * 900',
    "while True:",
    "    c = b in a",
    result="",
    outcome=OutOfGas(),
)
runs(
    "count-adversarial-bytes",
    "the same, counted",
    'a = b"a" * 65_536',
    'b = b"a" * 900 + b"b" + b"a" * 900',
    "while True:",
    "    a.count(b)",
    result="",
    outcome=OutOfGas(),
)
runs(
    "count-empty",
    "the empty text in a text",
    'return ("a" * 65_536).count("")',
    outcome=Gives(65_537),
)
DAG = (
    "a = [1] * 1_000",
    "b = [a] * 1_000",
    "c = [b] * 1_000",
    "d = [c] * 1_000",
    "e = [d] * 1_000",
)
runs(
    "shared-equality",
    "10^15 ints in 5,000 references, compared",
    *DAG,
    "return e == [d] * 1_000",
    result="bool",
    outcome=OutOfGas(),
)
runs(
    "shared-equality-itself",
    "the same compared with itself",
    *DAG,
    "return e == e",
    result="bool",
    outcome=OutOfGas(),
)
runs("shared-search", "searched", *DAG, "return d in e", result="bool", outcome=OutOfGas())
runs(
    "shared-encode",
    "encoded",
    *DAG,
    "return len(abi.encode(e))",
    head="from stdlib import abi\n\n\n",
    outcome=OutOfGas(),
)
runs(
    "shared-event",
    "emitted",
    *DAG,
    "E.emit(e)",
    result="",
    head="from stdlib import events\n\nE = events.event(x=list[list[list[list[list[int]]]]])\n\n\n",
    outcome=OutOfGas(),
)
runs(
    "shared-store",
    "stored",
    *DAG,
    "S.set(e)",
    result="",
    head="from stdlib import storage\n\nS = storage.cell(list[list[list[list[list[int]]]]])\n\n\n",
    outcome=OutOfGas(),
)
runs(
    "shared-return",
    "returned",
    *DAG,
    "return e",
    result="list[list[list[list[list[int]]]]]",
    outcome=OutOfGas(),
)
runs(
    "shared-index",
    "looked up in a dict's values",
    *DAG,
    'f = {"a": d}',
    'return f == {"a": d}',
    result="bool",
    outcome=OutOfGas(),
)
runs(
    "list-in-itself",
    "a list that holds itself",
    "a = [1]",
    "a.append(a)",
    result="",
    outcome=Refused("type", "append"),
)
