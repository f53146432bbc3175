"""Source to a module whose types and constants are worked out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

from tests.evaluator.bodies import type_function
from tests.evaluator.expressions import run
from tests.evaluator.frame import Frame
from tests.evaluator.infer import Typer
from tests.evaluator.modules import Module, parse

CONSTANT_GAS = 100_000
_FRAMES = 100_000
"""64 contracts deep, each with calls of its own and each of those with a tree to walk."""
T = TypeVar("T")


def deeply(run: Callable[..., T]) -> Callable[..., T]:
    """``run`` with room for its calls, and only for it.

    C code that recurses counts by the same limit and is on the thread's stack: with this limit
    nested JSON would end the process.
    """

    @wraps(run)
    def with_room(*words: Any, **named: Any) -> T:
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(_FRAMES)
        try:
            return run(*words, **named)
        finally:
            sys.setrecursionlimit(before)

    return with_room


@lru_cache(maxsize=64)
def compile_source(source: bytes) -> Module:
    """The module of an acceptable source."""
    module = parse(source)
    frame = Frame(module, None, CONSTANT_GAS)
    typer = Typer(module)
    for name, node, kind in module.constant_nodes:
        if kind is None:
            kind = typer.expr(node)
        else:
            typer.take(node, kind)
        module.constant_types[name] = kind
        module.constants[name] = run(frame, {}, node)
    for function in module.functions.values():
        for name, node in function.missing_defaults():
            typer.take(node, function.params[name])
            function.defaults[name] = run(frame, {}, node)
    for function in module.functions.values():
        type_function(module, function)
    return module
