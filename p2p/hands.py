"""Does what the engine wants done: hands it on, in order, to whoever can. In its thread."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from consensus.service import Importer
from p2p.load import Loading
from p2p.net.limits import SENDS_BATCH
from p2p.net.switchboard import NetAction, Switchboard
from p2p.rules.actions import (
    Action,
    AdmitProof,
    AdmitTxs,
    BeginSnapshot,
    Close,
    Dial,
    ImportBlock,
    Note,
    RefusedBranch,
    Send,
    SetSyncing,
    StoreChunk,
)
from p2p.work import Admitting, Importing

log = logging.getLogger("animica.p2p")

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


_TAKEN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class Hands:
    """Network actions are handed over in batches; ``flush`` sends off what is collected."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        importing: Importing,
        admitting: Admitting,
        loading: Loading,
        importer: Importer,
    ) -> None:
        self._switchboard = switchboard
        self._importing = importing
        self._admitting = admitting
        self._loading = loading
        self._importer = importer
        self._batch: list[NetAction] = []
        self.notes: Counter[str] = Counter()
        """How often each kind of note came, by its name; for metrics."""

    def do(self, actions: Iterable[Action]) -> None:
        """Hand over every action."""
        for action in actions:
            match action:
                case Send() | Close() | Dial():
                    self._batch.append(action)
                case ImportBlock():
                    self._importing.do(action)
                case AdmitTxs() | AdmitProof():
                    self._admitting.do(action)
                case BeginSnapshot() | StoreChunk():
                    self._loading.do(action)
                case SetSyncing(on):
                    self._importer.syncing = on
                case RefusedBranch():
                    self._importing.alarm(action)
                case Note():
                    self._note(action)
        if len(self._batch) >= SENDS_BATCH:
            self.flush()

    def flush(self) -> None:
        """Send off what is collected."""
        if self._batch:
            batch, self._batch = self._batch, []
            self._switchboard.perform(batch)

    def _note(self, note: Note) -> None:
        self.notes[note.name] += 1
        log.log(
            _LEVELS[note.level],
            note.name,
            extra={_spelt(key): value for key, value in note.facts.items()},
        )


def _spelt(key: str) -> str:
    """The name of a fact in a line of the log, which has some names of its own."""
    return f"{key}_" if key in _TAKEN else key
