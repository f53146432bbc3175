"""Files of blocks: the best chain from a height up. Format: docs/operations/ledger.md.

    head      magic "ANIMBLKS", u32 version, u64 chain id, 32 bytes genesis hash, u64 first height
    blocks    u32 length, the block's canonical encoding; again and again
    end       u32 zero, u64 count of blocks, SHA3-256 over every byte before it

Integers are big endian. A file of blocks comes from anywhere: lengths are bounded before anything
is read, and what is inside goes through the importer like any other block.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha3_256
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from animica_site.ledger.faults import (
    BlockFileCut,
    BlockFileDamaged,
    BlockFileForm,
    FileExists,
    FileUnusable,
)
from animica_site.progress import Progress

MAGIC = b"ANIMBLKS"
VERSION = 1
_HEAD = Struct(">8sIQ32sQ")
_LENGTH = Struct(">I")
_COUNT = Struct(">Q")
_DIGEST_BYTES = 32


@dataclass(frozen=True)
class FileHead:
    """What a file says of itself: its chain, and the height of its first block."""

    chain: int
    genesis: bytes
    first: int

    def encode(self) -> bytes:
        """The first 60 bytes of the file."""
        return _HEAD.pack(MAGIC, VERSION, self.chain, self.genesis, self.first)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """The system's refusals about a file as a ``FileUnusable`` that names it."""
    try:
        yield
    except OSError as error:
        raise FileUnusable(
            f"{path} cannot be used: {error.strerror or error}", path=str(path)
        ) from None


# ------------------------------------------------------------------ writing


def part_of(path: Path) -> Path:
    """Where a file is kept while it is in the making."""
    return path.with_name(path.name + ".part")


def write(path: Path, head: FileHead, blocks: Iterable[bytes], progress: Progress) -> int:
    """Write a file, going on with one in the making; it gets its name when it is whole.

    What is there already is compared with the blocks and kept as far as it is the same. Returns
    the count of blocks. Raises FileExists, FileUnusable.
    """
    part = part_of(path)
    if path.exists():
        raise FileExists(f"{path} is there already", path=str(path))
    with told(part), os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
        _alone(file, part)
        count = _write_blocks(file, head, blocks, progress)
        file.flush()
        os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    return count


def _alone(file: BinaryIO, part: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileUnusable(f"{part} is being written by another process", path=str(part)) from None


def _write_blocks(
    file: BinaryIO, head: FileHead, blocks: Iterable[bytes], progress: Progress
) -> int:
    out = _Writer(file)
    out.put(head.encode())
    count = 0
    for raw in blocks:
        kept = out.put(_LENGTH.pack(len(raw)) + raw)
        count += 1
        if kept:
            progress.skip(1)
        else:
            progress.advance()
    out.put(_LENGTH.pack(0) + _COUNT.pack(count))
    out.put(out.digest.digest())
    file.truncate(file.tell())  # what was behind is of a longer export
    return count


class _Writer:
    """Puts bytes behind each other; those that the file has already are not written again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._same = True
        self.digest = sha3_256()

    def put(self, data: bytes) -> bool:
        """Whether the file had these bytes here."""
        if self._same and self._file.read(len(data)) != data:
            self._same = False
            self._file.seek(self._at)
            self._file.truncate()
        if not self._same:
            self._file.write(data)
        self._at += len(data)
        self.digest.update(data)
        return self._same


def sync_folder(folder: Path) -> None:
    """Make a rename in a directory last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ------------------------------------------------------------------ reading


class BlockFile:
    """A file of blocks open for reading; blocks of more than ``most`` bytes are refused."""

    def __init__(self, file: BinaryIO, *, most: int) -> None:
        self._file = file
        self._most = most
        self.head = _read_head(file)

    def check(self, progress: Progress) -> int:
        """Read the file through: lengths, end mark, count, digest; the count of blocks.

        Raises BlockFileCut or BlockFileDamaged.
        """
        digest = sha3_256(self.head.encode())
        count = 0
        for raw in self.blocks():
            digest.update(_LENGTH.pack(len(raw)))
            digest.update(raw)
            count += 1
            progress.at(self._file.tell())
        end = self._exactly(_COUNT.size)
        digest.update(_LENGTH.pack(0))
        digest.update(end)
        if _COUNT.unpack(end) != (count,):
            raise BlockFileDamaged(f"the file has {count} blocks and says otherwise", count=count)
        if self._exactly(_DIGEST_BYTES) != digest.digest():
            raise BlockFileDamaged("the digest is not that of the bytes before it")
        if self._file.read(1):
            raise BlockFileDamaged("the file goes on behind its end mark")
        return count

    def blocks(self) -> Iterator[bytes]:
        """The encodings of its blocks, from the first to the end mark."""
        self._file.seek(_HEAD.size)
        while True:
            (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
            if length == 0:
                return
            if length > self._most:
                raise BlockFileDamaged(
                    f"a block of {length} bytes, the most is {self._most}", most=self._most
                )
            yield self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise BlockFileCut("the file ends before its end mark", at=self._file.tell())
        return data


def _read_head(file: BinaryIO) -> FileHead:
    data = file.read(_HEAD.size)
    if data[: len(MAGIC)] != MAGIC:
        raise BlockFileForm("the file does not begin as a file of blocks does")
    if len(data) < _HEAD.size:
        raise BlockFileCut("the file ends inside its first bytes", at=len(data))
    _, version, chain, genesis, first = _HEAD.unpack(data)
    if version != VERSION:
        raise BlockFileForm(f"the file has version {version}", version=version)
    return FileHead(chain, genesis, first)
