"""The table of methods: plain typed functions, registered by name, called with JSON parameters.

    @method("state.getBalance", errors=[…])
    def get_balance(address: Address) -> AmountText: …

Parameters are read by the ``Kind`` in their annotation (``rpc.params``); their JSON names are the
Python names in camelCase. Every method also answers under ``module_method``. ``@many`` adds a way
to serve neighbours of a batch together; each is answered as if it had come alone.
"""

from __future__ import annotations

import difflib
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar, Union

from core.errors import AnimicaError, EncodingRefused
from rpc.caller import Caller
from rpc.errors import MethodUnknown, ParamsInvalid
from rpc.params import Kind, Misfit

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Param:
    """One parameter: JSON name, Python name, how it is read, and its default if optional."""

    name: str
    variable: str
    kind: Kind
    required: bool
    default: object
    description: str


@dataclass(frozen=True)
class Method:
    """A callable method with everything that its description needs."""

    name: str
    function: Callable[..., Any]
    params: tuple[Param, ...]
    result: Any
    errors: tuple[type[AnimicaError], ...]
    summary: str
    description: str
    wants_caller: bool
    many: Callable[[list[dict[str, Any]], Caller], list[Any]] | None = None
    """Serves neighbours of a batch together: their parameters in, results or errors out."""

    def call(self, params: object, caller: Caller) -> Any:
        """Read ``params`` (None, an array or an object) and run the method."""
        values = self.bind(params) if self.params or params else {}
        if self.wants_caller:
            values["caller"] = caller
        return self.function(**values)

    def bind(self, params: object) -> dict[str, Any]:
        """The values of the parameters by Python name; raises ``ParamsInvalid``."""
        given = self._named(params)
        values: dict[str, Any] = {}
        for param in self.params:
            value = given.get(param.name)
            if value is not None:
                values[param.variable] = _read(param, value)
            elif param.required:
                raise ParamsInvalid(f"{param.name} is missing", field=param.name)
            else:
                values[param.variable] = param.default
        return values

    def _named(self, params: object) -> dict[str, Any]:
        """Parameters by name; a position or a name too many is refused."""
        if isinstance(params, list):
            if len(params) > len(self.params):
                raise ParamsInvalid(
                    f"{self.name} takes at most {len(self.params)} parameters",
                    field=str(len(self.params)),
                    most=len(self.params),
                )
            return {param.name: value for param, value in zip(self.params, params, strict=False)}
        if not isinstance(params, dict):
            return {}
        names = [param.name for param in self.params]
        for name in params:
            if name not in names:
                raise ParamsInvalid(
                    f"{self.name} has no parameter {name[:100]!r}",
                    field=name[:100],
                    allowed=names,
                )
        return params


class Registry:
    """Methods by name and by alias."""

    def __init__(self) -> None:
        self._methods: dict[str, Method] = {}
        self._answering: dict[str, Method] = {}

    def method(self, name: str, *, errors: Sequence[type[AnimicaError]] = ()) -> Callable[[F], F]:
        """Register the decorated function as ``name``; ``errors`` are what it may refuse with."""

        def register(function: F) -> F:
            alias = name.replace(".", "_")
            if alias in self._answering:
                raise TypeError(f"two methods are called {name}")
            method = _describe(name, function, tuple(errors))
            self._methods[name] = method
            self._answering[name] = self._answering[alias] = method
            return function

        return register

    def many(self, name: str) -> Callable[[F], F]:
        """Register the decorated function as the way to serve many calls of ``name`` at once."""

        def register(function: F) -> F:
            method = replace(self._methods[name], many=function)
            self._methods[name] = method
            self._answering[name] = self._answering[name.replace(".", "_")] = method
            return function

        return register

    def find(self, name: str) -> Method:
        """The method of that name or alias; raises ``MethodUnknown`` with a suggestion."""
        method = self._answering.get(name)
        if method is not None:
            return method
        shown = name[:100]
        near = difflib.get_close_matches(shown, self._methods, n=1)
        if near:
            raise MethodUnknown(
                f"there is no method {shown!r}; did you mean {near[0]}?", suggestion=near[0]
            )
        raise MethodUnknown(f"there is no method {shown!r}")

    def all(self) -> Iterable[Method]:
        """Every method, by name."""
        return [self._methods[name] for name in sorted(self._methods)]


def _read(param: Param, value: object) -> Any:
    try:
        return param.kind.read(value)
    except Misfit as misfit:
        raise ParamsInvalid(f"{param.name} {misfit}", field=param.name) from None
    except EncodingRefused as refusal:
        raise ParamsInvalid(
            f"{param.name}: {refusal.message}", field=param.name, cause=refusal.code
        ) from None


def _describe(
    name: str, function: Callable[..., Any], errors: tuple[type[AnimicaError], ...]
) -> Method:
    hints = typing.get_type_hints(function, include_extras=True)
    params = []
    wants_caller = False
    for variable, parameter in inspect.signature(function).parameters.items():
        if variable == "caller":
            wants_caller = True
            continue
        kind, description = _annotation(hints[variable], f"{name}({variable})")
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        params.append(Param(json_name(variable), variable, kind, required, default, description))
    summary, _, description = (inspect.getdoc(function) or "").partition("\n\n")
    return Method(
        name=name,
        function=function,
        params=tuple(params),
        result=hints["return"],
        errors=errors,
        summary=" ".join(summary.split()),
        description=description,
        wants_caller=wants_caller,
    )


def _annotation(hint: Any, where: str) -> tuple[Kind, str]:
    """The ``Kind`` and the description in an annotation, which may be optional."""
    notes = list(_notes(hint))
    kind = next((note for note in notes if isinstance(note, Kind)), None)
    if kind is None:
        raise TypeError(f"{where} needs an annotation that says how it is read")
    return kind, next((note for note in notes if isinstance(note, str)), "")


def _notes(hint: Any) -> Iterator[object]:
    """What annotates a hint or, in an optional hint, its parts."""
    yield from getattr(hint, "__metadata__", ())
    bare = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
    if typing.get_origin(bare) in (Union, types.UnionType):
        for part in typing.get_args(bare):
            yield from _notes(part)


def json_name(name: str) -> str:
    """``full_txs`` → ``fullTxs``; a trailing underscore, as in ``from_``, is dropped."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


registry = Registry()
"""The node's methods; ``rpc.methods`` fills it when imported."""

method = registry.method
many = registry.many
