"""The page: 16 slots, four levels of the tree, as one row. Source: docs/spec/state.md.

A page holds the records whose keys begin with its path. The root page exists while the tree has
a record, any other page while at least two records share its path; so the set of pages, and
every byte of them, is a function of the records alone.

**Path** of a page: the shared hex digits of the keys as ASCII, ``b""`` for the root page, and
so the prefixes of ``hexlify(key)``.

**Content** of a place in the tree, the one form used for slots and inner nodes alike:

    b""         nothing below
    64 bytes    one record below, wherever it lies: ``key || H(value)``
    32 bytes    several records below: their node hash

**In memory** a page is a list of 32 contents: two heaps of eight slots. ``nodes[0:16]`` is the
left heap (1 its top, 2-3, 4-7, then slots 0-7 at 8-15), ``nodes[16:32]`` the right one; 0 and 16
are unused and empty. The top of the page itself is not kept: its parent's slot has it.

**Stored**: u16be kinds of the left slots, u16be kinds of the right slots (2 bits a slot, slot 0
highest: 0 empty, 1 child page, 2 record), then each heap's contents in heap order, where an
inner node is present only if it is a node hash. The kinds say which those are.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha3_256
from operator import itemgetter
from struct import Struct
from typing import Any, ClassVar, NamedTuple, Protocol

from core import kernel
from core.errors import NodeFault
from core.kernel import Closed, Group, PageMalformed

EMPTY = bytes(32)
"""Hash of an empty subtree, and so the root of the empty tree."""

_INDEX = [*range(8, 16), *range(24, 32)]
_SLOTS = ([_INDEX[byte >> 4] for byte in range(256)], [_INDEX[byte & 15] for byte in range(256)])

_PARENT = [(i & 16) | ((i & 15) >> 1) for i in range(32)]


class PageSource(Protocol):
    """Where pages are read from: the database, a cache over it, or a dict in a test."""

    def load(self, paths: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """The stored bytes of those pages that exist, by path; others are absent."""


def slots_at(depth: int) -> tuple[int, list[int]]:
    """How a page at ``depth`` digits selects slots: (i, t) with ``nodes`` index ``t[key[i]]``."""
    return depth >> 1, _SLOTS[depth & 1]


def path_of(key: bytes, depth: int) -> bytes:
    """Path of the page at ``depth`` digits (0 to 63) on the way to ``key``."""
    return hexlify(key[: (depth + 1) >> 1])[:depth]


class StatePageBroken(NodeFault):
    """A page of the state tree is missing or is not a page."""

    code: ClassVar[str] = "state.page_broken"
    hint: ClassVar[str] = "Rebuild the state tree from the records, then check the disk."


class _Layout(NamedTuple):
    """How eight slots of given kinds are stored."""

    kinds: bytes
    size: int
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    expand: Callable[[Any], tuple[bytes, ...]]
    keep: Callable[[Any], Iterable[bytes]]


@cache
def _layout_of_lengths(lengths: bytes) -> _Layout:
    """The layout for eight slots of these content lengths; there are 3^8 of them."""
    stored, shown = ["0s"], [0] * 16
    carried = [b""] * 8 + [bytes(n) for n in lengths]
    places = [0] * 8 + list(range(8, 16))
    for i in range(7, 0, -1):
        carried[i], places[i] = _joined_shape(carried, places, i)
    kept = [i for i in range(1, 16) if carried[i] and (i > 7 or len(carried[i]) == 32)]
    for field, i in enumerate(kept, 1):
        stored.append(f"{len(carried[i])}s")
        shown[i] = field
    for i in range(1, 8):
        if places[i] != i:
            shown[i] = shown[places[i]]
    form = Struct("".join(stored))
    kinds = sum((n >> 5) << (14 - 2 * k) for k, n in enumerate(lengths))
    return _Layout(
        kinds.to_bytes(2), form.size, form.unpack_from, itemgetter(*shown), itemgetter(0, *kept)
    )


def _joined_shape(carried: list[bytes], places: list[int], i: int) -> tuple[bytes, int]:
    """Content length (as that many zero bytes) and home index of inner node ``i``."""
    left, right = carried[2 * i], carried[2 * i + 1]
    if not right and len(left) != 32:
        return left, places[2 * i]
    if not left and len(right) != 32:
        return right, places[2 * i + 1]
    return EMPTY, i


@cache
def _layout_of_kinds(kinds: bytes) -> _Layout | None:
    """The layout that two stored bytes of kinds name; None when a kind does not exist."""
    bits = int.from_bytes(kinds)
    codes = [(bits >> shift) & 3 for shift in range(14, -2, -2)]
    return None if 3 in codes else _layout_of_lengths(bytes(code << 5 for code in codes))


def decode(path: bytes, page: bytes) -> list[bytes]:
    """The 32 contents of a stored page. Raises StatePageBroken."""
    left, right = _layout_of_kinds(page[:2]), _layout_of_kinds(page[2:4])
    if left is None or right is None or len(page) != 4 + left.size + right.size:
        raise StatePageBroken("The bytes are not a state page.", path=path.decode())
    return [
        *left.expand(left.unpack(page, 4)),
        *right.expand(right.unpack(page, 4 + left.size)),
    ]


def encode(nodes: list[bytes]) -> bytes:
    """The stored bytes of a page whose inner nodes are up to date."""
    left = _layout_of_lengths(bytes(map(len, nodes[8:16])))
    right = _layout_of_lengths(bytes(map(len, nodes[24:])))
    return b"".join([left.kinds, right.kinds, *left.keep(nodes), *right.keep(nodes[16:])])


def hash_of(content: bytes) -> bytes:
    """The hash by which a content enters the node above it, 32 bytes."""
    if len(content) == 64:
        return sha3_256(b"\x00" + content).digest()
    return content or EMPTY


def join(left: bytes, right: bytes) -> bytes:
    """The content of the place above two contents: a lone record moves up, else a node."""
    if not right and len(left) != 32:
        return left
    if not left and len(right) != 32:
        return right
    return sha3_256(b"\x01" + hash_of(left) + hash_of(right)).digest()


def settle(nodes: list[bytes], changed: Iterable[int]) -> bytes:
    """Bring the inner nodes above the changed slots up to date and return the page's content."""
    stale = set(changed)
    for _ in range(3):
        stale = {_PARENT[i] for i in stale}
        for i in stale:
            below = i + (i & 15)
            left, right = nodes[below], nodes[below + 1]
            if len(left) == 32 == len(right):  # most nodes: spare them the calls
                nodes[i] = sha3_256(b"\x01" + left + right).digest()
            else:
                nodes[i] = join(left, right)
    return join(nodes[1], nodes[17])


def open_pages(
    depth: int, pages: Sequence[bytes | None], first: Sequence[int], keys: Sequence[bytes]
) -> list[Group]:
    """Sort the changes of one level into slots, and tell what those slots hold.

    ``pages`` are stored pages at ``depth`` digits, None for one that is not there. The keys from
    ``first[i]`` up to ``first[i + 1]``, in rising order, lie below page i. Raises PageMalformed.
    """
    if (native := kernel.native()) is not None:
        return native.open_pages(depth, pages, first, keys)
    at, slots = slots_at(depth)
    groups: list[Group] = []
    for index, page in enumerate(pages):
        nodes = _decoded(index, page)
        start, end = first[index], first[index + 1]
        while start < end:
            slot, stop = slots[keys[start][at]], start + 1
            while stop < end and slots[keys[stop][at]] == slot:
                stop += 1
            groups.append((index, slot, start, stop, nodes[slot]))
            start = stop
    return groups


def close_pages(
    pages: Sequence[bytes | None], changes: Sequence[Sequence[tuple[int, bytes]]]
) -> list[Closed]:
    """Put new contents into slots and rehash: each page's content as a whole, and its bytes.

    ``changes[i]`` are (slot, content) of page i. Raises PageMalformed.
    """
    if (native := kernel.native()) is not None:
        return native.close_pages(pages, changes)
    closed: list[Closed] = []
    for index, page in enumerate(pages):
        nodes = _decoded(index, page)
        for slot, content in changes[index]:
            nodes[slot] = content
        top = settle(nodes, [slot for slot, _ in changes[index]])
        closed.append((top, encode(nodes)))
    return closed


def _decoded(index: int, page: bytes | None) -> list[bytes]:
    if page is None:
        return [b""] * 32
    try:
        return decode(b"", page)
    except StatePageBroken:
        raise PageMalformed(index) from None
