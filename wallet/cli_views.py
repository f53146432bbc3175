"""How the wallet's commands show a transaction, its receipt and a balance: lines and JSON views."""

from __future__ import annotations

from typing import Any

from core.tx import SignedTx
from pq import addresses
from wallet.amounts import show_anm
from wallet.cli_options import show_chain
from wallet.client import TxReceipt
from wallet.proofs import ProvenAccount
from wallet.transactions import Draft

_OUTCOMES = ("ok", "reverted", "out of gas")


def draft_rows(name: str, draft: Draft, to: bytes) -> list[str]:
    """What the transaction does and may cost, read from what is signed."""
    return [
        from_row(name, draft),
        f"To       {addresses.to_text(to)}",
        f"Amount   {show_anm(draft.value)}",
        *cost_rows(draft),
    ]


def from_row(name: str, draft: Draft) -> str:
    """Who pays."""
    prefix = f"{name}  " if name else ""
    return f"From     {prefix}{addresses.to_text(draft.unsigned.sender)}"


def cost_rows(draft: Draft) -> list[str]:
    """What a draft may cost, where it goes, whether it stores the key."""
    unsigned = draft.unsigned
    rows = [
        f"Fee      at most {show_anm(draft.greatest_fee)}"
        f"  ({unsigned.gas:,} gas at up to {unsigned.max_fee:,} nANM)",
        f"Total    at most {show_anm(draft.greatest_cost)}",
        f"Network  {show_chain(unsigned.chain)}, nonce {unsigned.nonce}",
    ]
    if unsigned.keep:
        rows.append("Key      stored on chain with this transaction; later ones cost less")
    return rows


def receipt_rows(receipt: TxReceipt, burnt: int) -> list[str]:
    """Where the transaction is and what it paid."""
    outcome = _OUTCOMES[receipt.status] if receipt.status < len(_OUTCOMES) else "unknown"
    return [
        f"Block    {receipt.height}: {outcome}, {receipt.gas_used:,} gas",
        f"Paid     {show_anm(receipt.fee_paid)} in fees: base {show_anm(receipt.base_fee_paid)}"
        f" (burnt {show_anm(burnt)}), tip {show_anm(receipt.tip_paid)}",
    ]


def proven_line(account: ProvenAccount) -> str:
    """Which header vouches for a balance."""
    return f"proven against block {account.header.height}"


def sent_view(signed: SignedTx) -> dict[str, Any]:
    """A signed transaction; amounts in nANM as text."""
    unsigned = signed.unsigned
    to = unsigned.body.get("to")
    return {
        "txid": "0x" + signed.txid.hex(),
        "chain": unsigned.chain,
        "from": addresses.to_text(unsigned.sender),
        "to": None if to is None else addresses.to_text(to),
        "value": str(unsigned.body["value"]),
        "nonce": unsigned.nonce,
        "gas": unsigned.gas,
        "maxFee": str(unsigned.max_fee),
        "maxTip": str(unsigned.max_tip),
    }


def receipt_view(receipt: TxReceipt, burnt: int) -> dict[str, Any]:
    """A receipt; amounts in nANM as text."""
    return {
        "status": receipt.status,
        "height": receipt.height,
        "blockHash": "0x" + receipt.block_hash.hex(),
        "gasUsed": receipt.gas_used,
        "feePaid": str(receipt.fee_paid),
        "baseFeePaid": str(receipt.base_fee_paid),
        "tipPaid": str(receipt.tip_paid),
        "burnt": str(burnt),
    }


def balance_view(account: ProvenAccount) -> dict[str, Any]:
    """A proven account and the block it is proven against."""
    return {
        "balance": str(account.balance),
        "nonce": account.nonce,
        "present": account.present,
        "provenHeight": account.header.height,
        "provenHash": "0x" + account.header.hash.hex(),
    }
