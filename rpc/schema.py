"""The OpenRPC description of a registry, made from the code itself. Source: OpenRPC 1.3."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, is_typeddict

from core.errors import AnimicaError
from rpc import software
from rpc.errors import ParamsInvalid, number_of
from rpc.registry import Method, Param
from rpc.results.forms import Shape

OPENRPC = "1.3.2"
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def document(methods: Iterable[Method]) -> dict[str, Any]:
    """The OpenRPC document of these methods; its version is the software's."""
    components: dict[str, Any] = {}
    described = [_method(method, components) for method in methods]
    return {
        "openrpc": OPENRPC,
        "info": {
            "title": "Animica node",
            "version": software.version(),
            "description": "JSON-RPC 2.0 at POST /rpc and over WebSocket at /ws.",
            "license": {"name": "Apache-2.0"},
        },
        "methods": described,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _method(method: Method, components: dict[str, Any]) -> dict[str, Any]:
    errors = {*method.errors, *([ParamsInvalid] if method.params else [])}
    described: dict[str, Any] = {
        "name": method.name,
        "summary": method.summary,
        "paramStructure": "either",
        "params": [_param(param) for param in method.params],
        "result": {"name": "result", "schema": schema_of(method.result, components)},
        "errors": [_error(error) for error in sorted(errors, key=_error_name)],
        "x-alias": method.name.replace(".", "_"),
    }
    if method.description:
        described["description"] = method.description
    return described


def _param(param: Param) -> dict[str, Any]:
    schema = dict(param.kind.schema)
    if not param.required and param.default is not None:
        schema["default"] = param.default
    described = {"name": param.name, "required": param.required, "schema": schema}
    if param.description:
        described["description"] = param.description
    return described


def _error_name(error: type[AnimicaError]) -> str:
    """The stable code of a concrete error; a branch of the tree goes by its class."""
    return error.code or error.__name__


def _error(error: type[AnimicaError]) -> dict[str, Any]:
    sentence = " ".join((inspect.getdoc(error) or "").partition("\n\n")[0].split())
    data = {"code": error.code, "hint": error.hint} if error.code else {"branch": error.__name__}
    return {"code": number_of(error), "message": sentence, "data": data}


def schema_of(hint: Any, components: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a result annotation; typed dictionaries go into ``components``."""
    for note in getattr(hint, "__metadata__", ()):
        if isinstance(note, Shape):
            return dict(note.schema)
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if is_typeddict(hint):
        return _typed_dict(hint, components)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"oneOf": [schema_of(argument, components) for argument in arguments]}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0], components)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1], components)}
    raise TypeError(f"no schema for the result type {hint!r}")


def _typed_dict(hint: Any, components: dict[str, Any]) -> dict[str, Any]:
    name = hint.__name__
    if name not in components:
        components[name] = {}  # named before it is described, should it contain itself
        fields = typing.get_type_hints(hint, include_extras=True)
        described: dict[str, Any] = {
            "type": "object",
            "properties": {
                key: schema_of(_bare(field), components) for key, field in fields.items()
            },
            "required": sorted(key for key, f in fields.items() if get_origin(f) != NotRequired),
            "additionalProperties": False,
        }
        if text := inspect.getdoc(hint):
            described["description"] = text
        components[name] = described
    return {"$ref": f"#/components/schemas/{name}"}


def _bare(hint: Any) -> Any:
    """A field's type without the mark that says whether it must be there."""
    return get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint
