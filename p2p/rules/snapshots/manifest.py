"""What a snapshot says of itself. Nothing of it is believed. Source: docs/spec/p2p.md."""

from __future__ import annotations

from dataclasses import dataclass

from core import cbor
from core.errors import EncodingRefused
from core.fields import Fields, keys
from core.header import HEADER_BYTES, Header
from p2p.rules import limits

VERSION = 1
_KEYS = keys(("v", "bytes", "chunks", "header", "records"))


class ManifestInvalid(EncodingRefused):
    """A manifest that cannot be one of a snapshot."""

    code = "snapshot.manifest"
    hint = "Get the snapshot from somebody else."


@dataclass(frozen=True, slots=True)
class Manifest:
    """The header whose state it is; how many chunks and records it has, and bytes in its chunks.

    The numbers are for planning and for the progress bar: where the state ends, chunks prove.
    """

    header: Header
    chunks: int
    records: int
    size: int

    def encode(self) -> bytes:
        """The canonical encoding."""
        return cbor.encode(
            {
                "v": VERSION,
                "bytes": self.size,
                "chunks": self.chunks,
                "header": self.header.encoded,
                "records": self.records,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        """The manifest in ``data``. Raises ManifestInvalid or another ``EncodingRefused``."""
        value = cbor.decode(data, limit=limits.MANIFEST_BYTES, what="manifest")
        f = Fields(value, "manifest", _KEYS, frozenset())
        if f.uint("v") != VERSION:
            raise ManifestInvalid(f"the manifest is of version {f.uint('v')}", field="v")
        found = cls(
            header=Header.decode(f.data("header", most=HEADER_BYTES)),
            chunks=f.uint("chunks"),
            records=f.uint("records"),
            size=f.uint("bytes"),
        )
        if not 0 < found.chunks <= limits.CHUNKS_MOST:
            raise ManifestInvalid(
                f"a snapshot has 1 to {limits.CHUNKS_MOST} chunks, not {found.chunks}",
                field="chunks",
            )
        if found.header.height == 0:
            raise ManifestInvalid("a snapshot is of a block above genesis", field="header")
        return found
