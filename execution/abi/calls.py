"""Calls of a contract by its checked module: which function, which arguments, which bytes.

For clients: the engine reads calldata by itself. Source: docs/spec/contracts.md, "ABI".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import EncodingRefused, RequestRefused
from core.hashing import sha3
from core.receipt import Log
from execution.abi import codec
from execution.abi.text import ArgumentRefused, Resolve, parse, show
from execution.lang import tree
from execution.lang.types import NONE, STR, Type

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
NO_INIT = tree.Function(
    0, "init", (), NONE, (), view=False, payable=False, documentation="", locals=()
)
"""What a contract without ``init`` is deployed by."""


class FunctionUnknown(RequestRefused):
    """The contract has no public function of that name."""

    code = "contract.function"
    hint = "Use one of `known`; `animica contract show` lists them with their arguments."


def public_function(module: tree.Module, name: str) -> tree.Function:
    """The public function of that name. Raises ``FunctionUnknown``."""
    public = {function.name: function for function in module.functions if function.public}
    found = public.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, public, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    raise FunctionUnknown(f"there is no public function {name!r}{meant}", known=sorted(public))


def init_of(module: tree.Module) -> tree.Function:
    """``init``, or an empty one."""
    return next((f for f in module.functions if f.name == "init"), NO_INIT)


def signature(function: tree.Function) -> str:
    """``transfer(to: address, amount: int) -> bool``; ``=`` marks what may be left out."""
    parts = [f"{p.name}: {p.type}{' = …' if p.default else ''}" for p in function.parameters]
    result = "" if function.result == NONE else f" -> {function.result}"
    return f"{function.name}({', '.join(parts)}){result}"


def parse_arguments(
    function: tree.Function, texts: Sequence[str], resolve: Resolve | None = None
) -> list[Any]:
    """Values of arguments written as text, trailing defaults left out.

    Raises ``ArgumentRefused``.
    """
    require_count(function, len(texts))
    given = zip(texts, function.parameters, strict=False)
    return [parse(text, p.type, p.name, resolve) for text, p in given]


def require_count(function: tree.Function, count: int) -> None:
    """Raise ``ArgumentRefused`` unless so many arguments can be given."""
    parameters = function.parameters
    least = sum(not p.default for p in parameters)
    if count < least:
        missing = parameters[count]
        raise ArgumentRefused(
            f"{missing.name} ({missing.type}) is missing: {signature(function)}",
            field=missing.name,
            type=str(missing.type),
        )
    if count > len(parameters):
        raise ArgumentRefused(
            f"{count} arguments are too many for {signature(function)}", field=function.name
        )


def calldata(function: tree.Function, values: Sequence[Any]) -> bytes:
    """The array ``[function, argument, …]``; values in native form."""
    types = [p.type for p in function.parameters[: len(values)]]
    return codec.encode_all([function.name, *values], [STR, *types])


def init_data(function: tree.Function, values: Sequence[Any]) -> bytes:
    """The array of ``init``'s arguments."""
    return codec.encode_all(list(values), [p.type for p in function.parameters[: len(values)]])


@dataclass(frozen=True)
class Decoded:
    """A call read back: the function's name and its arguments by name, as text."""

    function: str
    arguments: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(f'{name}={text}' for name, text in self.arguments)})"


def read_call(module: tree.Module | None, data: bytes) -> Decoded:
    """What calldata asks for, as far as it can be read: it may be anybody's bytes."""
    name = _asked_function(data)
    if name is None:
        return Decoded("?", (("data", "0x" + data.hex()),))
    functions = module.functions if module is not None else ()
    function = next((f for f in functions if f.public and f.name == name), None)
    if function is None:
        return Decoded(name, (("data", "0x" + data.hex()),))
    return Decoded(name, _arguments(function, [STR], data))


def read_init(module: tree.Module, data: bytes) -> Decoded:
    """The arguments of a deployment."""
    return Decoded("init", _arguments(init_of(module), [], data))


def _asked_function(data: bytes) -> str | None:
    try:
        items = codec.parse(data)
    except EncodingRefused:
        return None
    name = items[0] if type(items) is list and items else None
    # Anything else is no function of any contract, and may be what a terminal obeys.
    return name if type(name) is str and _NAME.fullmatch(name) else None


def decode_all(data: bytes, types: Sequence[Type]) -> list[Any]:
    """The values of an ABI array, one of each type. Raises ``AbiMalformed``."""
    items = codec.parse(data)
    if type(items) is not list or len(items) != len(types):
        raise codec.AbiMalformed(f"not an array of {len(types)} values")
    return [codec.from_plain(item, of) for item, of in zip(items, types, strict=True)]


def _arguments(
    function: tree.Function, head: list[Type], data: bytes
) -> tuple[tuple[str, str], ...]:
    parameters = function.parameters
    for count in range(len(parameters), -1, -1):
        types = [*head, *(p.type for p in parameters[:count])]
        try:
            values = decode_all(data, types)
        except EncodingRefused:
            continue
        given = zip(parameters, values[len(head) :], strict=False)
        return tuple((p.name, show(value, p.type)) for p, value in given)
    return (("data", "0x" + data.hex()),)


@dataclass(frozen=True)
class DecodedEvent:
    """An event read back: its name, and the values of its fields with their types."""

    name: str
    fields: tuple[tuple[str, Type, Any], ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{n}={show(v, t)}' for n, t, v in self.fields)})"


def read_event(module: tree.Module, log: Log) -> DecodedEvent | None:
    """The module's event that a log is, or None."""
    for event in module.events:
        if log.topics and log.topics[0] == sha3(event.name.encode("ascii")):
            try:
                values = decode_all(log.data, [of for _, of in event.fields])
            except EncodingRefused:
                continue
            rows = zip(event.fields, values, strict=True)
            return DecodedEvent(event.name, tuple((n, of, value) for (n, of), value in rows))
    return None
