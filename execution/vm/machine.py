"""Running a call of a contract: value, gas, arguments, result, and what a failure undoes.

A call by a transaction and one by ``abi.call`` take the same way. Source: docs/spec/contracts.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import receipt
from core.errors import NodeFault
from core.limits import RETURN_BYTES
from execution.kinds import Outcome
from execution.lang.types import NONE
from execution.vm import arguments, forms
from execution.vm.frame import Frame, Running, charge, move
from execution.vm.outcome import Ended, EngineExhausted, OutOfGas, Reverted, reason_bytes
from execution.vm.ports import Compiled, Runnable, Signature

DEPTH_MOST = 64
RUN = 1_000
SOURCE_BYTE = 4
DATA_BYTE, MORE_BYTE = 32, (0, 48, 128)
"""What a byte of calldata costs, and one of an argument on top, by its ``Type.density``."""

# 64 contracts of 32 functions each, with a dozen frames of ours between them, are 2,900 frames of
# Python; they are on the heap. No more than twice that: C code which counts by the same limit, such
# as that of ``json``, is on the thread's stack.
_FRAMES = 6_000
sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES))


@dataclass
class Faults:
    """Failures of the engine itself; ``report`` is called with the contract and the error."""

    count: int = 0
    report: Callable[[bytes, Exception], None] | None = None

    def note(self, address: bytes, error: Exception) -> None:
        """Count one."""
        self.count += 1
        if self.report is not None:
            self.report(address, error)


FAULTS = Faults()


def call(m: Frame, data: bytes) -> Ended:
    """Run the contract ``m.this`` with calldata; a failure has changed nothing.

    Raises what the state's reader raised, NodeFault for a machine that is too small.
    """
    return traced(m, data, lambda: _call(m, data), deploy=False)


def traced(m: Frame, data: bytes, run: Callable[[], Ended], *, deploy: bool) -> Ended:
    """``run()``, with the tracer told before and after."""
    tracer = m.running.setting.tracer
    if tracer is None:
        return run()
    tracer.enter(m, data, deploy=deploy)
    ended = run()
    tracer.leave(m, ended)
    return ended


def _call(m: Frame, data: bytes) -> Ended:
    if m.this in m.running.active:
        return _refused(m, "vm.reentry")
    if m.depth > DEPTH_MOST:
        return _refused(m, "vm.depth")
    code = m.running.account(m.this).code
    if code is None:
        return _refused(m, "vm.no_contract")
    return attempt(m, lambda: _run(m, code, data))


def _refused(m: Frame, reason: str) -> Ended:
    return Ended(receipt.REVERTED, m.gas, reason.encode("ascii"))


def _run(m: Frame, code: bytes, data: bytes) -> bytes:
    move(m, m.sender, m.this, m.value)
    source = m.running.source(code)
    begin(m, source, data)
    m.program = m.running.program(code, source)
    name, items = arguments.split_call(data)
    function = m.program.program.functions.get(name)
    if function is None or not function.public:
        raise Reverted("vm.no_function")
    return invoke(m, m.program, name, items)


def begin(m: Frame, source: bytes, data: bytes) -> None:
    """Charge what running a contract costs before its first statement."""
    charge(m, RUN + DATA_BYTE * len(data))
    if m.this not in m.running.loaded:
        charge(m, SOURCE_BYTE * len(source))
        m.running.loaded.add(m.this)


def invoke(m: Frame, program: Runnable, name: str, items: list[bytes]) -> bytes:
    """Run a function on encoded arguments; returns the ABI form of its result."""
    function = program.program.functions[name]
    if m.value and not function.payable:
        raise Reverted("vm.not_payable")
    values = _arguments(m, program.program, name, items)
    m.static = m.static or function.view
    return _result(m, function, program.call(m, name, values))


def _arguments(m: Frame, program: Compiled, name: str, items: list[bytes]) -> tuple[Any, ...]:
    """The decoded arguments; those that may be made of many values cost more."""
    parameters = program.functions[name].parameters
    pairs = zip(parameters, items, strict=False)
    more = sum([MORE_BYTE[parameter.type.density] * len(item) for parameter, item in pairs])
    if more and len(items) <= len(parameters):
        charge(m, more)
    return arguments.values_of(program, name, items)


def _result(m: Frame, function: Signature, value: object) -> bytes:
    forms.charge_weight(m, (value,), (function.result,))
    if function.result == NONE:
        return b""
    encoded = forms.encode(value, function.result)
    if len(encoded) > RETURN_BYTES:
        raise Reverted("vm.size")
    return encoded


def attempt(m: Frame, work: Callable[[], bytes]) -> Ended:
    """Do ``work`` on a frame; its failure puts back state, events and refunds."""
    running = m.running
    mark, events, refund = running.view.checkpoint(), len(running.logs), running.refund
    running.active.add(m.this)
    try:
        ret = work()
    except Exception as error:
        ended = _failed(m, error)
        running.view.rollback(mark)
        del running.logs[events:]
        running.refund = refund
        return ended
    finally:
        running.active.discard(m.this)
    return Ended(receipt.OK, m.gas, ret)


def outcome(gas: int, running: Running, ended: Ended) -> Outcome:
    """What a transaction's run, begun with ``gas``, comes to."""
    if ended.status != receipt.OK:
        return Outcome(ended.status, gas - ended.gas, ret=ended.ret)
    logs = tuple(running.logs)
    return Outcome(receipt.OK, gas - ended.gas, logs, ended.ret, running.refund)


def _failed(m: Frame, error: Exception) -> Ended:
    """How the call ends by an error; raised again when it is not the contract's."""
    if m.running.outside is not None or isinstance(error, NodeFault):
        raise error
    if isinstance(error, MemoryError | RecursionError):
        raise EngineExhausted(f"a contract's run ended by {type(error).__name__}") from error
    kept = None if m.running.setting.tracer is None else error
    if isinstance(error, OutOfGas):
        return Ended(receipt.OUT_OF_GAS, 0, b"", kept)
    reason = error.reason if isinstance(error, Reverted) else _PYTHON.get(type(error))
    if reason is None:
        FAULTS.note(m.this, error)
        return Ended(receipt.REVERTED, 0, b"vm.fault", kept)
    return Ended(receipt.REVERTED, m.gas, reason_bytes(reason), kept)


_PYTHON: dict[type[Exception], str] = {
    IndexError: "vm.index",
    KeyError: "vm.key",
    ZeroDivisionError: "vm.zero_division",
}
"""What generated code leaves to Python: its subscripts and divisions."""
