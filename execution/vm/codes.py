"""Programs by code hash: in memory, and behind that wherever composition keeps artifacts.

What is found here is a function of the source alone: a miss costs time and changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from core.hashing import sha3
from execution import lang
from execution.vm.ports import Artifacts
from execution.vm.program import Bound, Program, compile_module
from execution.vm.stdlib import HOST

COUNT_MOST = 1_024
SOURCE_BYTES_MOST = 4 * 1024 * 1024
"""A program takes about 18 times its source: some 75 MB of memory when all is full."""
_CHECK_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Held:
    program: Bound
    size: int


class Codes:
    """The programs used last, by count and bytes of source. May be used from any thread."""

    def __init__(
        self, *, count_most: int = COUNT_MOST, source_bytes_most: int = SOURCE_BYTES_MOST
    ) -> None:
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._count_most = count_most
        self._source_bytes_most = source_bytes_most
        self.artifacts: Artifacts | None = None

    def of(self, code_hash: bytes, source: bytes) -> Bound:
        """The program of a source with that hash. Raises SourceRefused."""
        held = self._held.get(code_hash)
        if held is not None:
            self._touch(code_hash)
            return held.program
        program = self._stored(code_hash)
        if program is None:
            program = compile_module(lang.parse_and_check(source))
            if self.artifacts is not None:
                self.artifacts.save(code_hash, _sealed(code_hash, program.to_bytes()))
        bound = program.bound(HOST)
        self._hold(code_hash, _Held(bound, len(source)))
        return bound

    def _stored(self, code_hash: bytes) -> Program | None:
        """A damaged artifact, or one of another engine, is a miss."""
        data = None if self.artifacts is None else self.artifacts.load(code_hash)
        if data is None or _sealed(code_hash, data[_CHECK_BYTES:]) != data:
            return None
        return Program.from_bytes(data[_CHECK_BYTES:])

    def _touch(self, code_hash: bytes) -> None:
        try:
            self._held.move_to_end(code_hash)
        except KeyError:  # another thread has just let it go
            return

    def _hold(self, code_hash: bytes, held: _Held) -> None:
        self._held[code_hash] = held
        while len(self._held) > self._count_most or self._bytes() > self._source_bytes_most:
            try:
                self._held.popitem(last=False)
            except KeyError:
                return

    def _bytes(self) -> int:
        return sum(held.size for held in list(self._held.values()))

    def clear(self) -> None:
        """Forget what is in memory."""
        self._held.clear()

    def __len__(self) -> int:
        return len(self._held)


def _sealed(code_hash: bytes, data: bytes) -> bytes:
    """A program's bytes behind a check of them and of the source that they belong to."""
    return sha3(code_hash + data) + data


CODES = Codes()
"""The programs of this process."""
