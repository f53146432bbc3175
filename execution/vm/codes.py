"""Programs by code hash: in memory, and behind that wherever composition keeps artifacts.

What is found here is a function of the source alone: a miss costs time and changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from core.hashing import sha3
from execution import lang
from execution.kinds import Compiler, Setting
from execution.vm.ports import Artifacts
from execution.vm.program import Bound, Program, compile_module
from execution.vm.stdlib import HOST

COUNT_MOST = 1_024
BYTES_MOST = 80 * 1024 * 1024
PROGRAM_BYTES, FUNCTION_BYTES = 3_500, 1_500
"""A program takes as much memory as its artifact, so much more, and so much for each function."""
_CHECK_BYTES = 32
_COUNT_EVERY = 64  # threads that hold at once may miscount: so often the sum is made anew


@dataclass(frozen=True, slots=True)
class _Held:
    program: Bound
    size: int


class Codes:
    """The programs used last, by count and the memory they take. May be used from any thread.

    A source says little about memory: its program takes 10 to 50 times as much, and a constant of
    a few characters may have 65,536.
    """

    def __init__(self, *, count_most: int = COUNT_MOST, bytes_most: int = BYTES_MOST) -> None:
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._bytes = 0
        self._until_counted = _COUNT_EVERY
        self._count_most = count_most
        self._bytes_most = bytes_most
        self.artifacts: Artifacts | None = None

    def of(self, code_hash: bytes, source: bytes) -> Bound:
        """The program of a source with that hash. Raises SourceRefused."""
        held = self._held.get(code_hash)
        if held is not None:
            self._touch(code_hash)
            return held.program
        data = self._stored(code_hash)
        program = Program.from_bytes(data)
        if program is None:
            program = compile_module(lang.parse_and_check(source))
            data = program.to_bytes()
            if self.artifacts is not None:
                self.artifacts.save(code_hash, _sealed(code_hash, data))
        bound = program.bound(HOST)
        self._hold(code_hash, _Held(bound, _size(program, data)))
        return bound

    def _stored(self, code_hash: bytes) -> bytes:
        """The artifact; a damaged one is none, and none is a program of no engine."""
        data = None if self.artifacts is None else self.artifacts.load(code_hash)
        if data is None or _sealed(code_hash, data[_CHECK_BYTES:]) != data:
            return b""
        return data[_CHECK_BYTES:]

    def _touch(self, code_hash: bytes) -> None:
        try:
            self._held.move_to_end(code_hash)
        except KeyError:  # another thread has just let it go
            return

    def _hold(self, code_hash: bytes, held: _Held) -> None:
        self._held[code_hash] = held
        self._bytes += held.size
        self._until_counted -= 1
        if self._until_counted <= 0 or self._bytes > self._bytes_most:
            self._until_counted = _COUNT_EVERY
            self._bytes = self.size_bytes
        while len(self._held) > self._count_most or self._bytes > self._bytes_most:
            try:
                _, gone = self._held.popitem(last=False)
            except KeyError:  # another thread has let the last one go
                self._bytes = 0
                return
            self._bytes -= gone.size

    @property
    def size_bytes(self) -> int:
        """About how much memory the programs take."""
        return sum(held.size for held in list(self._held.values()))

    def clear(self) -> None:
        """Forget what is in memory."""
        self._held.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)


def _size(program: Program, data: bytes) -> int:
    return PROGRAM_BYTES + FUNCTION_BYTES * len(program.functions) + len(data)


def _sealed(code_hash: bytes, data: bytes) -> bytes:
    """A program's bytes behind a check of them and of the source that they belong to."""
    return sha3(code_hash + data) + data


CODES = Codes()
"""The programs of this process."""


def programs_of(setting: Setting) -> Compiler:
    """Where a run gets its programs: what its setting names, else those of this process."""
    return CODES if setting.programs is None else setting.programs
