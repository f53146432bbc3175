"""A compiled module: metered Python code and the data it needs. Source: docs/spec/contracts.md.

CPython compiles text that ``emit`` wrote, never text of a contract.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from execution.lang import tree
from execution.lang.types import Type
from execution.vm import constants, emit, packing
from execution.vm.names import Types, host_name
from execution.vm.space import namespace

ENGINE = 2
"""Raised with every change of what is generated or stored; what older engines stored is a miss."""
FILE = "<contract>"
_TAG = (
    f"animica program {ENGINE} {sys.implementation.cache_tag} {sys.hexversion:x}".encode() + b"\n"
)

HostFunctions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Signature:
    """A function from outside. ``line`` is its line in the source."""

    name: str
    parameters: tuple[tree.Parameter, ...]
    result: Type
    view: bool
    payable: bool
    line: int

    @property
    def public(self) -> bool:
        """May it be called from outside?"""
        return not self.name.startswith("_") and self.name != "init"


@dataclass(frozen=True)
class Program:
    """One module, ready to run once it is bound to host functions.

    ``constants`` are in the engine's form; a parameter's default is ``function.parameter``.
    ``lines`` has the source line of each generated line.
    """

    code: CodeType
    lines: tuple[int, ...]
    types: tuple[Types, ...]
    needs: tuple[str, ...]
    constants: dict[str, Any]
    stored: tuple[tree.Stored, ...]
    events: tuple[tree.Event, ...]
    functions: dict[str, Signature]

    def bound(self, host: HostFunctions) -> Bound:
        """The program with the host functions it calls. KeyError if one of them is missing."""
        space = namespace(self.types)
        space.update({host_name(name): host[name] for name in self.needs})
        space.update({f"c_{i}": value for i, value in enumerate(self.constants.values())})
        space.update({f"s_{i}": stored for i, stored in enumerate(self.stored)})
        space.update({f"e_{i}": event for i, event in enumerate(self.events)})
        exec(self.code, space)  # noqa: S102
        return Bound(self, space)

    def to_bytes(self) -> bytes:
        """For a cache on this machine; never for anyone else."""
        return _TAG + marshal.dumps(
            (
                self.code,
                self.lines,
                packing.types_out(self.types),
                self.needs,
                self.constants,
                [packing.plain(stored) for stored in self.stored],
                [packing.plain(event) for event in self.events],
                [packing.plain(signature) for signature in self.functions.values()],
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Program | None:
        """What ``to_bytes`` gave, or None if another engine or another Python made it.

        Bytes that were cut off are None too; against other damage the keeper has a checksum.
        """
        if not data.startswith(_TAG):
            return None
        try:
            parts = marshal.loads(data[len(_TAG) :])  # noqa: S302
        except (EOFError, ValueError, TypeError):
            return None
        code, lines, types, needs, values, stored, events, functions = parts
        signatures = [packing.signature_in(Signature, *parts) for parts in functions]
        return cls(
            code,
            lines,
            packing.types_in(types),
            needs,
            values,
            tuple(packing.stored_in(*parts) for parts in stored),
            tuple(packing.event_in(*parts) for parts in events),
            {signature.name: signature for signature in signatures},
        )


@dataclass(frozen=True)
class Bound:
    """A program that can be called."""

    program: Program
    space: dict[str, Any]

    def call(self, m: Any, name: str, args: tuple[Any, ...] = ()) -> Any:
        """Run a function with all its arguments, in the engine's form.

        ``m`` holds ``gas`` and what the host functions need. Raises Reverted, OutOfGas, or
        IndexError, KeyError, ZeroDivisionError, which mean ``vm.index``, ``vm.key`` and
        ``vm.zero_division``.
        """
        return self.space["f_" + name](m, *args)

    def trace(self, error: BaseException) -> list[tuple[str, int]]:
        """Function and source line of each call of this program on the way to an error."""
        steps = []
        at = error.__traceback__
        while at is not None:
            code = at.tb_frame.f_code
            if at.tb_frame.f_globals is self.space and code.co_filename == FILE:
                steps.append((code.co_name[2:], self.program.lines[at.tb_lineno - 1]))
            at = at.tb_next
        return steps


def compile_module(module: tree.Module) -> Program:
    """Compile a checked module. Raises SourceRefused if a constant has no value."""
    values = constants.evaluate(module)
    made = emit.functions(module)
    code = compile(made.text, FILE, "exec", dont_inherit=True)
    names = [name for name, _, _ in module.constants]
    return Program(
        code=code,
        lines=made.lines,
        types=made.types,
        needs=made.hosts,
        constants=dict(zip(names, values, strict=True)),
        stored=module.stored,
        events=module.events,
        functions={f.name: _signature(f) for f in module.functions},
    )


def _signature(f: tree.Function) -> Signature:
    return Signature(f.name, f.parameters, f.result, f.view, f.payable, f.line)
