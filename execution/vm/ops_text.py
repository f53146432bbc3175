"""Operations on bytes and str, and those they share with lists.

What fails by lengths and numbers fails before the dynamic gas is taken, what fails by content
after it. Source: docs/spec/contracts.md, "Dynamic costs".
"""

from __future__ import annotations

from typing import Any

from core.errors import EncodingRefused
from execution.vm.meter import SIZE, Meter, bad_value, charge, charge_size, check_size
from pq import addresses

SEARCH_MOST, SEARCH_MOST_SHORT, SHORT = 2_500, 30_000, 100
"""At how many places of the whole CPython's search may look at all of the part: it goes over to a
search in linear time in a whole from 2,500 on if the part is short for it, but not for a part below
100 in a whole below 30,000, and not in the last 2,000 places for one of a third of the whole.
"""
ADDRESS_GAS = 10_000
JOIN_ITEM_GAS = 10


def join_two(m: Meter, x: Any, y: Any) -> Any:
    """``x + y`` of bytes, str or list."""
    count = len(x) + len(y)
    check_size(count)
    charge_size(m, type(x), count)
    return x + y


def repeated(x: Any, count: int) -> int:
    """The length of ``x * count``; ``vm.size`` if it is over the limit."""
    length = len(x) * max(count, 0)
    check_size(length)
    return length


def repeat(m: Meter, x: Any, count: int) -> Any:
    """``x * count`` of bytes, str or list."""
    length = repeated(x, count)
    charge_size(m, type(x), length)
    return x * count if length else x[:0]


def part(m: Meter, x: Any, start: int | None, stop: int | None) -> Any:
    """``x[start:stop]`` of bytes, str or list."""
    cut = x[start:stop]  # no more than was paid for when x was made
    charge_size(m, type(x), len(cut))
    return cut


def copy(m: Meter, x: Any) -> Any:
    """A copy of bytes, a list or a dict."""
    charge_size(m, type(x), len(x))
    return x[:] if type(x) is bytes else x.copy()


def charge_search(m: Meter, sought: Any, whole: Any) -> None:
    """The gas of looking for a part in a whole."""
    n, k = len(whole), len(sought)
    places = min(max(n - k + 1, 0), SEARCH_MOST_SHORT if k < SHORT else SEARCH_MOST)
    charge(m, (n >> 1) + 2 * k + (places * k >> 3))


def within(m: Meter, sought: Any, whole: Any) -> bool:
    """``sought in whole``."""
    charge_search(m, sought, whole)
    return sought in whole


def find(m: Meter, whole: Any, sought: Any) -> int:
    """``whole.find(sought)``."""
    charge_search(m, sought, whole)
    return int(whole.find(sought))


def count(m: Meter, whole: Any, sought: Any) -> int:
    """``whole.count(sought)``."""
    charge_search(m, sought, whole)
    return int(whole.count(sought))


def starts(m: Meter, whole: Any, sought: Any) -> bool:
    """``whole.startswith(sought)``."""
    charge(m, len(sought) >> 2)
    return bool(whole.startswith(sought))


def ends(m: Meter, whole: Any, sought: Any) -> bool:
    """``whole.endswith(sought)``."""
    charge(m, len(sought) >> 2)
    return bool(whole.endswith(sought))


def join(m: Meter, separator: Any, items: list[Any]) -> Any:
    """``separator.join(items)``."""
    count = len(items)
    length = sum(map(len, items)) + len(separator) * max(count - 1, 0)
    check_size(length)
    charge(m, JOIN_ITEM_GAS * count + (SIZE[type(separator)] * length >> 1))
    return separator.join(items)


def to_hex(m: Meter, data: bytes) -> str:
    """``data.hex()``."""
    check_size(2 * len(data))
    charge_size(m, str, 2 * len(data))
    return data.hex()


def from_hex(m: Meter, text: str) -> bytes:
    """``bytes.fromhex(text)``, without the white space that Python lets pass."""
    if len(text) % 2:
        bad_value()
    charge_size(m, str, len(text))
    if text and not (text.isascii() and text.isalnum()):
        bad_value()
    try:
        return bytes.fromhex(text)
    except ValueError:
        return bad_value()


def to_utf8(m: Meter, text: str) -> bytes:
    """``text.encode()``."""
    charge_size(m, str, len(text))
    data = text.encode()
    check_size(len(data))
    return data


def from_utf8(m: Meter, data: bytes) -> str:
    """``data.decode()``."""
    charge_size(m, bytes, len(data))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return bad_value()


def address_of_bytes(data: bytes) -> bytes:
    """``address(data)`` of bytes."""
    return data if len(data) == addresses.ADDRESS_BYTES else bad_value()


def address_of_text(m: Meter, text: str) -> bytes:
    """``address(text)`` of bech32m."""
    charge(m, ADDRESS_GAS)
    try:
        return addresses.from_text(text)
    except EncodingRefused:
        return bad_value()


HELPERS = {
    "h_join_two": join_two,
    "h_repeat": repeat,
    "h_part": part,
    "h_copy": copy,
    "h_within": within,
    "h_find": find,
    "h_count": count,
    "h_starts": starts,
    "h_ends": ends,
    "h_join": join,
    "h_hex": to_hex,
    "h_from_hex": from_hex,
    "h_encode": to_utf8,
    "h_decode": from_utf8,
    "h_address_of_bytes": address_of_bytes,
    "h_address_of_text": address_of_text,
}
