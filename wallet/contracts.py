"""Drafts of ``deploy`` and ``call``; priced, shown and signed like transfers.

Source: docs/spec/transactions.md.
"""

from __future__ import annotations

from core.cbor import Value
from execution.call import Call
from execution.deploy import Deploy
from pq import addresses
from wallet.transactions import Draft, Fees, draft

GAS_MARGIN_PPM = 250_000
"""On top of an estimate: the state may change before the transaction runs. Unused gas is free."""


def draft_deploy(
    *,
    sender: bytes,
    code: bytes,
    args: bytes,
    value: int,
    chain: int,
    nonce: int,
    fees: Fees,
    gas: int,
    key_stored: bool = False,
    keep: bool = True,
    until: int | None = None,
) -> Draft:
    """A deployment of source with the ABI array of ``init``'s arguments; ``value`` in nANM.

    Raises ``field.…`` or ``tx.tip_above_fee``.
    """
    body: dict[str, Value] = {"code": code, "args": args, "value": value}
    Deploy.parse(body)
    return draft(
        "deploy",
        body,
        sender=sender,
        value=value,
        chain=chain,
        nonce=nonce,
        fees=fees,
        gas=gas,
        key_stored=key_stored,
        keep=keep,
        until=until,
    )


def draft_call(
    *,
    sender: bytes,
    to: bytes,
    data: bytes,
    value: int,
    chain: int,
    nonce: int,
    fees: Fees,
    gas: int,
    key_stored: bool = False,
    keep: bool = True,
    until: int | None = None,
) -> Draft:
    """A call of the contract at ``to`` (34 bytes) with calldata; ``value`` in nANM.

    Raises ``field.…``, ``tx.recipient`` or ``tx.tip_above_fee``.
    """
    body: dict[str, Value] = {"to": to, "data": data, "value": value}
    Call.parse(body)
    return draft(
        "call",
        body,
        sender=sender,
        value=value,
        chain=chain,
        nonce=nonce,
        fees=fees,
        gas=gas,
        key_stored=key_stored,
        keep=keep,
        until=until,
    )


def deployed_at(made: Draft) -> bytes:
    """The address that a deployment's contract has, known before it is sent."""
    return addresses.of_contract(made.unsigned.sender, made.unsigned.nonce)


def with_margin(estimate: int) -> int:
    """A gas limit for an estimate."""
    return estimate + estimate * GAS_MARGIN_PPM // 1_000_000
