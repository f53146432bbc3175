"""The constants of a module, computed once, when its source is checked.

Source: docs/spec/contracts.md, "The module".
"""

from __future__ import annotations

from typing import Any

from execution.lang import tree
from execution.lang.errors import SourceRefused
from execution.vm import emit
from execution.vm.outcome import OutOfGas, Reverted
from execution.vm.space import namespace

CONSTANTS_GAS = 100_000
"""For all constants of a module together."""

_REASONS: dict[type[Exception], str] = {
    IndexError: "vm.index",
    KeyError: "vm.key",
    ZeroDivisionError: "vm.zero_division",
}


class _Budget:
    """The gas that is left for the constants."""

    __slots__ = ("gas",)

    def __init__(self) -> None:
        self.gas = CONSTANTS_GAS


def evaluate(module: tree.Module) -> tuple[Any, ...]:
    """The value of each constant. Raises SourceRefused of the kind ``constant``."""
    if not module.constants:
        return ()
    made = emit.constants(module)
    space = namespace(made.types)
    exec(compile(made.text, "<constants>", "exec", dont_inherit=True), space)  # noqa: S102
    budget = _Budget()
    values = []
    for i, (name, _, value) in enumerate(module.constants):
        try:
            space[f"c_{i}"] = space[f"z_{i}"](budget)
        except OutOfGas:
            raise _refused(value.line, name, f"needs more than {CONSTANTS_GAS} gas") from None
        except Reverted as failure:
            raise _refused(value.line, name, f"fails with {failure.reason}") from None
        except (IndexError, KeyError, ZeroDivisionError) as error:
            raise _refused(value.line, name, f"fails with {_REASONS[type(error)]}") from None
        values.append(space[f"c_{i}"])
    return tuple(values)


def _refused(line: int, name: str, why: str) -> SourceRefused:
    function, dot, parameter = name.partition(".")
    what = f"the default of `{parameter}` in `{function}`" if dot else f"the value of {name}"
    return SourceRefused("constant", line, 1, f"{what} {why}", "an expression that has a value")
