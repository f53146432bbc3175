"""Running one transaction: check, charge, run its kind, keep its key. Source: docs/spec/gas.md."""

from __future__ import annotations

from dataclasses import dataclass

from core.ports import RecordKey
from core.receipt import Receipt
from core.tx import SignedTx
from execution import accounts
from execution.accounts import Account
from execution.gas import REFUND_PART
from execution.kinds import Body, Setting
from execution.validity import Prices, check_account
from execution.view import View


@dataclass(frozen=True)
class Applied:
    """A transaction that ran: its receipt, the price per gas, and what went to base and tip."""

    receipt: Receipt
    price: int
    base_fee_paid: int
    tip_paid: int


def touches(tx: SignedTx, body: Body) -> tuple[RecordKey, ...]:
    """Records that checking and running it will read."""
    sender = tx.unsigned.sender
    return (
        (accounts.MODULE, sender),
        (accounts.KEY_MODULE, sender),
        *body.touches(),
        *(
            ("storage", address + slot)
            for address, slots in tx.unsigned.access or ()
            for slot in slots
        ),
    )


def apply_tx(view: View, tx: SignedTx, body: Body, prices: Prices, setting: Setting) -> Applied:
    """Run a transaction whose form, key and signature have been checked.

    Raises the ``TxRefused`` of the first rule that its account breaks; then nothing has changed.
    """
    unsigned = tx.unsigned
    sender = unsigned.sender
    account = view.account(sender)
    intrinsic = check_account(tx, body, account, prices)

    price = prices.base_fee + min(unsigned.max_tip, unsigned.max_fee - prices.base_fee)
    upfront = unsigned.gas * price
    view.set_account(sender, Account(account.nonce + 1, account.balance - upfront, account.code))
    if unsigned.keep and tx.witness.pk is not None:
        view.set(accounts.KEY_MODULE, sender, accounts.encode_key(tx.witness.pk))

    outcome = body.run(view, unsigned, unsigned.gas - intrinsic, setting)
    gas_used = intrinsic + outcome.gas
    if outcome.refund:
        gas_used -= min(outcome.refund, gas_used // REFUND_PART)
    view.credit(sender, upfront - gas_used * price)

    receipt = Receipt(outcome.status, gas_used, outcome.logs, outcome.ret)
    base_fee_paid = gas_used * prices.base_fee
    return Applied(receipt, price, base_fee_paid, gas_used * price - base_fee_paid)
