"""Values of contracts as people write and read them. Source: docs/guides/contracts-cli.md.

At the top a value is bare text: ``1_000``, ``0x1f``, ``true``, ``0xbeef`` (bytes), ``hello``
(text), an address or a name, ``none``. Lists, tuples and dicts are JSON, in which integers may be
numbers or text, bytes are ``"0x…"`` and None is null; a dict may be an object or a list of pairs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from core.errors import AnimicaError, EncodingRefused, RequestRefused
from core.limits import ADDRESS_BYTES
from execution.lang.types import INT_MAX, INT_MIN, SIZE_MOST, Type
from pq import addresses

Resolve = Callable[[str], bytes]
"""What gives the 34 bytes of a name that is no address; raises an ``AnimicaError``."""

_INT = re.compile(
    r"-?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[0-9](?:_?[0-9])*)"
)
_INT_CHARS = 400
_TEXT_CHARS = 1_000_000
_WRITE = {
    "int": "a whole number such as 5, -5, 1_000 or 0x1f",
    "bool": "true or false",
    "bytes": "0x and an even number of hex digits",
    "str": "text",
    "address": "an address (anim1…), a known name, or 0x0 for the zero address",
    "none": "none",
    "list": "a JSON list such as [1, 2]",
    "tuple": 'a JSON list of its items such as [1, "0xbeef"]',
    "dict": 'a JSON object such as {"a": 1}, or a list of pairs',
}


class ArgumentRefused(RequestRefused):
    """An argument that is not of the type that the function takes."""

    code = "contract.argument"
    hint = "Write the value as its type asks; docs/guides/contracts-cli.md lists the forms."


def parse(text: str, of: Type, name: str, resolve: Resolve | None = None) -> Any:
    """The value that bare text states, of a type; ``name`` is for refusals.

    Raises ``ArgumentRefused``, or what ``resolve`` raises.
    """
    if len(text) > _TEXT_CHARS:
        raise ArgumentRefused(f"{name} is longer than any value", field=name, type=str(of))
    if of.kind == "optional":
        if text.strip().lower() in ("none", "null"):
            return None
        inner = of.args[0]
        if inner.kind == "str" and text.startswith('"'):
            return _Reader(name, resolve).read(_json(text, of, name), inner)
        return parse(text, inner, name, resolve)
    if of.kind in ("list", "tuple", "dict"):
        return _Reader(name, resolve).read(_json(text, of, name), of)
    if of.kind == "str":
        return _Reader(name, resolve).text(text, of)
    return _Reader(name, resolve).bare(text.strip(), of)


def from_json(value: Any, of: Type, name: str, resolve: Resolve | None = None) -> Any:
    """The value that a decoded JSON value states; see ``parse``. Raises ``ArgumentRefused``."""
    return _Reader(name, resolve).read(value, of)


class _Reader:
    """Reads one argument; every refusal names it."""

    def __init__(self, name: str, resolve: Resolve | None) -> None:
        self._name = name
        self._resolve = resolve

    def read(self, value: Any, of: Type) -> Any:
        """A value out of JSON."""
        kind = of.kind
        if kind == "optional":
            return None if value is None else self.read(value, of.args[0])
        if kind == "list":
            return self._items(value, of, [of.args[0]] * len(value) if _is_list(value) else [])
        if kind == "tuple":
            return tuple(self._items(value, of, list(of.args)))
        if kind == "dict":
            return self._pairs(value, of)
        if kind == "bool" and type(value) is bool:
            return value
        if kind == "int" and type(value) is int:
            return self._in_range(value, of)
        if kind == "str" and type(value) is str:
            return self.text(value, of)
        if kind != "str" and type(value) is str:
            return self.bare(value, of)
        raise self._refused(value, of)

    def bare(self, text: str, of: Type) -> Any:
        """An int, bool, bytes or address out of text."""
        kind = of.kind
        if kind == "int" and len(text) <= _INT_CHARS and _INT.fullmatch(text):
            # A leading zero means nothing else here, so that 007 is seven.
            plain = text.replace("_", "")
            return self._in_range(
                int(plain, 0) if plain.lstrip("-")[1:2].isalpha() else int(plain), of
            )
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "bytes" and text.startswith("0x"):
            try:
                return bytes.fromhex(text[2:])
            except ValueError:
                raise self._refused(text, of) from None
        if kind == "address":
            return self._address(text, of)
        if kind == "none" and text.lower() in ("none", "null"):
            return None
        raise self._refused(text, of)

    def text(self, value: str, of: Type) -> str:
        """A str of the language: no surrogates, no more code points than fit."""
        if len(value) > SIZE_MOST or any("\ud800" <= char <= "\udfff" for char in value):
            raise self._refused(value, of)
        return value

    def _address(self, text: str, of: Type) -> bytes:
        if text.lower().startswith("anim1"):
            try:
                return addresses.from_text(text)
            except EncodingRefused as error:
                raise ArgumentRefused(
                    f"{self._name}: {error.message}", field=self._name, type=str(of)
                ) from None
        if text.startswith("0x"):
            return self._raw_address(text, of)
        if self._resolve is None or not text:
            raise self._refused(text, of)
        try:
            return self._resolve(text)
        except AnimicaError as error:
            raise ArgumentRefused(
                f"{self._name}: {text!r} is neither an address nor a name: {error.message}",
                field=self._name,
                type=str(of),
            ) from None

    def _raw_address(self, text: str, of: Type) -> bytes:
        """34 bytes in hex, of any account or none; ``0x0`` is the zero address."""
        if text == "0x0":
            return bytes(ADDRESS_BYTES)
        try:
            found = bytes.fromhex(text[2:])
        except ValueError:
            raise self._refused(text, of) from None
        if len(found) != ADDRESS_BYTES:
            raise self._refused(text, of)
        return found

    def _items(self, value: Any, of: Type, types: list[Type]) -> list[Any]:
        if not _is_list(value) or len(value) != len(types) or len(types) > SIZE_MOST:
            raise self._refused(value, of)
        return [self.read(item, kind) for item, kind in zip(value, types, strict=True)]

    def _pairs(self, value: Any, of: Type) -> dict[Any, Any]:
        rows = list(value.items()) if type(value) is dict else value
        if not _is_list(rows) or len(rows) > SIZE_MOST:
            raise self._refused(value, of)
        found: dict[Any, Any] = {}
        for row in rows:
            if len(row) != 2 if isinstance(row, list | tuple) else True:
                raise self._refused(row, of)
            key = self.read(row[0], of.args[0])
            if key in found:
                raise ArgumentRefused(
                    f"{self._name} has the key {_short(row[0])} twice", field=self._name
                )
            found[key] = self.read(row[1], of.args[1])
        return found

    def _in_range(self, value: int, of: Type) -> int:
        if not INT_MIN <= value <= INT_MAX:
            raise ArgumentRefused(
                f"{self._name} is outside of −2^255 … 2^255 − 1", field=self._name, type=str(of)
            )
        return value

    def _refused(self, value: Any, of: Type) -> ArgumentRefused:
        return ArgumentRefused(
            f"{self._name} is {of}, and {_short(value)} is not; write {_WRITE[of.kind]}",
            field=self._name,
            type=str(of),
        )


def view(value: Any, of: Type) -> Any:
    """The JSON form of a value: ints as decimal text, bytes as ``0x…``, addresses as text."""
    kind = of.kind
    if kind == "optional":
        return None if value is None else view(value, of.args[0])
    if kind == "int":
        return str(value)
    if kind == "bytes":
        return "0x" + value.hex()
    if kind == "address":
        return show_address(value)
    if kind == "list":
        return [view(item, of.args[0]) for item in value]
    if kind == "tuple":
        return [view(item, part) for item, part in zip(value, of.args, strict=True)]
    if kind == "dict":
        return [[view(key, of.args[0]), view(one, of.args[1])] for key, one in value.items()]
    return value


def show(value: Any, of: Type) -> str:
    """One line for people: as a source would write it, addresses as text."""
    kind = of.kind
    if kind == "optional":
        return "None" if value is None else show(value, of.args[0])
    if kind == "bytes":
        return f"0x{value.hex()}"
    if kind == "address":
        return show_address(value)
    if kind == "str":
        return repr(str(value))
    if kind == "list":
        return f"[{', '.join(show(item, of.args[0]) for item in value)}]"
    if kind == "tuple":
        return f"({', '.join(show(i, part) for i, part in zip(value, of.args, strict=True))})"
    if kind == "dict":
        rows = (f"{show(k, of.args[0])}: {show(v, of.args[1])}" for k, v in value.items())
        return f"{{{', '.join(rows)}}}"
    return str(value)


def show_address(address: bytes) -> str:
    """bech32m text, or hex of the 34 bytes that are no account's (a stored default, say)."""
    try:
        return addresses.to_text(address)
    except EncodingRefused:
        return "0x" + address.hex()


def _is_list(value: Any) -> bool:
    return type(value) is list


def _json(text: str, of: Type, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_float=_no_float)
    except (ValueError, RecursionError) as error:
        raise ArgumentRefused(
            f"{name} is {of}, and the text is no JSON of it ({error}); write {_WRITE[of.kind]}"
            if of.kind in _WRITE
            else f"{name} is {of}: {error}",
            field=name,
            type=str(of),
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_float(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
