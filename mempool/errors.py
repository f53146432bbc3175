"""What the pool itself refuses or drops, beyond the rules that hold in every block.

Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from core.errors import NodeFault, TxRefused


class Duplicate(TxRefused):
    """The pool already holds a transaction with this id."""

    code = "pool.duplicate"
    hint = "Nothing to do: ask `tx.getStatus` for the transaction that is waiting."


class FeeBelowMinimum(TxRefused):
    """The greatest fee per gas is below what this node relays."""

    code = "pool.fee_below_minimum"
    hint = "Raise `maxFee` to at least `required`, or submit to another node."


class FeeBelowFloor(TxRefused):
    """The tip is below the floor that recent evictions have set."""

    code = "pool.fee_below_floor"
    hint = "Raise `maxTip` to `required` and `maxFee` to `requiredMaxFee`, or wait for the floor."


class ReplacementUnderpriced(TxRefused):
    """Another transaction of this sender and nonce waits, and this one pays too little more."""

    code = "pool.replacement_underpriced"
    hint = "Raise `maxFee` and `maxTip` by 10 % each, or use the next nonce."


class ReplacementTooLarge(TxRefused):
    """Another transaction of this sender and nonce waits, and this one is much larger."""

    code = "pool.replacement_too_large"
    hint = "Keep the replacement to `most` bytes, or wait until the other is in a block."


class HeldLimit(TxRefused):
    """Too many transactions of one sender wait for a missing nonce."""

    code = "pool.held_limit"
    hint = "Send the transactions of the missing nonces first."


class SenderLimit(TxRefused):
    """Too many transactions of one sender wait."""

    code = "pool.sender_limit"
    hint = "Wait until some of the sender's transactions are in a block."


class Full(TxRefused):
    """The pool is full and this transaction pays no more than those that wait."""

    code = "pool.full"
    hint = "Raise `maxFee` and `maxTip`, or send again when fewer transactions wait."


class SourceShare(TxRefused):
    """The source of this transaction has taken up its share of a pool that fills up."""

    code = "pool.source_share"
    hint = "Raise `maxTip` above that of the source's other transactions, or wait for blocks."


class RateLimited(TxRefused):
    """The source has submitted too much in too short a time."""

    code = "pool.rate_limited"
    hint = "Wait `retryAfterMs` milliseconds, and submit more slowly."


class OutOfTime(TxRefused):
    """Dropped because it waited longer than this node keeps transactions."""

    code = "pool.ttl"
    hint = "Send it again, or sign it again with a higher fee."


class Evicted(TxRefused):
    """Dropped to make room for a transaction that pays more."""

    code = "pool.evicted"
    hint = "Sign again with a higher fee, or send it again when fewer transactions wait."


class Replaced(TxRefused):
    """Dropped for another transaction of the same sender and nonce that pays more."""

    code = "pool.replaced"
    hint = "Follow the transaction named in `by`."


class NoPool(NodeFault):
    """This process runs no pool."""

    code = "pool.not_running"
    hint = "Ask a process of the node that holds the pool."
