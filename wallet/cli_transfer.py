"""``wallet send``, ``sign``, ``submit``, ``balance``: what meets a node, or prepares for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from core.tx import SignedTx
from execution.transfer import Transfer
from pq import addresses
from wallet import signers
from wallet.amounts import parse_anm, parse_nanm, show_anm
from wallet.cli_options import (
    Screen,
    connect,
    folder_option,
    json_option,
    node_options,
    passphrase_option,
)
from wallet.cli_views import balance_view, draft_rows, proven_line, receipt_rows, sent_view
from wallet.client import NodeClient
from wallet.errors import TransactionFailed, TransactionUnreadable
from wallet.sending import (
    UNSIGNED,
    Sending,
    hand_in,
    sending_options,
    settle,
    sign_shown,
    standing_of,
)
from wallet.signers import Signer
from wallet.store import WalletStore
from wallet.transactions import DEFAULT_TIP, Draft, Fees, draft_transfer

_RAW_CHARS = 300_000


@click.command("send")
@click.option("--from", "name", required=True, help="Wallet that pays, or dev:0.")
@click.option("--to", "recipient", required=True, help="Address, or the name of a wallet.")
@click.option("--amount", required=True, help="ANM, such as 1.5.")
@click.option("--nanm", is_flag=True, help="The amount is in nANM (1 ANM = 10^9 nANM).")
@sending_options
@node_options
@passphrase_option
@folder_option
@json_option
def send(
    name: str,
    recipient: str,
    amount: str,
    nanm: bool,
    sending: Sending,
    url: str,
    chain: int | None,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Send ANM: build, show, sign, submit, wait for the receipt, prove the new balance."""
    screen = Screen(as_json)
    signer = signers.find(store, name)
    value = parse_nanm(amount) if nanm else parse_anm(amount)
    to = signers.address_of(store, recipient)
    with connect(url, chain) as node:
        draft = _price(node, signer, to, value, sending)
        for row in (*draft_rows(name, draft, to), f"Node     {node.url}"):
            screen.line(row)
        if not sending.yes:
            click.confirm("Send?", abort=True, err=True)
        signed = sign_shown(screen, signer, draft, passphrase_file)
        _submit(screen, node, signed, sending.timeout_s)


@click.command("sign")
@click.option("--from", "name", required=True, help="Wallet that pays.")
@click.option("--to", "recipient", required=True, help="Address, or the name of a wallet.")
@click.option("--amount", required=True, help="ANM, such as 1.5.")
@click.option("--nanm", is_flag=True, help="The amount is in nANM.")
@click.option("--chain", type=click.IntRange(1, 2**64 - 1), required=True, help="Chain id.")
@click.option("--nonce", type=UNSIGNED, required=True, help="The sender's next nonce.")
@click.option("--max-fee", type=UNSIGNED, required=True, help="nANM per gas.")
@click.option("--tip", type=UNSIGNED, default=DEFAULT_TIP, show_default=True, help="nANM per gas.")
@click.option("--until", type=UNSIGNED, help="Last height at which it is valid.")
@click.option("--keep/--no-keep", default=True, help="Have the chain store the public key.")
@click.option("--key-stored", is_flag=True, help="The chain has the key already: leave it out.")
@passphrase_option
@folder_option
@json_option
def sign_offline(
    name: str,
    recipient: str,
    amount: str,
    nanm: bool,
    chain: int,
    nonce: int,
    max_fee: int,
    tip: int,
    until: int | None,
    keep: bool,
    key_stored: bool,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Sign a transfer without any network; `wallet submit` sends it from elsewhere."""
    screen = Screen(as_json)
    signer = signers.find(store, name)
    signer.require_chain(chain)
    to = signers.address_of(store, recipient)
    draft = draft_transfer(
        sender=signer.address,
        to=to,
        value=parse_nanm(amount) if nanm else parse_anm(amount),
        chain=chain,
        nonce=nonce,
        fees=Fees(max_fee, tip),
        key_stored=key_stored,
        keep=keep,
        until=until,
    )
    for row in draft_rows(name, draft, to):
        screen.note(row)
    signed = sign_shown(screen, signer, draft, passphrase_file)
    if not as_json:
        click.echo("0x" + signed.raw.hex())
    screen.result({**sent_view(signed), "raw": "0x" + signed.raw.hex()})


@click.command("submit")
@click.argument("file", type=click.File("r"), default="-")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the receipt.")
@click.option("--timeout", "timeout_s", default=120, show_default=True, help="Seconds to wait.")
@node_options
@json_option
def submit(
    file: Any,
    yes: bool,
    no_wait: bool,
    timeout_s: int,
    url: str,
    chain: int | None,
    as_json: bool,
) -> None:
    """Send a transfer that `wallet sign` made: hex in FILE, or - for standard input."""
    screen = Screen(as_json)
    signed = _read_signed(file)
    body = Transfer.parse(signed.unsigned.body)
    draft = Draft(signed.unsigned, signed.witness.alg, signed.witness.pk is not None, body.value)
    for row in draft_rows("", draft, body.to):
        screen.line(row)
    with connect(url, signed.unsigned.chain if chain is None else chain) as node:
        if not yes:
            click.confirm("Send?", abort=True, err=True)
        _submit(screen, node, signed, None if no_wait else timeout_s)


@click.command("balance")
@click.argument("who")
@click.option("--at", type=click.IntRange(min=0), help="Height of an earlier block.")
@node_options
@folder_option
@json_option
def balance(
    who: str, at: int | None, url: str, chain: int | None, store: WalletStore, as_json: bool
) -> None:
    """Show the balance of a wallet or address, proven against a header: the newest, or --at."""
    screen = Screen(as_json)
    address = signers.address_of(store, who)
    with connect(url, chain) as node:
        account = node.proven_account(address, at=at)
    if not as_json:
        click.echo(show_anm(account.balance))
    screen.note(proven_line(account))
    screen.result({"address": addresses.to_text(address), **balance_view(account)})


COMMANDS: tuple[click.Command, ...] = (send, sign_offline, submit, balance)


def _price(node: NodeClient, signer: Signer, to: bytes, value: int, sending: Sending) -> Draft:
    """Draft the transfer for the account and fees that the node tells."""
    standing = standing_of(node, signer, sending)
    draft = draft_transfer(
        sender=signer.address,
        to=to,
        value=value,
        chain=standing.chain,
        nonce=standing.nonce,
        fees=standing.fees,
        key_stored=standing.key_stored,
        keep=sending.keep,
    )
    draft.require_funds(standing.balance)
    return draft


def _submit(screen: Screen, node: NodeClient, signed: SignedTx, timeout_s: int | None) -> None:
    """Submit, wait unless ``timeout_s`` is None, and show what came of it."""
    view = {**sent_view(signed), "state": hand_in(screen, node, signed)}
    if timeout_s is None:
        screen.result(view)
        return
    settled = settle(screen, node, signed, timeout_s)
    receipt, account = settled.receipt, settled.account
    for row in receipt_rows(receipt, settled.burnt):
        screen.line(row)
    screen.line(f"Balance  {show_anm(account.balance)}, {proven_line(account)}")
    view |= settled.view()
    if receipt.status != 0:
        raise TransactionFailed(f"the transaction ended with status {receipt.status}", **view)
    screen.result(view)


def _read_signed(file: Any) -> SignedTx:
    """The transaction of a hex file. Raises ``TransactionUnreadable`` or its own refusal."""
    try:
        text = str(file.read(_RAW_CHARS)).strip()
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise TransactionUnreadable("the file is not a transaction in hex") from None
    signed = SignedTx.decode(raw)
    if signed.unsigned.kind != "transfer":
        raise TransactionUnreadable("only transfers can be shown, and so submitted, here")
    return signed
