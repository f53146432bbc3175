"""Snapshots on disk: a directory with a state in proven chunks. Docs: operations/ledger.md.

    manifest.cbor     what is in it, written last
    headers.bin       u32 length and encoding of every header from block 1 on; may be absent
    chunks/000000 …   the chunks, as they are on the wire

Whoever reads one believes nothing of it: ``verified`` proves every chunk against the header.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from animica_site.ledger.blockfile import sync_folder
from animica_site.ledger.faults import (
    FileUnusable,
    SnapshotDamaged,
    SnapshotEmpty,
    SnapshotForm,
    SnapshotHeadersMissing,
)
from chain import queries
from chain.errors import Pruned, StateNotYet, StateTooFarBack
from core import statetree
from core.errors import EncodingRefused, Refused
from core.header import HEADER_BYTES, Header
from core.statetree import FIRST_KEY, LAST_KEY
from p2p.rules import limits
from p2p.rules.snapshots import chunks
from p2p.rules.snapshots.chunks import Piece
from p2p.rules.snapshots.manifest import Manifest

MANIFEST = "manifest.cbor"
HEADERS = "headers.bin"
CHUNKS = "chunks"
_OF = "of.cbor"  # only while it is made: the header that it will be of
_LENGTH = Struct(">I")
_HEADERS_AT_ONCE = queries.HEADERS_MOST

Step = Callable[[int], None]
"""Hears of more records or headers that are done; raises to break the work off."""


def name_of(header: Header) -> str:
    """The directory's name among those that a node serves."""
    return f"{header.height}-{header.hash.hex()[:16]}"


# ------------------------------------------------------------------ making


def make(
    folder: Path,
    *,
    height: int | None = None,
    headers: bool = True,
    step: Step = lambda count: None,
    skip: Step = lambda count: None,
) -> Manifest:
    """Write the state after a block (None: the head) to a new directory.

    It lies beside it until it is whole. What an interrupted call left is gone on with where that
    state can still be read, as ``skip`` hears. Raises SnapshotEmpty, FileUnusable, StateNotYet,
    Pruned, StateTooFarBack.
    """
    part = folder.with_name(folder.name + ".part")
    begun = _begun(part) if height is None else None
    if begun is not None:
        with suppress(StateTooFarBack, Pruned, StateNotYet):
            return _make(folder, part, begun, headers, step, skip)
    _clear(part)
    return _make(folder, part, height, headers, step, skip)


def _begun(part: Path) -> int | None:
    """The height of what was interrupted, if its block is still on the best chain."""
    try:
        header = Header.decode((part / _OF).read_bytes())
    except (OSError, EncodingRefused):
        return None
    found = queries.block_by_height(header.height)
    return header.height if found is not None and found.hash == header.hash else None


def _clear(part: Path) -> None:
    """Take away what an interrupted call left; strangers' files stay."""
    known = {_OF, HEADERS, MANIFEST, CHUNKS}
    if part.is_dir():
        for path in part.iterdir():
            if path.name not in known:
                raise FileUnusable(f"{path} is no part of a snapshot", path=str(path))
        shutil.rmtree(part)


def _make(
    folder: Path, part: Path, height: int | None, headers: bool, step: Step, skip: Step
) -> Manifest:
    with queries.provable(height) as state:
        header = state.header
        if header.height == 0:
            raise SnapshotEmpty("the chain has no block above genesis yet")
        (part / CHUNKS).mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(part / _OF, header.encoded)
        count, first, records, size = _kept(part, header.roots.state)
        skip(records)
        if first is not None:
            rows = ((key, (r.module, r.id), r.value) for key, r in state.records(first, LAST_KEY))
            for piece in chunks.pieces(rows, first):
                proof = statetree.prove_range(state.source, piece.first, piece.last)
                data = chunks.encode(piece, proof)
                _put(_chunk(part, count), data)
                count, records, size = count + 1, records + len(piece.records), size + len(data)
                step(len(piece.records))
        if headers:
            _put_headers(part / HEADERS, header.height)
    made = Manifest(header, count, records, size)
    (part / _OF).unlink()
    _put(part / MANIFEST, made.encode())
    sync_folder(part / CHUNKS)
    sync_folder(part)
    part.replace(folder)
    sync_folder(folder.parent)
    return made


def _kept(part: Path, root: bytes) -> tuple[int, bytes | None, int, int]:
    """Count, following key, records and bytes of the chunks that are there and right."""
    following: bytes | None = FIRST_KEY
    count = records = size = 0
    while following is not None and _chunk(part, count).is_file():
        data = _chunk(part, count).read_bytes()
        try:
            piece = chunks.proven(data, root)
        except Refused:  # cut short; it is made again
            break
        if piece.first != following:
            break
        count, records, size = count + 1, records + len(piece.records), size + len(data)
        following = piece.following
    return count, following, records, size


def _put(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _put_headers(path: Path, height: int) -> None:
    with path.open("wb") as file:
        for first in range(1, height + 1, _HEADERS_AT_ONCE):
            count = min(_HEADERS_AT_ONCE, height - first + 1)
            for header in queries.headers(first, count):
                file.write(_LENGTH.pack(len(header.encoded)) + header.encoded)
        file.flush()
        os.fsync(file.fileno())


def _chunk(folder: Path, index: int) -> Path:
    return folder / CHUNKS / f"{index:06d}"


# ------------------------------------------------------------------ reading


@dataclass(frozen=True)
class SnapshotFolder:
    """A snapshot's directory with its manifest read."""

    path: Path
    manifest: Manifest

    @property
    def has_headers(self) -> bool:
        """Whether the headers that lead to it are there."""
        return (self.path / HEADERS).is_file()

    def headers(self) -> Iterator[Header]:
        """Every header from block 1 on, as decoded. Raises SnapshotHeadersMissing or -Damaged."""
        if not self.has_headers:
            raise SnapshotHeadersMissing(f"{self.path} has no {HEADERS}")
        last = None
        with (self.path / HEADERS).open("rb") as file:
            while length := file.read(_LENGTH.size):
                size = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else 0
                data = file.read(size) if 0 < size <= HEADER_BYTES else b""
                if not data or len(data) != size:
                    raise SnapshotDamaged(f"{HEADERS} is cut or damaged", file=HEADERS)
                last = _header(data)
                yield last
        if last is None or last.hash != self.manifest.header.hash:
            raise SnapshotDamaged(f"{HEADERS} does not end with the snapshot's", file=HEADERS)

    def chunk(self, index: int) -> bytes | None:
        """A chunk as it is on the wire, None where there is none."""
        try:
            with _chunk(self.path, index).open("rb") as file:
                return file.read(chunks.DATA_BYTES)
        except FileNotFoundError:
            return None

    def verified(self, start: int = 0, first: bytes = FIRST_KEY) -> Iterator[Piece]:
        """The chunks from number ``start`` and key ``first`` on, each proven, without a gap.

        Raises SnapshotDamaged.
        """
        following: bytes | None = first
        index = start
        while following is not None:
            piece = self._proven(index)
            if piece.first != following:
                raise SnapshotDamaged(
                    f"chunk {index} does not follow the one before it", chunk=index
                )
            yield piece
            following, index = piece.following, index + 1
        if index != self.manifest.chunks:
            raise SnapshotDamaged(
                f"the state has {index} chunks, the manifest says {self.manifest.chunks}",
                file=MANIFEST,
            )

    def _proven(self, index: int) -> Piece:
        data = self.chunk(index)
        if data is None:
            raise SnapshotDamaged(f"chunk {index} is missing", chunk=index)
        try:
            return chunks.proven(data, self.manifest.header.roots.state)
        except Refused as refusal:
            raise SnapshotDamaged(f"chunk {index} is not proven: {refusal}", chunk=index) from None


def _header(data: bytes) -> Header:
    try:
        return Header.decode(data)
    except EncodingRefused as refusal:
        raise SnapshotDamaged(f"a header cannot be read: {refusal}", file=HEADERS) from None


def read(path: Path) -> SnapshotFolder:
    """The snapshot in a directory. Raises SnapshotForm."""
    try:
        with (path / MANIFEST).open("rb") as file:
            data = file.read(limits.MANIFEST_BYTES + 1)
        return SnapshotFolder(path, Manifest.decode(data))
    except OSError as error:
        raise SnapshotForm(f"{path} has no {MANIFEST} that can be read: {error.strerror}") from None
    except EncodingRefused as refusal:
        raise SnapshotForm(f"{path / MANIFEST} cannot be understood: {refusal}") from None
