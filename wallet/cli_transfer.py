"""``wallet send``, ``sign``, ``submit``, ``balance``: what meets a node, or prepares for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from core.tx import SignedTx
from execution.transfer import Transfer
from pq import addresses
from pq.algorithms import ALGORITHM_NAMES
from wallet.amounts import parse_anm, parse_nanm, show_anm
from wallet.cli_options import (
    Screen,
    connect,
    folder_option,
    json_option,
    node_options,
    old_passphrase,
    passphrase_option,
)
from wallet.cli_views import (
    balance_view,
    draft_rows,
    proven_line,
    receipt_rows,
    receipt_view,
    sent_view,
)
from wallet.client import NodeClient
from wallet.errors import NodeAnswerInvalid, TransactionFailed, TransactionUnreadable
from wallet.keyfile import KeyFile
from wallet.store import WalletStore
from wallet.transactions import (
    DEFAULT_TIP,
    Draft,
    Fees,
    choose_fees,
    draft_transfer,
    sign,
)

_UNSIGNED = click.IntRange(0, 2**64 - 1)
_RAW_CHARS = 300_000


@click.command("send")
@click.option("--from", "name", required=True, help="Wallet that pays.")
@click.option("--to", "recipient", required=True, help="Address, or the name of a wallet.")
@click.option("--amount", required=True, help="ANM, such as 1.5.")
@click.option("--nanm", is_flag=True, help="The amount is in nANM (1 ANM = 10^9 nANM).")
@click.option("--tip", type=_UNSIGNED, default=DEFAULT_TIP, show_default=True, help="nANM per gas.")
@click.option("--max-fee", type=_UNSIGNED, help="nANM per gas; else 2 × base fee + tip.")
@click.option(
    "--keep/--no-keep",
    default=True,
    help="Have the chain store the public key on first use, which makes later ones cheaper.",
)
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the receipt.")
@click.option("--timeout", "timeout_s", default=120, show_default=True, help="Seconds to wait.")
@node_options
@passphrase_option
@folder_option
@json_option
def send(
    name: str,
    recipient: str,
    amount: str,
    nanm: bool,
    tip: int,
    max_fee: int | None,
    keep: bool,
    yes: bool,
    no_wait: bool,
    timeout_s: int,
    url: str,
    chain: int | None,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Send ANM: build, show, sign, submit, wait for the receipt, prove the new balance."""
    screen = Screen(as_json)
    file = store.read(name)
    value = parse_nanm(amount) if nanm else parse_anm(amount)
    to = _recipient(store, recipient)
    with connect(url, chain) as node:
        draft = _price(node, file, to, value, tip, max_fee, keep)
        for row in (*draft_rows(name, draft, to), f"Node     {node.url}"):
            screen.line(row)
        if not yes:
            click.confirm("Send?", abort=True, err=True)
        signed = _sign(screen, file, draft, old_passphrase(passphrase_file, name))
        _submit(screen, node, signed, None if no_wait else timeout_s)


@click.command("sign")
@click.option("--from", "name", required=True, help="Wallet that pays.")
@click.option("--to", "recipient", required=True, help="Address, or the name of a wallet.")
@click.option("--amount", required=True, help="ANM, such as 1.5.")
@click.option("--nanm", is_flag=True, help="The amount is in nANM.")
@click.option("--chain", type=click.IntRange(1, 2**64 - 1), required=True, help="Chain id.")
@click.option("--nonce", type=_UNSIGNED, required=True, help="The sender's next nonce.")
@click.option("--max-fee", type=_UNSIGNED, required=True, help="nANM per gas.")
@click.option("--tip", type=_UNSIGNED, default=DEFAULT_TIP, show_default=True, help="nANM per gas.")
@click.option("--until", type=_UNSIGNED, help="Last height at which it is valid.")
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
    file = store.read(name)
    to = _recipient(store, recipient)
    draft = draft_transfer(
        sender=file.address,
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
    signed = _sign(screen, file, draft, old_passphrase(passphrase_file, name))
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
    address = _recipient(store, who)
    with connect(url, chain) as node:
        account = node.proven_account(address, at=at)
    if not as_json:
        click.echo(show_anm(account.balance))
    screen.note(proven_line(account))
    screen.result({"address": addresses.to_text(address), **balance_view(account)})


COMMANDS: tuple[click.Command, ...] = (send, sign_offline, submit, balance)


def _recipient(store: WalletStore, text: str) -> bytes:
    """An address from its text, or of the wallet of that name."""
    if text.lower().startswith("anim1"):
        return addresses.from_text(text)
    return store.read(text).address


def _price(
    node: NodeClient,
    file: KeyFile,
    to: bytes,
    value: int,
    tip: int,
    max_fee: int | None,
    keep: bool,
) -> Draft:
    """Draft the transfer for the account and fees that the node tells."""
    account = node.account(file.address)
    fees = choose_fees(node.head().base_fee, tip) if max_fee is None else Fees(max_fee, tip)
    draft = draft_transfer(
        sender=file.address,
        to=to,
        value=value,
        chain=node.chain_id(),
        nonce=node.next_nonce(file.address),
        fees=fees,
        key_stored=account.key_stored,
        keep=keep,
    )
    draft.require_funds(account.balance)
    return draft


def _sign(screen: Screen, file: KeyFile, draft: Draft, passphrase: str) -> SignedTx:
    with screen.working(f"Signing with {ALGORITHM_NAMES[draft.alg]}…"):
        return sign(draft, file.unlock(passphrase))


def _submit(screen: Screen, node: NodeClient, signed: SignedTx, timeout_s: int | None) -> None:
    """Submit, wait unless ``timeout_s`` is None, and show what came of it."""
    submission = node.submit(signed.raw)
    if submission.txid != signed.txid:
        raise NodeAnswerInvalid("the node answered another txid than the transaction's")
    screen.line(f"Sent     0x{signed.txid.hex()}")
    if submission.state == "held":
        screen.line("Held     the node waits for the transactions before it")
    view = {**sent_view(signed), "state": submission.state}
    if timeout_s is None:
        screen.result(view)
        return
    with screen.working("Waiting for a block…"):
        receipt = node.wait_for_receipt(signed.txid, timeout_s)
        burnt = node.burnt_part(receipt.base_fee_paid)
        account = node.proven_account(signed.unsigned.sender, since=receipt.height)
    for row in receipt_rows(receipt, burnt):
        screen.line(row)
    screen.line(f"Balance  {show_anm(account.balance)}, {proven_line(account)}")
    view = {**view, "receipt": receipt_view(receipt, burnt), "balance": balance_view(account)}
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
