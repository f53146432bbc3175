"""The one strict CBOR codec: RFC 8949 core deterministic encoding (section 4.2.1), and no more.

Allowed values: unsigned int < 2^64, byte string, text, array, map with ASCII text keys, true and
false, and null only where the caller names it. One value has exactly one encoding, so decoding
compares the input with what encoding would give. Source: docs/spec/conventions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cbor2

from core import kernel
from core.errors import EncodingRefused
from core.limits import CBOR_DEPTH, U64_MAX

Value = Any
"""int, bytes, str, bool, list of Value or dict of str to Value (None where allowed)."""


class CborTooLarge(EncodingRefused):
    """More bytes than the object may have."""

    code = "cbor.too_large"
    hint = "Send a smaller object; docs/spec/limits.md lists the limits."


class CborTooManyItems(EncodingRefused):
    """More values than an object of its kind can hold."""

    code = "cbor.too_many_items"
    hint = "Send a smaller object; docs/spec/limits.md lists the limits."


class CborMalformed(EncodingRefused):
    """Not well-formed CBOR, or an indefinite length or a repeated key."""

    code = "cbor.malformed"
    hint = "Encode with RFC 8949 core deterministic encoding: definite lengths, unique keys."


class CborTooDeep(EncodingRefused):
    """Containers nested deeper than the limit."""

    code = "cbor.too_deep"
    hint = "Nest at most 16 containers."


class CborType(EncodingRefused):
    """A value of a type that the protocol never uses (float, tag, negative, null, …)."""

    code = "cbor.type"
    hint = "Use unsigned integers, byte strings, text, arrays, maps with ASCII text keys, booleans."


class CborKeyOrder(EncodingRefused):
    """Map keys out of order."""

    code = "cbor.key_order"
    hint = "Sort map keys by their encoded bytes: shorter keys first, then alphabetically."


class CborTrailing(EncodingRefused):
    """Bytes after the end of the value."""

    code = "cbor.trailing"
    hint = "Send exactly one CBOR value."


class CborNotShortest(EncodingRefused):
    """An integer or a length written in more bytes than needed."""

    code = "cbor.not_shortest"
    hint = "Write every integer and every length in its shortest form."


def _refuse_tag(*_: object) -> None:
    raise CborType("CBOR tags are not part of the protocol")


# Tags that the library would otherwise interpret, some of them at a cost (regex, bignum).
_KNOWN_TAGS = (*range(6), 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004)
_TAG_REFUSALS = dict.fromkeys((*_KNOWN_TAGS, 43000, 55799), _refuse_tag)


def encode(value: Value) -> bytes:
    """The canonical encoding of ``value``, which the caller has made of allowed types only."""
    return cbor2.dumps(value, canonical=True)


def decode(
    data: bytes, *, limit: int, what: str, allow_null: bool = False, most: int | None = None
) -> Value:
    """Decode the one canonical encoding of a value.

    ``limit`` bounds the size in bytes, ``most`` the number of items where that matters, and
    ``what`` names the object in refusals. Raises one of the ``Cbor…`` refusals of this module.
    """
    if len(data) > limit:
        raise CborTooLarge(
            f"{what} has {len(data)} bytes, the limit is {limit}", field=what, limit=limit
        )
    native = kernel.native()
    if native is not None and native.is_canonical(data, limit if most is None else most):
        return cbor2.loads(data)
    if most is not None:
        check_items(data, most=most, what=what)
    value = _parse(data, what)
    _check(value, what, allow_null)
    canonical = cbor2.dumps(value)  # keys are known to be in order by now
    if canonical != data:
        if data.startswith(canonical):
            extra = len(data) - len(canonical)
            raise CborTrailing(f"{extra} bytes follow the end of {what}", field=what)
        raise CborNotShortest(f"{what} has an integer or length in a longer form", field=what)
    return value


def check_items(data: bytes, *, most: int, what: str) -> None:
    """Refuse an encoding of more than ``most`` items, having looked at no more than that.

    Millions of one-byte items fit into a block's size and cost seconds and half a gigabyte to
    parse. Only counts: whether the encoding is canonical, and often whether it is well formed, is
    left to ``decode``. Raises ``cbor.too_many_items``.
    """
    position, open_items, end = 0, 1, len(data)
    for _ in range(most + 1):
        if not open_items or position >= end:
            return
        head = data[position]
        major, argument = head >> 5, head & 31
        position += 1
        if argument > 23:
            size = 1 << (argument - 24) if argument < 28 else 0
            argument = int.from_bytes(data[position : position + size], "big")
            position += size
        open_items -= 1
        if major in (2, 3):
            position += argument
        elif major == 4:
            open_items += argument
        elif major == 5:
            open_items += 2 * argument
    raise CborTooManyItems(f"{what} has more than {most} items", field=what, most=most)


def array_head(count: int) -> bytes:
    """The first bytes of an array of ``count`` items."""
    for limit, code, size in ((24, 0, 0), (2**8, 24, 1), (2**16, 25, 2), (2**32, 26, 4)):
        if count < limit:
            return bytes([0x80 | (code or count)]) + (count.to_bytes(size) if size else b"")
    raise ValueError("an array has fewer than 2^32 items")


def item_ends(data: bytes, at: int, count: int) -> list[int]:
    """Where each of the ``count`` items from ``at`` on ends, in an encoding that was decoded."""
    if (native := kernel.native()) is not None:
        ends = native.item_ends(data, at, count)
        assert ends is not None, "the encoding was decoded before"
        return ends
    ends = []
    for _ in range(count):
        open_items = 1
        while open_items:
            head = data[at]
            major, argument = head >> 5, head & 31
            at += 1
            if argument > 23:
                size = 1 << (argument - 24)
                argument = int.from_bytes(data[at : at + size], "big")
                at += size
            open_items -= 1
            if major in (2, 3):
                at += argument
            elif major == 4:
                open_items += argument
            elif major == 5:
                open_items += 2 * argument
        ends.append(at)
    return ends


def decode_own(data: bytes) -> Value:
    """Decode bytes that this codec encoded and that a hash or the database has kept since.

    Several times as fast as ``decode``; never for bytes from outside.
    """
    return cbor2.loads(data)


def _parse(data: bytes, what: str) -> Value:
    try:
        return cbor2.loads(
            data,
            max_depth=CBOR_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
            semantic_decoders=_TAG_REFUSALS,
            tag_hook=_refuse_tag,
        )
    except CborType as refusal:
        raise CborType(refusal.message, field=what) from None
    except cbor2.CBORError as error:
        if isinstance(error.__cause__, CborType):
            raise CborType(error.__cause__.message, field=what) from None
        if "nesting depth" in str(error):
            raise _too_deep(what) from None
        raise CborMalformed(f"{what} is not well-formed CBOR: {error}", field=what) from None


def _too_deep(what: str) -> CborTooDeep:
    return CborTooDeep(f"{what} nests deeper than {CBOR_DEPTH}", field=what)


def _check(value: Value, where: str, allow_null: bool, depth: int = 0) -> None:
    """Refuse types, key orders and depths that the library lets pass."""
    kind = type(value)
    if kind is bytes or kind is str or kind is bool:
        return
    if kind is int:
        if not 0 <= value <= U64_MAX:
            raise CborType(f"{where} is not an unsigned 64-bit integer", field=where)
    elif kind is list or kind is dict:
        if depth == CBOR_DEPTH:  # the library does not count an empty container
            raise _too_deep(where)
        items = value if kind is list else _items_in_order(value, where)
        for item in items:
            _check(item, where, allow_null, depth + 1)
    elif value is None and allow_null:
        return
    else:
        raise CborType(f"{where} holds a {kind.__name__}, which is not allowed", field=where)


def _items_in_order(value: dict[Any, Value], where: str) -> Iterable[Value]:
    """The values of a map whose keys are ASCII text in canonical order."""
    last_size, last_key = -1, ""
    for key in value:
        if type(key) is not str or not key.isascii():
            raise CborType(f"{where} has a key that is not ASCII text", field=where)
        size = len(key)
        if size < last_size or (size == last_size and key < last_key):
            raise CborKeyOrder(f"key {key!r} of {where} is out of order", field=where)
        last_size, last_key = size, key
    return value.values()
