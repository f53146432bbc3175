"""Puts a template together from what the node has: its head, its transactions, its proofs.

Source: docs/spec/mining.md.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from consensus.proof_pool import Candidates
from consensus.rules import proofs, selection
from consensus.rules.fees import next_base_fee
from consensus.rules.selection import Producer
from core.header import Header
from core.network import Network
from core.ports import Clock
from core.proof import Envelope
from core.tx import SignedTx
from execution.errors import KeyMissing, NonceLow
from execution.view import View
from mining import template
from mining.ports import Ledger, Pool, Proofs
from mining.template import Base, Left, Template, Wishes

log = logging.getLogger("animica.mining")

PROOFS_PART = 4
"""Proofs take at most this part of a block's bytes: a quarter."""

# A pool that has not heard of the newest head yet offers what is mined already, or was fitted to
# a state with other keys. It will hear; nothing is to be dropped for it.
_POOL_MAY_BE_BEHIND = (NonceLow, KeyMissing)


class Assembly:
    """Builds templates paid to ``coinbase`` (34 bytes), with ``extra`` (≤ 32 bytes) in them."""

    def __init__(
        self,
        *,
        network: Network,
        ledger: Ledger,
        pool: Pool,
        proofs: Proofs,
        clock: Clock,
        coinbase: bytes,
        extra: bytes,
    ) -> None:
        self._network = network
        self._ledger = ledger
        self._pool = pool
        self._proofs = proofs
        self._clock = clock
        self._coinbase = coinbase
        self._extra = extra

    def build(self, parent: Header, *, most: int | None) -> Template | None:
        """A template on ``parent``, or None when it is the head no longer."""
        params = self._network.at(parent.height + 1).params
        base_fee = next_base_fee(parent, params)
        waiting = self._proofs.candidates()
        candidates = self._pool.select(
            base_fee=base_fee, gas=params.gas_limit, size=params.block_bytes
        )
        time_ms = max(self._clock.now_ms(), parent.time + 1)
        with self._ledger.snapshot():
            if not waiting.head == self._ledger.head().hash == parent.hash:
                return None
            base = Base(
                network=self._network,
                parent=parent,
                grandparent=self._parent_of(parent),
                reader=self._ledger.reader(),
                stage=lambda changes: self._ledger.stage_state(changes).root,
                lineage=self._ledger.ancestors(parent.height),
            )
            wishes = Wishes(self._coinbase, self._extra, time_ms, most)
            chosen = self._chosen(base, waiting)
            made = template.build(base, wishes, candidates, chosen, partial(self._more, base_fee))
        self._report(made)
        return made

    def _more(self, base_fee: int, left: Left) -> Sequence[SignedTx]:
        """Candidates for what the first ones left."""
        return self._pool.select(
            base_fee=base_fee,
            gas=left.gas,
            size=left.size,
            taken=left.taken,
            without=left.without,
        )

    def _chosen(self, base: Base, waiting: Candidates) -> tuple[Envelope, ...]:
        """The proofs that this producer does best to include."""
        height = base.parent.height + 1
        producer = Producer(
            coinbase=self._coinbase,
            height=height,
            alphas=proofs.tuning_at(View(base.reader), height, self._network).alphas,
            size_bytes=base.rules.params.block_bytes // PROOFS_PART,
        )
        return selection.choose(waiting.proofs, producer, base.rules.poies)

    def _report(self, made: Template) -> None:
        """Tell both pools what can be in no block."""
        for skipped in made.skipped:
            txid = skipped.tx.txid
            log.info("left out %s: %s", txid.hex(), skipped.refusal)
            if not isinstance(skipped.refusal, _POOL_MAY_BE_BEHIND):
                self._pool.drop(txid, skipped.refusal)
        for left_out in made.skipped_proofs:
            self._proofs.drop(left_out.envelope.nullifier, left_out.refusal)

    def _parent_of(self, header: Header) -> Header | None:
        if header.height == 0:
            return None
        stored = self._ledger.stored(header.parent)
        assert stored is not None, "a stored block's parent is stored"
        return stored.header
