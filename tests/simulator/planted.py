"""Three faults that the simulator must find, planted in a running process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from chain.store import state
from chain.store.unit import Unit
from core.ports import RecordKey


@contextmanager
def bans_for_ever() -> Iterator[None]:
    """Bans do not decay: who is banned once stays banned."""
    from p2p.rules.conduct import bans

    never = 10**15
    with patch.object(bans, "length_ms", lambda times: never):
        yield


@contextmanager
def sync_without_locator() -> Iterator[None]:
    """Sync asks for what follows its own head and nothing else."""
    from p2p.rules.sync import headers

    with patch.object(headers, "locator", lambda tip, tree, ledger: (ledger.head().hash,)):
        yield


@contextmanager
def undo_leaves_a_record() -> Iterator[None]:
    """Taking blocks off the chain leaves one record as it was; the tree knows better."""
    real = Unit._restore

    def restore(unit: Unit, ancestor: Any) -> None:
        write = state.write

        def all_but_one(values: Mapping[RecordKey, bytes | None]) -> None:
            kept = dict(values)
            if len(kept) > 1:
                del kept[min(kept)]
            write(kept)

        with patch.object(state, "write", all_but_one):
            real(unit, ancestor)

    with patch.object(Unit, "_restore", restore):
        yield


PLANTED = {
    "bans-for-ever": bans_for_ever,
    "sync-without-locator": sync_without_locator,
    "undo-leaves-a-record": undo_leaves_a_record,
}


@contextmanager
def planting(name: str | None) -> Iterator[None]:
    """With the fault of this name, if any."""
    if name is None:
        yield
        return
    with PLANTED[name]():
        yield
