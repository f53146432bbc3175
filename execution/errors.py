"""Every rule that can refuse a transaction, in the order in which they are checked.

Encoding comes first and has its own refusals in ``core``. Source: docs/spec/transactions.md.
"""

from __future__ import annotations

from core.errors import TxRefused


class WrongChain(TxRefused):
    """Signed for another chain."""

    code = "tx.wrong_chain"
    hint = "Ask the node for `chain.getChainId` and sign for that chain."


class KindUnknown(TxRefused):
    """A kind of transaction that is not active here."""

    code = "tx.kind_unknown"
    hint = "Use one of the kinds listed in `known`."


class RecipientRefused(TxRefused):
    """A transfer to an address that no key can control, or a call of one that a key does."""

    code = "tx.recipient"
    hint = "Transfer to an address of a signature key; contracts are called (kind `call`)."


class BlobFeeUnused(TxRefused):
    """A blob fee on a transaction that carries no blob."""

    code = "tx.blob_fee_unused"
    hint = "Leave `maxBlobFee` out."


class Expired(TxRefused):
    """Its last valid height has passed."""

    code = "tx.expired"
    hint = "Sign again with a later `until`, or without it."


class AlgorithmNotAllowed(TxRefused):
    """The signature algorithm may not sign at this height."""

    code = "tx.alg_not_allowed"
    hint = "Sign with an algorithm that the network's policy allows."


class KeyMissing(TxRefused):
    """The chain does not hold the sender's public key and the witness does not bring it."""

    code = "tx.key_missing"
    hint = "Send the witness with `pk`; set `keep` to have the chain remember it."


class KeySuperfluous(TxRefused):
    """A block repeats a public key that the chain already holds."""

    code = "tx.key_superfluous"
    hint = "Leave `pk` out of the witness; the producer drops it when the key is stored."


class KeyMismatch(TxRefused):
    """The public key or algorithm does not belong to the sender's address."""

    code = "tx.key_mismatch"
    hint = "Sign with the key whose address is `from`."


class SignatureInvalid(TxRefused):
    """The signature does not verify over the transaction's id."""

    code = "tx.signature"
    hint = "Sign the 32-byte txid with the context string `animica/tx/v1`."


class NonceLow(TxRefused):
    """The sender has already used this nonce."""

    code = "tx.nonce_low"
    hint = "Ask `state.getNonce` for the next nonce and sign again."


class NonceGap(TxRefused):
    """An earlier nonce of the sender is missing."""

    code = "tx.nonce_gap"
    hint = "Send the transactions of the missing nonces first."


class FeeBelowBase(TxRefused):
    """The greatest fee per gas is below the block's base fee."""

    code = "tx.fee_below_base"
    hint = "Raise `maxFee` to at least `required`, or wait until the base fee falls."


class TipAboveFee(TxRefused):
    """The tip is greater than the whole fee."""

    code = "tx.tip_above_fee"
    hint = "Set `maxTip` to at most `maxFee`."


class GasBelowIntrinsic(TxRefused):
    """Less gas than the transaction needs before anything runs."""

    code = "tx.gas_below_intrinsic"
    hint = "Set `gas` to at least `required`; `tx.estimateGas` computes it."


class GasAboveLimit(TxRefused):
    """More gas than the block has left."""

    code = "tx.gas_above_limit"
    hint = "Lower `gas`; no block of this network has more than its gas limit."


class InsufficientFunds(TxRefused):
    """The balance does not cover the greatest fee plus what the transaction moves."""

    code = "tx.insufficient_funds"
    hint = "Lower value, gas or maxFee, or fund the account: `required` against `available`."
