"""May this transaction run? Every rule, in the protocol's order; the first failure is the code.

``check_form`` needs no state, ``check_key`` and ``check_signature`` need the stored key,
``check_account`` needs the running account. Source: docs/spec/transactions.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from core import tags
from core.network import Network
from core.tx import SignedTx
from execution import errors
from execution.accounts import Account
from execution.gas import intrinsic_gas
from execution.kinds import Body, Kinds
from pq import addresses, signing
from pq.algorithms import SIGNATURE_ALGORITHMS


@dataclass(frozen=True)
class Prices:
    """What the next block asks: base fee per gas and per blob byte (nANM), gas it has left."""

    base_fee: int
    blob_fee: int
    gas_left: int


def check_form(tx: SignedTx, network: Network, height: int, kinds: Kinds) -> Body:
    """Chain, kind and body, ``until``, algorithm; returns the parsed body."""
    unsigned = tx.unsigned
    if unsigned.chain != network.chain:
        raise errors.WrongChain(
            f"tx.chain is {unsigned.chain}, this network is {network.chain}",
            field="tx.chain",
            required=network.chain,
        )
    parse = kinds.get(unsigned.kind)
    if parse is None:
        raise errors.KindUnknown(
            f"tx.kind {unsigned.kind!r} is not active", field="tx.kind", known=sorted(kinds)
        )
    body = parse(unsigned.body)
    if unsigned.max_blob_fee is not None:
        raise errors.BlobFeeUnused("tx.maxBlobFee without a blob", field="tx.maxBlobFee")
    if unsigned.until is not None and unsigned.until < height:
        raise errors.Expired(
            f"tx.until is {unsigned.until}, the block's height {height}", field="tx.until"
        )
    if not network.signs_at(tx.witness.alg, height):
        raise errors.AlgorithmNotAllowed(
            f"algorithm {tx.witness.alg} may not sign at height {height}",
            field="witness.alg",
            allowed=[alg for alg, first in network.alg_from if first <= height],
        )
    return body


def check_key(tx: SignedTx, stored: bytes | None, *, in_block: bool) -> bytes:
    """The sender's public key, stored or brought; it must belong to ``from``.

    ``stored`` is the key that the parent's post-state holds. A block must bring a key exactly when
    none is stored; a submission may bring a superfluous one.
    """
    brought = tx.witness.pk
    sender = tx.unsigned.sender
    if stored is None and brought is None:
        raise errors.KeyMissing("the sender's key is not stored", field="witness.pk")
    if stored is not None and brought is not None and in_block:
        raise errors.KeySuperfluous("the sender's key is stored already", field="witness.pk")
    if addresses.alg_of(sender) != tx.witness.alg:
        raise errors.KeyMismatch("witness.alg is not the sender's", field="witness.alg")
    if brought is not None:
        size = SIGNATURE_ALGORITHMS[tx.witness.alg].public_key_bytes
        if len(brought) != size or addresses.of_public_key(tx.witness.alg, brought) != sender:
            raise errors.KeyMismatch("witness.pk does not hash to tx.from", field="witness.pk")
        return brought
    assert stored is not None
    return stored


def check_signature(tx: SignedTx, public_key: bytes) -> None:
    """The signature over the txid; the costly check, so callers cache its success."""
    witness = tx.witness
    if not signing.verify(witness.alg, public_key, tx.txid, witness.sig, tags.CONTEXT_TX):
        raise errors.SignatureInvalid("witness.sig does not verify", field="witness.sig")


def check_nonce(tx: SignedTx, account: Account) -> None:
    """The nonce must be the account's."""
    nonce, expected = tx.unsigned.nonce, account.nonce
    if nonce < expected:
        raise errors.NonceLow(
            f"tx.nonce is {nonce}, the account is at {expected}",
            field="tx.nonce",
            required=expected,
        )
    if nonce > expected:
        raise errors.NonceGap(
            f"tx.nonce is {nonce}, the account is at {expected}",
            field="tx.nonce",
            required=expected,
        )


def check_fees(tx: SignedTx, base_fee: int) -> None:
    """The greatest fee covers the base fee and the tip."""
    unsigned = tx.unsigned
    if unsigned.max_fee < base_fee:
        raise errors.FeeBelowBase(
            f"tx.maxFee is {unsigned.max_fee}, the base fee {base_fee}",
            field="tx.maxFee",
            required=base_fee,
        )
    check_tip(tx)


def check_tip(tx: SignedTx) -> None:
    """The tip is a part of the fee."""
    unsigned = tx.unsigned
    if unsigned.max_tip > unsigned.max_fee:
        raise errors.TipAboveFee(
            f"tx.maxTip is {unsigned.max_tip}, tx.maxFee {unsigned.max_fee}", field="tx.maxTip"
        )


def check_gas(tx: SignedTx, gas_left: int) -> int:
    """Intrinsic ≤ gas ≤ gas left; returns the intrinsic gas."""
    needed = intrinsic_gas(tx.unsigned, tx.witness.alg, len(tx.witness.pk or b""))
    gas = tx.unsigned.gas
    if gas < needed:
        raise errors.GasBelowIntrinsic(
            f"tx.gas is {gas}, at least {needed} is needed", field="tx.gas", required=needed
        )
    if gas > gas_left:
        raise errors.GasAboveLimit(
            f"tx.gas is {gas}, the block has {gas_left} left", field="tx.gas", available=gas_left
        )
    return needed


def required_balance(tx: SignedTx, body: Body) -> int:
    """What the sender must hold: gas at the greatest fee plus what the body needs, nANM."""
    return tx.unsigned.gas * tx.unsigned.max_fee + body.locked


def check_balance(tx: SignedTx, body: Body, balance: int) -> None:
    """The balance covers the greatest fee and what the body moves or locks."""
    required = required_balance(tx, body)
    if balance < required:
        raise errors.InsufficientFunds(
            f"the sender needs {required} nANM and has {balance}",
            field="tx.from",
            required=str(required),
            available=str(balance),
        )


def check_account(tx: SignedTx, body: Body, account: Account, prices: Prices) -> int:
    """Every rule that depends on the running state; returns the intrinsic gas."""
    check_nonce(tx, account)
    check_fees(tx, prices.base_fee)
    intrinsic = check_gas(tx, prices.gas_left)
    check_balance(tx, body, account.balance)
    return intrinsic
