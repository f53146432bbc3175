"""The state of others, chunk by proven chunk. Source: docs/spec/p2p.md, "Snapshots".

manifest, chunks    their bytes, and what makes a chunk believed
choice              which snapshot, out of those that peers offer
search, fetch       its manifest, its chunks from several peers at once
asked               what was asked for and may still come
part                the whole: ``Snapshots(ctx, sync)``
"""

from p2p.rules.snapshots.part import Snapshots

__all__ = ["Snapshots"]
