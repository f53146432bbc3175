"""Calldata to contracts: the argument comes back as it came in, or the call fails by name.

The first byte chooses a function, the rest is its argument as it is, or with 255 all of the
calldata.
"""

from __future__ import annotations

from random import Random

from core.receipt import OK
from execution.kinds import Outcome
from execution.vm.codes import CODES
from execution.vm.machine import FAULTS
from tests.execution.vm.escapes.table import Step
from tests.execution.vm.escapes.world import World, form
from tests.fuzz import mutate as mutations

MAX_BYTES = 8_192
_GAS = 4_000_000
_TYPES = (
    *("int", "bool", "bytes", "str", "address", "int | None", "bytes | None"),
    *("list[int]", "list[bool]", "list[list[int | None]]", "list[str | None] | None"),
    *(
        "dict[int, int]",
        "dict[str, list[int]]",
        "dict[bytes, dict[int, bool]]",
        "dict[address, int]",
    ),
    *("tuple[int, bool]", "tuple[bytes, str, address, int | None]"),
    *("list[tuple[int, dict[str, bool]]]", "list[list[list[list[list[bool]]]]]"),
)
_WHOLE = 255
_PREFIX = "vm."


def _source() -> str:
    echoes = [
        f"def f{n}(x: {kind}) -> {kind}:\n    return abi.decode(abi.encode(x), {kind})\n"
        for n, kind in enumerate(_TYPES)
    ]
    stored = [f"S{n} = storage.cell({kind})\n" for n, kind in enumerate(_TYPES)]
    through = [
        f"def g{n}(x: {kind}) -> bool:\n    S{n}.set(x)\n    return S{n}.get() == x\n"
        for n, kind in enumerate(_TYPES)
    ]
    head = "from stdlib import abi, storage\n\n" + "".join(stored)
    return "\n\n".join([head, *echoes, *through])


def one_input(data: bytes) -> None:
    if not data:
        return
    number, rest = data[0], data[1:]
    raw = rest
    if number != _WHOLE:
        name = f"{'fg'[number & 1]}{(number >> 1) % len(_TYPES)}"
        raw = b"\x82" + form(name) + rest
    faults = FAULTS.count
    found = _run(raw)
    if sum(data) % 64 == 0:  # compiling takes a hundred times as long as running
        assert found == _run(raw, cold=True), "a compiled program gives another result"
    assert FAULTS.count == faults, "the engine failed"
    assert 0 <= found.gas <= _GAS
    if number != _WHOLE and found.status == OK:
        assert found.ret == (b"\xf5" if number & 1 else rest), "an argument has two forms"
    elif found.status:
        assert not found.logs and not found.refund
        assert found.ret.startswith(_PREFIX.encode()) == (found.status == 1)


_WORLD: list[World] = []


def _run(raw: bytes, *, cold: bool = False) -> Outcome:
    if not _WORLD:
        _WORLD.append(World())
        _WORLD[0].deploy("main", _source())
    if cold:
        CODES.clear()
    view = _WORLD[0].view
    mark = view.checkpoint()
    outcome = _WORLD[0].call(Step(raw=raw, gas=_GAS))
    view.rollback(mark)
    return outcome


def mutate(data: bytes, rng: Random) -> bytes:
    """The argument changed as a value, or another function asked."""
    if not data or rng.random() < 0.1:
        return bytes([rng.randrange(256)]) + data[1:]
    return data[:1] + mutations.cbor(data[1:], rng)


_ADDRESS = bytes.fromhex("0000") + bytes(range(32))
_VALUES = (
    *(-5, True, b"abc", "aä\U0001f600", _ADDRESS, None, b""),
    *([1, 2, -3], [True, False], [[1, None], []], [None, "a"]),
    *({1: 2, -1: 3}, {"a": [1], "b": []}, {b"": {1: True}}, {_ADDRESS: 1}),
    *((1, True), (b"a", "b", _ADDRESS, None)),
    *([(1, {"a": True})], [[[[[True]], []]]]),
)


def seeds() -> dict[str, bytes]:
    out = {}
    for n, value in enumerate(_VALUES):
        out[f"echo-{n}"] = bytes([2 * n]) + form(value)
        out[f"stored-{n}"] = bytes([2 * n + 1]) + form(value)
    out["whole"] = bytes([_WHOLE]) + form(["f0", 7])
    out["whole-two"] = bytes([_WHOLE]) + form(["f0", 7, 8])
    return out
