"""The checks of one transaction against the state that the next block starts from.

The rules and their order are ``execution.validity``'s. Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from consensus.rules import fees
from consensus.rules.transition import KINDS
from core.errors import Refused
from core.header import Header
from core.network import Network
from core.ports import StateReader
from core.tx import SignedTx
from execution import accounts, validity
from execution.accounts import Account
from execution.validity import Prices
from mempool import errors
from mempool.rules.entry import Entry, Standing

_REMEMBERED_SENDERS = 10_000


@dataclass(frozen=True)
class NextBlock:
    """What the block after ``head`` asks, and the senders looked up for it so far.

    ``fee_floor`` is the least that the base fee can be there, nANM per gas.
    """

    head: Header
    height: int
    prices: Prices
    fee_floor: int
    algs: frozenset[int]
    standings: dict[bytes, Standing] = field(default_factory=dict)

    @classmethod
    def after(cls, head: Header, network: Network) -> NextBlock:
        """The child of ``head``."""
        height = head.height + 1
        params = network.at(height).params
        prices = Prices(
            fees.next_base_fee(head, params), fees.next_blob_fee(head, params), params.gas_limit
        )
        algs = frozenset(alg for alg, first in network.alg_from if first <= height)
        return cls(head, height, prices, params.base_fee_floor, algs)

    def standing(self, sender: bytes, state: Callable[[], StateReader]) -> Standing:
        """A sender's account and key, read once per head."""
        known = self.standings.get(sender)
        return known if known is not None else self._read([sender], state)[sender]

    def look_up(self, senders: Iterable[bytes], state: Callable[[], StateReader]) -> None:
        """Read in one go those that are not known yet."""
        missing = {sender for sender in senders if sender not in self.standings}
        if missing:
            self._read(missing, state)

    def _read(
        self, senders: Collection[bytes], state: Callable[[], StateReader]
    ) -> dict[bytes, Standing]:
        found = read_standings(state(), senders)
        if len(self.standings) >= _REMEMBERED_SENDERS:
            self.standings.clear()
        self.standings.update(found)
        return found


def read_standings(reader: StateReader, senders: Iterable[bytes]) -> dict[bytes, Standing]:
    """Accounts and keys of all ``senders`` in one read."""
    listed = list(senders)
    records = [(module, s) for s in listed for module in (accounts.MODULE, accounts.KEY_MODULE)]
    found = reader.get_many(records)
    standings = {}
    for sender in listed:
        record = found.get((accounts.MODULE, sender))
        key = accounts.decode_key(found.get((accounts.KEY_MODULE, sender)))
        standings[sender] = Standing(Account.of_record(record), key, record)
    return standings


def fitted(tx: SignedTx, stored_key: bytes | None) -> SignedTx:
    """The form that a block takes: without the public key when the chain stores it."""
    return tx if stored_key is None or tx.witness.pk is None else tx.with_key(None)


def check_minimum(entry: Entry, base_fee: int, min_fee: int) -> None:
    """Raises ``pool.fee_below_minimum``; below the base fee the chain has its own code."""
    max_fee = entry.tx.unsigned.max_fee
    if base_fee <= max_fee < min_fee:
        raise errors.FeeBelowMinimum(
            f"tx.maxFee is {max_fee}, this node's minimum {min_fee}",
            field="tx.maxFee",
            required=min_fee,
        )


def check_account(entry: Entry, account: Account, prices: Prices) -> None:
    """Everything after the signature; a nonce that is too high is no fault here."""
    tx = entry.tx
    if entry.nonce < account.nonce:
        validity.check_nonce(tx, account)
    validity.check_fees(tx, prices.base_fee)
    validity.check_gas(tx, prices.gas_left)
    validity.check_balance(tx, entry.body, account.balance)


def became_invalid(entry: Entry, network: Network, next_block: NextBlock) -> Refused | None:
    """The rule that a pooled entry breaks at the next block, whatever its sender's account is.

    Only height and, in the form that the block now takes, the intrinsic gas can have changed.
    """
    unsigned = entry.tx.unsigned
    in_time = unsigned.until is None or unsigned.until >= next_block.height
    enough = entry.intrinsic <= unsigned.gas
    if in_time and enough and entry.tx.witness.alg in next_block.algs:
        return None
    try:
        validity.check_form(entry.tx, network, next_block.height, KINDS)
        validity.check_gas(entry.tx, next_block.prices.gas_left)
    except Refused as refusal:
        return refusal
    return None
