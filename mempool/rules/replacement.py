"""When a transaction takes the place of another of its nonce. Source: docs/spec/mempool.md."""

from __future__ import annotations

from mempool import errors
from mempool.rules.entry import Entry
from mempool.rules.limits import REPLACEMENT_BYTES, REPLACEMENT_PERCENT, REPLACEMENT_TIMES


def check_replacement(entry: Entry, old: Entry) -> None:
    """Both fees rise by a tenth, and the size stays in proportion.

    Raises ``pool.duplicate``, ``pool.replacement_underpriced`` or ``pool.replacement_too_large``.
    """
    if entry.txid == old.txid:
        raise errors.Duplicate("the transaction is in the pool", txid="0x" + entry.txid.hex())
    new, known = entry.tx.unsigned, old.tx.unsigned
    _check_fee("maxFee", new.max_fee, known.max_fee, old)
    _check_fee("maxTip", new.max_tip, known.max_tip, old)
    most = max(old.size * REPLACEMENT_TIMES, old.size + REPLACEMENT_BYTES)
    if entry.size > most:
        raise errors.ReplacementTooLarge(
            f"the transaction has {entry.size} bytes, to replace the waiting one of nonce "
            f"{entry.nonce} it may have at most {most}",
            field="tx",
            most=most,
            txid="0x" + old.txid.hex(),
        )


def _check_fee(name: str, ours: int, theirs: int, old: Entry) -> None:
    required = -(-theirs * REPLACEMENT_PERCENT // 100)
    if ours < required:
        raise errors.ReplacementUnderpriced(
            f"tx.{name} is {ours}, to replace the waiting transaction of nonce {old.nonce} "
            f"it must be at least {required}",
            field=f"tx.{name}",
            required=required,
            txid="0x" + old.txid.hex(),
        )
