"""The compiled kernel behind ``core.kernel.Kernel``. Source of the loops: native/kernel.c.

Calls release the interpreter lock. Every buffer that C writes is made here, with room for the
largest answer that the arguments allow.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from ctypes import (
    POINTER,
    c_char,
    c_char_p,
    c_int,
    c_long,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from hashlib import sha3_256, sha256
from itertools import accumulate
from pathlib import Path
from typing import ClassVar

from core.errors import NodeFault
from core.kernel import Closed, Group, PageMalformed

PATH = Path(__file__).resolve().parent / "_kernel.so"
_PAGE_MOST = 1476
_ROOM = 64


class KernelBroken(NodeFault):
    """The native kernel is there but does not work."""

    code: ClassVar[str] = "node.kernel_broken"
    hint: ClassVar[str] = "Run `make install` again, or delete native/_kernel.so."


class NativeKernel:
    """The loops of ``_kernel.so``. Raises KernelBroken when it cannot be loaded or is wrong."""

    name = "native"

    def __init__(self, path: Path = PATH) -> None:
        try:
            self._lib = ctypes.CDLL(str(path))
            self._check_source(path.with_name("kernel.c"))
            self._declare()
        except (OSError, AttributeError, ValueError) as error:
            raise KernelBroken(f"the native kernel cannot be loaded: {error}") from None
        self._check()

    def _declare(self) -> None:
        lib = self._lib
        signatures = {
            "sha3_each": (None, [c_size_t, c_char_p, c_void_p, c_int, c_void_p]),
            "merkle_root": (None, [c_size_t, c_char_p, c_void_p, c_void_p]),
            "open_pages": (c_long, [c_int, c_size_t, *[c_void_p] * 3, c_char_p, *[c_void_p] * 3]),
            "close_pages": (c_long, [c_size_t, *[c_void_p] * 3, *[c_char_p] * 3, *[c_void_p] * 4]),
            "cbor_is_canonical": (c_int, [c_char_p, c_size_t, c_uint64]),
            "cbor_item_ends": (c_int, [c_char_p, *[c_size_t] * 3, POINTER(c_uint64)]),
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(lib, f"animica_{name}")
            function.restype, function.argtypes = result, arguments

    def _check_source(self, source: Path) -> None:
        """The library was built from the text beside it."""
        built_from = c_char.in_dll(self._lib, "animica_source")
        stamp = ctypes.string_at(ctypes.addressof(built_from))
        if stamp.decode("ascii", "replace") != sha256(source.read_bytes()).hexdigest():
            raise KernelBroken("the native kernel was built from another version of its source")

    def _check(self) -> None:
        """Known answers of every loop, so that a miscompiled kernel is noticed at start."""
        items = [bytes([size % 251]) * size for size in (0, 1, 64, 65, 135, 136, 137, 272, 3309)]
        if self.sha3_each(items) != [sha3_256(item).digest() for item in items]:
            raise KernelBroken("the native kernel computes wrong hashes")
        leaves = [sha3_256(b"\0" + item).digest() for item in items[:3]]
        above = sha3_256(b"\1" + leaves[0] + leaves[1]).digest()
        if self.merkle_root(items[:3]) != sha3_256(b"\1" + above + leaves[2]).digest():
            raise KernelBroken("the native kernel computes wrong Merkle roots")
        try:
            pages_work = self._pages_work()
        except PageMalformed:
            pages_work = False
        if not pages_work:
            raise KernelBroken("the native kernel handles state pages wrongly")
        verdicts = [self.is_canonical(bytes.fromhex(raw), 9) for raw in ("a1616101", "1817", "f6")]
        if verdicts != [True, False, False] or self.item_ends(b"\x82\x01\x41\x02", 1, 2) != [2, 4]:
            raise KernelBroken("the native kernel reads CBOR wrongly")

    def _pages_work(self) -> bool:
        """A root page of two records, one at each end: made, then opened again."""
        left, right = b"\x00" * 64, b"\xff" * 64
        ((top, page),) = self.close_pages([None], [[(8, left), (31, right)]])
        leaves = [sha3_256(b"\0" + content).digest() for content in (left, right)]
        opened = self.open_pages(0, [page], [0, 2], [left[:32], right[:32]])
        return (
            top == sha3_256(b"\1" + leaves[0] + leaves[1]).digest()
            and page == b"\x80\x00" + b"\x00\x02" + left + right
            and opened == [(0, 8, 0, 1, left), (0, 31, 1, 2, right)]
        )

    def sha3_each(self, items: Sequence[bytes]) -> list[bytes]:
        """See ``core.kernel.Kernel``."""
        count = len(items)
        out = ctypes.create_string_buffer(32 * count)
        ends = array("Q", accumulate(map(len, items)))
        self._lib.animica_sha3_each(count, b"".join(items), _address(ends), -1, out)
        digests = out.raw
        return [digests[at : at + 32] for at in range(0, 32 * count, 32)]

    def merkle_root(self, items: Sequence[bytes]) -> bytes:
        """See ``core.kernel.Kernel``."""
        work = ctypes.create_string_buffer(32 * len(items))
        ends = array("Q", accumulate(map(len, items)))
        self._lib.animica_merkle_root(len(items), b"".join(items), _address(ends), work)
        return work.raw[:32]

    def open_pages(
        self,
        depth: int,
        pages: Sequence[bytes | None],
        first: Sequence[int],
        keys: Sequence[bytes],
    ) -> list[Group]:
        """See ``core.kernel.Kernel``."""
        count = len(keys)
        groups = (c_uint32 * (4 * count))()
        old = ctypes.create_string_buffer(_ROOM * count)
        old_sizes = ctypes.create_string_buffer(count)
        pointers, sizes = _pages(pages)
        starts = array("I", first)
        found = self._lib.animica_open_pages(
            *(depth, len(pages), pointers, _address(sizes), _address(starts), b"".join(keys)),
            *(groups, old, old_sizes),
        )
        if found < 0:
            raise PageMalformed(-1 - found)
        numbers = iter(groups[: 4 * found])
        contents, lengths = old.raw, old_sizes.raw
        return [
            (page, slot, start, end, contents[at : at + lengths[at >> 6]])
            for at, (page, slot, start, end) in zip(
                range(0, _ROOM * found, _ROOM),
                zip(numbers, numbers, numbers, numbers, strict=True),
                strict=True,
            )
        ]

    def close_pages(
        self,
        pages: Sequence[bytes | None],
        changes: Sequence[Sequence[tuple[int, bytes]]],
    ) -> list[Closed]:
        """See ``core.kernel.Kernel``."""
        count = len(pages)
        flat = [change for some in changes for change in some]
        first = array("I", accumulate(map(len, changes), initial=0))
        contents = b"".join([content.ljust(_ROOM, b"\0") for _, content in flat])
        out = (c_uint8 * (_PAGE_MOST * count))()
        out_sizes = array("I", bytes(4 * count))
        tops = ctypes.create_string_buffer(_ROOM * count)
        top_sizes = ctypes.create_string_buffer(count)
        pointers, sizes = _pages(pages)
        written = self._lib.animica_close_pages(
            *(count, pointers, _address(sizes), _address(first)),
            *(bytes([slot for slot, _ in flat]), bytes([len(c) for _, c in flat]), contents),
            *(out, _address(out_sizes), tops, top_sizes),
        )
        if written == -1 - count:
            raise MemoryError("no memory for state pages")
        if written < 0:
            raise PageMalformed(-1 - written)
        data, contents, lengths = bytes(memoryview(out)[:written]), tops.raw, top_sizes.raw
        ends = accumulate(out_sizes, initial=0)
        return [
            (contents[at : at + lengths[at >> 6]], data[start : start + size])
            for at, start, size in zip(
                range(0, _ROOM * count, _ROOM), ends, out_sizes, strict=False
            )
        ]

    def is_canonical(self, data: bytes, most: int) -> bool:
        """See ``core.kernel.Kernel``."""
        return bool(self._lib.animica_cbor_is_canonical(data, len(data), most))

    def item_ends(self, data: bytes, at: int, count: int) -> list[int] | None:
        """See ``core.kernel.Kernel``."""
        if not 0 <= at <= len(data) or not 0 <= count <= len(data):
            return None
        ends = (c_uint64 * count)()
        sound = self._lib.animica_cbor_item_ends(data, len(data), at, count, ends)
        return ends[:] if sound else None


def _address(numbers: array[int]) -> int:
    """Where the numbers lie; they must be kept alive by their name until the call returns."""
    return numbers.buffer_info()[0]


def _pages(pages: Sequence[bytes | None]) -> tuple[ctypes.Array[c_char_p], array[int]]:
    """Pointers and sizes; a page that is not there is NULL."""
    sizes = array("I", [0 if page is None else len(page) for page in pages])
    return (c_char_p * len(pages))(*pages), sizes
