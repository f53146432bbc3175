"""What the miner asks of the slices below it, as protocols that composition fills."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from chain.values import StagedState, StoredHeader
from consensus.proof_pool import Candidates
from core.errors import Refused
from core.ports import RecordKey, StateReader
from core.proof import Envelope, Lineage
from core.tx import SignedTx


class Ledger(Protocol):
    """What the miner reads of the chain; ``chain.service`` is one."""

    def head(self) -> StoredHeader:
        """The head of the best chain."""

    def stored(self, hash: bytes) -> StoredHeader | None:
        """A stored header."""

    def ancestors(self, highest: int) -> Lineage:
        """The best chain up to a height."""

    def reader(self) -> StateReader:
        """The head's post-state."""

    def stage_state(self, changes: Mapping[RecordKey, bytes | None]) -> StagedState:
        """The state tree after changes to the head's state, not written."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads inside all see one commit."""


class Importer(Protocol):
    """Takes blocks in; ``consensus.service.current()`` is one."""

    def import_block(self, raw: bytes, *, source: str) -> ImportResult:
        """Judge a block and take it in; raises its refusal."""


class Pool(Protocol):
    """Where candidates come from; ``mempool.service.current()`` is one."""

    def select(
        self,
        *,
        base_fee: int,
        gas: int,
        size: int,
        taken: Collection[bytes] = (),
        without: Collection[bytes] = (),
    ) -> Sequence[SignedTx]:
        """Ready transactions, best first, within budgets of gas and bytes.

        ``taken`` are ids that the block has already, ``without`` are senders who are left out.
        """

    def drop(self, txid: bytes, refusal: Refused) -> None:
        """Forget a transaction that can be in no block."""


class Proofs(Protocol):
    """Where proofs wait; ``consensus.proof_pool.current()`` is one."""

    def candidates(self) -> Candidates:
        """Every proof that waits, and the head that this holds for."""

    def add(self, envelope: Envelope) -> None:
        """Verify a proof and keep it; raises its refusal."""

    def drop(self, nullifier: bytes, refusal: Refused) -> None:
        """Forget a proof that a block refused."""


class ImportResult(Protocol):
    """What became of an imported block."""

    @property
    def outcome(self) -> str:
        """``added`` or ``reorg`` if it is the head now, else where it went."""
