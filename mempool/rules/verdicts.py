"""Which refusals of a transaction are final, whatever the chain does."""

from __future__ import annotations

from core.errors import EncodingRefused, Refused
from execution import errors as rules
from mempool.errors import OutOfTime

FOR_EVER = (
    EncodingRefused,
    rules.WrongChain,
    rules.RecipientRefused,
    rules.BlobFeeUnused,
    rules.KeyMismatch,
    rules.SignatureInvalid,
)
"""Refusals that no later head can lift, so that the same bytes need no second look."""


def may_pass(refusal: Refused) -> bool:
    """Whether another head may lift this refusal."""
    return not isinstance(refusal, (*FOR_EVER, OutOfTime))
