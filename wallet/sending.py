"""From a draft to a receipt: what every command that sends does, and its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from core.tx import SignedTx
from pq.algorithms import ALGORITHM_NAMES
from wallet.cli_options import Screen
from wallet.cli_views import balance_view, receipt_view
from wallet.client import NodeClient, TxReceipt
from wallet.errors import NodeAnswerInvalid
from wallet.proofs import ProvenAccount
from wallet.signers import Signer
from wallet.transactions import DEFAULT_TIP, Draft, Fees, choose_fees, sign

UNSIGNED = click.IntRange(0, 2**64 - 1)


@dataclass(frozen=True)
class Sending:
    """How to send: fees in nANM per gas, ``timeout_s`` None to not wait for the receipt."""

    tip: int
    max_fee: int | None
    keep: bool
    yes: bool
    timeout_s: int | None


_OPTIONS = (
    click.option(
        "--tip", type=UNSIGNED, default=DEFAULT_TIP, show_default=True, help="nANM per gas."
    ),
    click.option("--max-fee", type=UNSIGNED, help="nANM per gas; else 2 × base fee + tip."),
    click.option(
        "--keep/--no-keep",
        default=True,
        help="Have the chain store the public key on first use, which makes later ones cheaper.",
    ),
    click.option("--yes", is_flag=True, help="Do not ask before sending."),
    click.option("--no-wait", is_flag=True, help="Do not wait for the receipt."),
    click.option("--timeout", "timeout_s", default=120, show_default=True, help="Seconds to wait."),
)


def sending_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of ``Sending``, given to the command as ``sending``."""

    @wraps(function)
    def command(
        *args: Any,
        tip: int,
        max_fee: int | None,
        keep: bool,
        yes: bool,
        no_wait: bool,
        timeout_s: int,
        **others: Any,
    ) -> Any:
        sending = Sending(tip, max_fee, keep, yes, None if no_wait else timeout_s)
        return function(*args, sending=sending, **others)

    for option in reversed(_OPTIONS):
        option(command)
    return command


@dataclass(frozen=True)
class Standing:
    """What a draft needs to know of its sender: nonce, balance (nANM), stored key, fees."""

    chain: int
    nonce: int
    balance: int
    key_stored: bool
    fees: Fees


def standing_of(node: NodeClient, signer: Signer, sending: Sending) -> Standing:
    """The sender as the node tells it. Raises ``DevAccountRefused`` on a foreign chain."""
    chain = node.chain_id()
    signer.require_chain(chain)
    account = node.account(signer.address)
    max_fee = sending.max_fee
    fees = (
        choose_fees(node.head().base_fee, sending.tip)
        if max_fee is None
        else Fees(max_fee, sending.tip)
    )
    nonce = node.next_nonce(signer.address)
    return Standing(chain, nonce, account.balance, account.key_stored, fees)


def sign_shown(
    screen: Screen, signer: Signer, draft: Draft, passphrase_file: Path | None
) -> SignedTx:
    """Sign a draft that has been shown."""
    key = signer.unlock(passphrase_file)
    with screen.working(f"Signing with {ALGORITHM_NAMES[draft.alg]}…"):
        return sign(draft, key)


def hand_in(screen: Screen, node: NodeClient, signed: SignedTx) -> str:
    """Give the transaction to the node; ``ready`` or ``held``."""
    submission = node.submit(signed.raw)
    if submission.txid != signed.txid:
        raise NodeAnswerInvalid("the node answered another txid than the transaction's")
    screen.line(f"Sent     0x{signed.txid.hex()}")
    if submission.state == "held":
        screen.line("Held     the node waits for the transactions before it")
    return submission.state


@dataclass(frozen=True)
class Settled:
    """A transaction in a block: its receipt, what of its fee was burnt, the sender, proven."""

    receipt: TxReceipt
    burnt: int
    account: ProvenAccount

    def view(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "receipt": receipt_view(self.receipt, self.burnt),
            "balance": balance_view(self.account),
        }


def settle(screen: Screen, node: NodeClient, signed: SignedTx, timeout_s: int) -> Settled:
    """Wait for the receipt. Raises ``ReceiptTimeout`` or ``TransactionDropped``."""
    with screen.working("Waiting for a block…"):
        receipt = node.wait_for_receipt(signed.txid, timeout_s)
        burnt = node.burnt_part(receipt.base_fee_paid)
        account = node.proven_account(signed.unsigned.sender, since=receipt.height)
    return Settled(receipt, burnt, account)
