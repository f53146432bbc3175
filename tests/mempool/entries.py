"""Entries without signatures, for rules that never look at one."""

from __future__ import annotations

from core.tx import SignedTx, Witness
from execution.accounts import Account
from execution.transfer import Transfer
from mempool.rules.entry import Entry, Standing
from mempool.rules.limits import LOCAL
from tests.mempool.world import unsigned


def entry(owner, nonce, *, arrival, cost=None, source=LOCAL, **changes) -> Entry:
    """``cost`` sets the value so that gas and value together come to it."""
    tx = unsigned(owner, nonce, **changes)
    if cost is not None:
        value = cost - tx.gas * tx.max_fee
        assert value >= 0
        tx = unsigned(owner, nonce, **changes, body={**tx.body, "value": value})
    witness = Witness(owner.alg, bytes(3309), owner.public_key)
    body = Transfer(tx.body["to"], tx.body["value"])
    return Entry(SignedTx(tx, witness), body, owner.public_key, arrival, arrival, source)


def standing(nonce: int, balance: int) -> Standing:
    return Standing(Account(nonce, balance), None, b"%d %d" % (nonce, balance))
