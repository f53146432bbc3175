"""Transactions: drafted and priced without the key, then signed. Source: docs/spec/transactions.md.

A draft shows what a transaction may cost at most before anybody types a passphrase.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.cbor import Value
from core.tags import CONTEXT_TX
from core.tx import SignedTx, UnsignedTx, Witness
from execution.errors import InsufficientFunds, KeyMismatch, TipAboveFee
from execution.gas import intrinsic_gas
from execution.transfer import Transfer
from pq import addresses
from pq.algorithms import algorithm
from pq.signing import PrivateKey

DEFAULT_TIP = 1
"""nANM per gas."""


@dataclass(frozen=True)
class Fees:
    """Greatest fee and greatest tip, nANM per gas."""

    max_fee: int
    max_tip: int


def choose_fees(base_fee: int, tip: int = DEFAULT_TIP) -> Fees:
    """Twice the base fee and the tip: enough for five full blocks in a row before ours."""
    return Fees(2 * base_fee + tip, tip)


@dataclass(frozen=True)
class Draft:
    """An unsigned transaction and how it will be witnessed."""

    unsigned: UnsignedTx
    alg: int
    with_key: bool
    value: int

    @property
    def greatest_fee(self) -> int:
        """What the fee can come to at most, nANM."""
        return self.unsigned.gas * self.unsigned.max_fee

    @property
    def greatest_cost(self) -> int:
        """Value and greatest fee: what the sender must hold, nANM."""
        return self.value + self.greatest_fee

    def require_funds(self, balance: int) -> None:
        """Raise ``tx.insufficient_funds`` unless ``balance`` (nANM) covers the greatest cost."""
        if balance < self.greatest_cost:
            raise InsufficientFunds(
                f"value and greatest fee are {self.greatest_cost} nANM, the balance is {balance}",
                field="amount",
                required=str(self.greatest_cost),
                available=str(balance),
            )


def draft_transfer(
    *,
    sender: bytes,
    to: bytes,
    value: int,
    chain: int,
    nonce: int,
    fees: Fees,
    key_stored: bool = False,
    keep: bool = True,
    until: int | None = None,
) -> Draft:
    """A transfer of ``value`` nANM between addresses of 34 bytes.

    Unless the chain holds the sender's key, the witness brings it; ``keep`` then asks the chain to
    store it, which costs once and makes every later transaction cheaper. Raises ``field.…``,
    ``tx.recipient`` or ``tx.tip_above_fee``.
    """
    body: dict[str, Value] = {"to": to, "value": value}
    Transfer.parse(body)
    made = draft(
        "transfer",
        body,
        sender=sender,
        value=value,
        chain=chain,
        nonce=nonce,
        fees=fees,
        gas=0,
        key_stored=key_stored,
        keep=keep,
        until=until,
    )
    return replace(made, unsigned=_with_gas(made.unsigned, made.alg, made.with_key))


def draft(
    kind: str,
    body: dict[str, Value],
    *,
    sender: bytes,
    value: int,
    chain: int,
    nonce: int,
    fees: Fees,
    gas: int,
    key_stored: bool,
    keep: bool,
    until: int | None,
) -> Draft:
    """A draft of any kind whose body has been checked. Raises ``tx.tip_above_fee``."""
    if fees.max_tip > fees.max_fee:
        raise TipAboveFee(f"the tip {fees.max_tip} is above the fee {fees.max_fee}", field="maxTip")
    unsigned = UnsignedTx(
        chain=chain,
        kind=kind,
        sender=sender,
        nonce=nonce,
        gas=gas,
        max_fee=fees.max_fee,
        max_tip=fees.max_tip,
        body=body,
        until=until,
        keep=keep and not key_stored,
    )
    return Draft(unsigned, addresses.alg_of(sender), not key_stored, value)


def sign(draft: Draft, key: PrivateKey) -> SignedTx:
    """Sign a draft. About a second for SLH-DSA. Raises ``tx.key_mismatch`` for another's key."""
    unsigned = draft.unsigned
    if key.address != unsigned.sender:
        raise KeyMismatch("the key does not belong to the sender", field="tx.from")
    signature = key.sign(unsigned.txid, CONTEXT_TX)
    return SignedTx(
        unsigned, Witness(key.alg, signature, key.public_key if draft.with_key else None)
    )


def transfer(
    key: PrivateKey,
    *,
    to: bytes,
    value: int,
    chain: int,
    nonce: int,
    fees: Fees,
    key_stored: bool = False,
    keep: bool = True,
    until: int | None = None,
) -> SignedTx:
    """Draft and sign a transfer in one step; see ``draft_transfer``."""
    draft = draft_transfer(
        sender=key.address,
        to=to,
        value=value,
        chain=chain,
        nonce=nonce,
        fees=fees,
        key_stored=key_stored,
        keep=keep,
        until=until,
    )
    return sign(draft, key)


def _with_gas(unsigned: UnsignedTx, alg: int, with_key: bool) -> UnsignedTx:
    """Set ``gas`` to the intrinsic gas, all that a transfer uses.

    The number's own length counts, so it is sought from below: each step can only lengthen it.
    """
    pk_bytes = algorithm(alg).public_key_bytes if with_key else 0
    needed = intrinsic_gas(unsigned, alg, pk_bytes)
    while unsigned.gas != needed:
        unsigned = replace(unsigned, gas=needed)
        needed = intrinsic_gas(unsigned, alg, pk_bytes)
    return unsigned
