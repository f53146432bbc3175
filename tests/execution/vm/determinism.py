"""Everything that a block's receipts and roots take from the contract engine, as one line a case.

``python -m tests.execution.vm.determinism [--cold]`` prints a name and a hash for each row of the
escapes and each program of the evaluator's corpus. The lines depend on nothing but the source:
``make test-pythons`` compares them between Python interpreters, with another seed of hashes each
time, and with programs compiled anew before each step (``--cold``) or kept. It needs no Django.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from core import cbor, statetree
from core.hashing import sha3
from execution.lang import parse_and_check
from execution.lang.errors import SourceRefused
from execution.vm.codes import CODES
from execution.vm.program import compile_module
from tests.evaluator import engine, files
from tests.execution.vm.escapes import ESCAPES, Escape
from tests.execution.vm.escapes.table import Refused
from tests.execution.vm.escapes.world import Ran, play


def lines(*, cold: bool) -> Iterator[str]:
    """Name and hash of each case."""
    for row in ESCAPES:
        yield f"{row.group}/{row.name} {_row(row, cold=cold)}"
    for form in files.stored():
        if cold:
            CODES.clear()
        effects = engine.run(files.read_case(form))
        yield f"corpus/{form['name']} {sha3(repr(effects).encode()).hex()}"


def _row(row: Escape, *, cold: bool) -> str:
    if isinstance(row.outcome, Refused):
        source = row.source if isinstance(row.source, bytes) else row.source.encode()
        try:
            compile_module(parse_and_check(source))
        except SourceRefused as refusal:
            return _hash([refusal.kind, refusal.line, refusal.column, refusal.reason])
        return "accepted"
    ran = play(row, cold=cold)
    return "not run" if ran is None else _hash(_told(ran))


def _told(ran: Ran) -> list[Any]:
    """Status, gas, refund, result, events, and the root of a state of what was written."""
    found = ran.outcome
    logs = [[log.address, list(log.topics), log.data] for log in found.logs]
    written = [
        (sha3(module.encode() + b"\0" + id), sha3(value))
        for (module, id), value in ran.changes.items()
        if value is not None
    ]
    root = statetree.build(written).root
    return [found.status, found.gas, found.refund, found.ret, logs, root, len(ran.changes)]


def _hash(value: list[Any]) -> str:
    return sha3(cbor.encode(value)).hex()


if __name__ == "__main__":
    for line in lines(cold="--cold" in sys.argv):
        print(line)
