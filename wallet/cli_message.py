"""``wallet sign-message``: a signature that contracts can check, such as a permit's."""

from __future__ import annotations

from pathlib import Path

import click

from core.tags import CONTEXT_CONTRACT
from pq import addresses
from pq.algorithms import ALGORITHM_NAMES
from wallet import signers
from wallet.cli_options import Screen, folder_option, json_option, passphrase_option
from wallet.errors import MessageUnreadable
from wallet.store import WalletStore


@click.command("sign-message")
@click.argument("message")
@click.option("--from", "name", required=True, help="Wallet that signs, or dev:0.")
@click.option("--text", "as_text", is_flag=True, help="The message is text (UTF-8), not 0x… bytes.")
@click.option(
    "--only",
    type=click.Choice(["public-key", "signature"]),
    help="Print this one alone, for a shell variable.",
)
@passphrase_option
@folder_option
@json_option
def sign_message(
    message: str,
    name: str,
    as_text: bool,
    only: str | None,
    passphrase_file: Path | None,
    store: WalletStore,
    as_json: bool,
) -> None:
    """Sign MESSAGE for contracts (`crypto.verify`), 0x and hex digits.

    Such a signature moves nothing by itself and is no transaction, but a contract may take it as a
    permission: sign only messages whose meaning you know.
    """
    screen = Screen(as_json)
    signer = signers.find(store, name)
    data = read_message(message, as_text)
    screen.note(
        f"Message  {len(data)} bytes for a contract, by {addresses.to_text(signer.address)}"
    )
    key = signer.unlock(passphrase_file)
    with screen.working(f"Signing with {ALGORITHM_NAMES[key.alg]}…"):
        signature = key.sign(data, CONTEXT_CONTRACT)
    if only is not None and not as_json:
        click.echo(f"0x{(signature if only == 'signature' else key.public_key).hex()}")
    elif not as_json:
        click.echo(f"Signer     {addresses.to_text(key.address)}")
        click.echo(f"PublicKey  0x{key.public_key.hex()}")
        click.echo(f"Signature  0x{signature.hex()}")
    screen.result(
        {
            "signer": addresses.to_text(key.address),
            "message": "0x" + data.hex(),
            "context": CONTEXT_CONTRACT.decode(),
            "publicKey": "0x" + key.public_key.hex(),
            "signature": "0x" + signature.hex(),
        }
    )


COMMANDS: tuple[click.Command, ...] = (sign_message,)


def read_message(text: str, as_text: bool) -> bytes:
    """The bytes to sign. Raises ``MessageUnreadable``."""
    try:
        if as_text:
            return text.encode("utf-8")
        if not text.startswith("0x"):
            raise MessageUnreadable("the message does not begin with 0x")
        return bytes.fromhex(text[2:])
    except ValueError:
        raise MessageUnreadable("the message is not hex") from None
