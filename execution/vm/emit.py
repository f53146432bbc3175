"""A checked module to Python text. Source: docs/spec/contracts.md.

The text knows one attribute, ``m.gas``, and only names with a prefix of ours: ``v_`` variables,
``f_`` functions, ``z_`` constants being computed, ``c_`` constants, ``s_`` stored values, ``e_``
events, ``y_`` types, ``h_`` helpers, ``x_`` host functions, ``k_`` bounds, ``t`` temporaries.
Literals come from ``ascii()``; nothing else of the source gets in.
"""

from __future__ import annotations

from dataclasses import dataclass

from execution.lang import tree
from execution.vm import emit_calls, emit_expr, emit_stmt
from execution.vm.lines import Lines
from execution.vm.names import Names, Types

EMITTERS = {**emit_expr.EMITTERS, **emit_calls.EMITTERS}


@dataclass(frozen=True)
class Emitted:
    """Generated text, the source line of each of its lines, and what it refers to."""

    text: str
    lines: tuple[int, ...]
    types: tuple[Types, ...]
    hosts: tuple[str, ...]


def functions(module: tree.Module) -> Emitted:
    """All functions of the module."""
    names, out = Names(module, EMITTERS), Lines()
    for function in module.functions:
        emit_stmt.function(function, names, out)
    return _emitted(names, out)


def constants(module: tree.Module) -> Emitted:
    """A function ``z_0(m)``, ``z_1(m)``, … for each constant, which needs those before it."""
    names, out = Names(module, EMITTERS), Lines()
    for i, (_, _, value) in enumerate(module.constants):
        emit_stmt.expression(f"z_{i}", value, names, out)
    return _emitted(names, out)


def _emitted(names: Names, out: Lines) -> Emitted:
    return Emitted(out.text(), tuple(out.sources), tuple(names.types), tuple(names.hosts))
