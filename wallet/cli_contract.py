"""``animica contract deploy``, ``send``: contracts made and called by transactions.

Source: docs/guides/contracts-cli.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from core import receipt
from execution.abi.calls import calldata, init_data, init_of, parse_arguments, public_function
from execution.abi.text import show
from execution.lang import tree
from pq import addresses
from wallet import contracts, signers
from wallet.amounts import show_anm
from wallet.cli_arguments import (
    TakesNumbers,
    arguments_argument,
    checked,
    nanm_option,
    read_source,
    resolver,
    value_of,
    value_option,
)
from wallet.cli_contract_views import (
    call_text,
    contract_rows,
    event_rows,
    event_views,
    failure,
    result_of,
    result_view,
)
from wallet.cli_options import (
    Screen,
    connect,
    folder_option,
    json_option,
    node_options,
    passphrase_option,
)
from wallet.cli_views import proven_line, receipt_rows, sent_view
from wallet.client import NodeClient
from wallet.contract_source import proven_module
from wallet.errors import TransactionFailed
from wallet.proofs import ProvenAccount
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
from wallet.transactions import Draft

gas_option = click.option("--gas", type=UNSIGNED, help="Gas limit; else estimated, and a quarter.")
from_option = click.option(
    "--from", "name", required=True, help="Wallet that pays, or a test account: dev:0."
)
quiet_option = click.option(
    "--quiet",
    is_flag=True,
    help="Print the address or the result alone, for shell variables; needs --yes.",
)


@click.command("deploy", cls=TakesNumbers, short_help="Deploy a contract by a transaction.")
@click.argument("file", type=click.Path(path_type=Path))
@arguments_argument
@from_option
@click.option("--args", "_", is_flag=True, help="Says nothing; the arguments of init may follow.")
@value_option
@nanm_option
@gas_option
@sending_options
@quiet_option
@node_options
@passphrase_option
@folder_option
@json_option
def deploy(
    file: Path,
    args: tuple[str, ...],
    name: str,
    _: bool,
    amount: str,
    nanm: bool,
    gas: int | None,
    sending: Sending,
    quiet: bool,
    url: str,
    chain: int | None,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Deploy the contract in FILE; ARGS are those of its `init`."""
    screen = _screen(as_json, quiet, sending)
    signer, code, value = signers.find(store, name), read_source(file), value_of(amount, nanm)
    module = checked(screen, code, str(file))
    init = init_of(module)
    values = parse_arguments(init, args, resolver(store))
    data = init_data(init, values)
    with connect(url, chain) as node:
        standing = standing_of(node, signer, sending)
        keeps = sending.keep and not standing.key_stored
        draft = contracts.draft_deploy(
            sender=signer.address,
            code=code,
            args=data,
            value=value,
            chain=standing.chain,
            nonce=standing.nonce,
            fees=standing.fees,
            gas=gas
            or contracts.with_margin(
                node.estimate_deploy(signer.address, code, data, value=value, keep=keeps)
            ),
            key_stored=standing.key_stored,
            keep=sending.keep,
        )
        draft.require_funds(standing.balance)
        address = contracts.deployed_at(draft)
        rows = [f"Deploy   {file}  ({len(code):,} bytes)", f"Call     {call_text(init, values)}"]
        rows.append(f"Contract {addresses.to_text(address)}")
        send = _Send(screen, node, signer, draft, sending, passphrase_file)
        send.run(rows, module, address, init)


@click.command("send", cls=TakesNumbers, short_help="Call a function by a transaction.")
@click.argument("address")
@click.argument("function")
@arguments_argument
@from_option
@value_option
@nanm_option
@gas_option
@sending_options
@quiet_option
@node_options
@passphrase_option
@folder_option
@json_option
def send(
    address: str,
    function: str,
    args: tuple[str, ...],
    name: str,
    amount: str,
    nanm: bool,
    gas: int | None,
    sending: Sending,
    quiet: bool,
    url: str,
    chain: int | None,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Call FUNCTION of the contract at ADDRESS by a transaction."""
    screen = _screen(as_json, quiet, sending)
    signer, value = signers.find(store, name), value_of(amount, nanm)
    to = signers.address_of(store, address)
    with connect(url, chain) as node:
        module = proven_module(node, to)
        asked = public_function(module, function)
        values = parse_arguments(asked, args, resolver(store))
        data = calldata(asked, values)
        standing = standing_of(node, signer, sending)
        keeps = sending.keep and not standing.key_stored
        draft = contracts.draft_call(
            sender=signer.address,
            to=to,
            data=data,
            value=value,
            chain=standing.chain,
            nonce=standing.nonce,
            fees=standing.fees,
            gas=gas
            or contracts.with_margin(
                node.estimate_call(signer.address, to, data, value=value, keep=keeps)
            ),
            key_stored=standing.key_stored,
            keep=sending.keep,
        )
        draft.require_funds(standing.balance)
        rows = [f"Contract {addresses.to_text(to)}", f"Call     {call_text(asked, values)}"]
        send_it = _Send(screen, node, signer, draft, sending, passphrase_file)
        send_it.run(rows, module, to, asked)


COMMANDS: tuple[click.Command, ...] = (deploy, send)


def _screen(as_json: bool, quiet: bool, sending: Sending) -> Screen:
    """Nobody is asked to agree to what was not shown."""
    if quiet and not sending.yes:
        raise click.UsageError("--quiet shows nothing to agree to: give --yes too")
    return Screen(as_json, quiet=quiet)


class _Send:
    """Show a draft, ask, sign, submit, and tell what came of it."""

    def __init__(
        self,
        screen: Screen,
        node: NodeClient,
        signer: Signer,
        draft: Draft,
        sending: Sending,
        passphrase_file: Path | None,
    ) -> None:
        self._screen, self._node, self._signer = screen, node, signer
        self._draft, self._sending, self._passphrase_file = draft, sending, passphrase_file

    def run(
        self, rows: list[str], module: tree.Module, contract: bytes, function: tree.Function
    ) -> None:
        """``contract`` is the address that is made or called."""
        screen, node, sending = self._screen, self._node, self._sending
        for row in contract_rows(self._signer.name, self._draft, rows):
            screen.line(row)
        screen.line(f"Node     {node.url}")
        if not sending.yes:
            click.confirm("Send?", abort=True, err=True)
        signed = sign_shown(screen, self._signer, self._draft, self._passphrase_file)
        kind = signed.unsigned.kind
        view: dict[str, Any] = {**sent_view(signed), "kind": kind}
        view |= {"contract": addresses.to_text(contract), "function": function.name}
        view["state"] = hand_in(screen, node, signed)
        if sending.timeout_s is None:
            screen.answer(view["contract"] if kind == "deploy" else view["txid"])
            screen.result(view)
            return
        settled = settle(screen, node, signed, sending.timeout_s)
        done = settled.receipt
        view |= settled.view()
        for row in receipt_rows(done, settled.burnt):
            screen.line(row)
        if done.status != receipt.OK:
            reason, sentence, hint = failure(done.status, done.ret)
            raise TransactionFailed(
                f"the transaction is in block {done.height} and failed: {sentence}",
                next_step=hint,
                **view,
                contractReason=reason,
            )
        view["events"] = event_views(module, contract, done.logs)
        for row in event_rows(module, contract, done.logs):
            screen.line(row)
        self._tell_outcome(view, function, done.ret, settled.account)

    def _tell_outcome(
        self, view: dict[str, Any], function: tree.Function, ret: bytes, account: ProvenAccount
    ) -> None:
        """Of what succeeded: the result, the balance, and last the address of what was made."""
        screen, kind = self._screen, view["kind"]
        if kind == "call" and ret:
            view["result"] = result_view(function, ret)
            result = show(result_of(function, ret), function.result)
            screen.line(f"Result   {result}")
            screen.answer(result)
        screen.line(f"Balance  {show_anm(account.balance)}, {proven_line(account)}")
        if kind == "deploy":
            screen.line(f"Contract {view['contract']}")
            screen.answer(view["contract"])
        screen.result(view)
