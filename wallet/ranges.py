"""Runs of the state, checked against a sealed header: nothing in them is left out.

The answer of ``state.getRange`` carries the header (CBOR), the records and the proof. As with
single records (``wallet.proofs``) nothing of it is believed: hash and seal are checked, keys are
computed here from module and id, and records and proof together must lead to the header's state
root.
Source: docs/spec/state.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core.header import Header
from core.statetree import LAST_KEY, RangeProof, StateProofInvalid, leaf_of, verify_range
from wallet.answers import Answer, fault
from wallet.proofs import read_header

METHOD = "state.getRange"
RECORDS_MOST = 256
"""Most records of an answer; a page asks for no more."""
_MODULE = re.compile(r"[a-z]{1,16}")


@dataclass(frozen=True)
class ProvenRange:
    """All records, (module, id, value) by rising key, from key ``first`` to ``last``."""

    header: Header
    first: bytes
    last: bytes
    records: tuple[tuple[str, bytes, bytes], ...]

    @property
    def following(self) -> bytes | None:
        """The key right after this range, None after the highest."""
        if self.last == LAST_KEY:
            return None
        return (int.from_bytes(self.last) + 1).to_bytes(32)


def verify_records(
    answer: Any,
    first: bytes,
    last: bytes,
    *,
    chain: int,
    genesis: bytes | None = None,
    height: int | None = None,
) -> ProvenRange:
    """Check an answer of ``state.getRange`` to the range ``first`` to ``last``.

    It may end early, at its last record's key. ``height`` and ``genesis`` are as for a single
    record. Raises ``HeaderUnproven``, ``StateProofInvalid``, ``NodeAnswerInvalid`` or an
    ``EncodingRefused``.
    """
    fields = Answer(answer, METHOD)
    header = read_header(fields, chain=chain, genesis=genesis, height=height)
    records = tuple(map(_record, fields.objects("records", RECORDS_MOST)))
    leaves = [leaf_of(*record) for record in records]
    reached = fields.data("last", 32)
    if fields.data("first", 32) != first:
        raise StateProofInvalid("the proof is for another range", field="first")
    # Otherwise a node could answer a long range key by key, without a record.
    if reached != last and not (leaves and reached == leaves[-1][0] and reached < last):
        raise StateProofInvalid("the range ends neither as asked nor at a record", field="last")
    verify_range(
        header.roots.state, first, reached, leaves, RangeProof.decode(fields.data("proof"))
    )
    return ProvenRange(header, first, reached, records)


def _record(fields: Answer) -> tuple[str, bytes, bytes]:
    module = fields.text("module")
    if not _MODULE.fullmatch(module):
        raise fault(METHOD, "module", "the name of a module")
    return module, fields.data("id"), fields.data("value")
