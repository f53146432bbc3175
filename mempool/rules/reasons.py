"""The sentences of drops and refusals that the queues have in common."""

from __future__ import annotations

from core.errors import TxRefused
from execution import validity
from execution.errors import InsufficientFunds
from mempool import errors
from mempool.rules.entry import Entry, Standing


def unfunded(required: int, balance: int) -> InsufficientFunds:
    """The balance does not cover what waits."""
    return InsufficientFunds(
        f"the sender's waiting transactions need {required} nANM and it has {balance}",
        field="tx.from",
        required=str(required),
        available=str(balance),
    )


def passed(entry: Entry, standing: Standing) -> TxRefused:
    """The account is past the nonce."""
    try:
        validity.check_nonce(entry.tx, standing.account)
    except TxRefused as refusal:
        return refusal
    raise AssertionError("the nonce has been passed")


def held_limit(most: int, missing: int) -> errors.HeldLimit:
    """Too many wait for a nonce."""
    return errors.HeldLimit(
        f"{most} transactions of the sender wait for nonce {missing}",
        field="tx.nonce",
        required=missing,
        most=most,
    )


def sender_limit(most: int) -> errors.SenderLimit:
    """Too many of one sender wait."""
    return errors.SenderLimit(f"{most} transactions of the sender wait", field="tx.from", most=most)


def evicted(entry: Entry, *, is_ready: bool) -> errors.Evicted:
    """Others pay more, or can be in a block before it."""
    if not is_ready:
        return errors.Evicted("the pool was full and it waited for an earlier nonce")
    return errors.Evicted(
        f"the pool was full and a maxFee of {entry.tx.unsigned.max_fee} was among the least"
    )


def crowded() -> errors.SourceShare:
    """It left for one of its own source that pays more, or that a block could take before it."""
    return errors.SourceShare(
        "its source had taken up its share of the pool and sent one that goes before it"
    )


def out_of_time(ttl_ms: int) -> errors.OutOfTime:
    """It waited too long."""
    return errors.OutOfTime(f"it waited longer than {ttl_ms // 60_000} minutes")


def replaced(by: Entry) -> errors.Replaced:
    """Another one has its nonce now."""
    txid = "0x" + by.txid.hex()
    return errors.Replaced(f"replaced by {txid}, which pays more for the same nonce", by=txid)
