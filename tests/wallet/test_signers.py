from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pq import signing
from pq.addresses import from_text, to_text
from pq.devnet_keys import key
from pq.signing import from_seed
from wallet import keyfile, signers
from wallet.cli import wallet_group
from wallet.errors import DevAccountRefused, WalletNotFound
from wallet.keyfile import Cost, KeyFile
from wallet.store import WalletStore

PASSPHRASE = "correct horse"
ALICE = from_seed(bytes(32))
CONTEXT = b"animica/contract/v1"


@pytest.fixture
def store(tmp_path, monkeypatch) -> WalletStore:
    monkeypatch.setattr(keyfile.KeyFile.seal.__func__, "__defaults__", (Cost(32, 1, 1),))
    monkeypatch.setenv("ANIMICA_WALLET_DIR", str(tmp_path))
    monkeypatch.setenv("ANIMICA_PASSPHRASE", PASSPHRASE)
    made = WalletStore(tmp_path)
    made.write("alice", KeyFile.seal(ALICE, PASSPHRASE))
    return made


def run(*args: str):
    result = CliRunner().invoke(wallet_group, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


# ------------------------------------------------------------------ who signs


def test_a_wallet_signs_on_every_chain(store):
    signer = signers.find(store, "alice")
    assert signer.address == ALICE.address
    signer.require_chain(1)
    assert signer.unlock(None) == ALICE


def test_a_test_account_needs_no_file_and_stays_on_its_chain(store):
    signer = signers.find(store, "dev:3")
    assert signer.unlock(None) == key(3)
    assert signer.address == key(3).address
    signer.require_chain(1337)
    for chain in (1, 2, 31337):
        with pytest.raises(DevAccountRefused):
            signer.require_chain(chain)


@pytest.mark.parametrize("name", ["dev:", "dev:-1", "dev:01", "dev:1000", "dev:x", "dev:1 "])
def test_other_names_of_test_accounts_are_refused(store, name):
    with pytest.raises(DevAccountRefused):
        signers.find(store, name)


def test_an_address_is_found_by_text_wallet_or_test_account(store):
    assert signers.address_of(store, to_text(ALICE.address)) == ALICE.address
    assert signers.address_of(store, "alice") == ALICE.address
    assert signers.address_of(store, "dev:0") == key(0).address
    with pytest.raises(WalletNotFound):
        signers.address_of(store, "bob")


# ------------------------------------------------------------------ sign-message


def test_a_message_is_signed_for_contracts_and_nothing_else(store):
    result = run("sign-message", "0xbeef", "--from", "alice", "--json")
    assert result.exit_code == 0, result.output
    view = json.loads(result.stdout)
    signature = bytes.fromhex(view["signature"][2:])
    assert from_text(view["signer"]) == ALICE.address
    assert view["publicKey"] == "0x" + ALICE.public_key.hex()
    assert view["context"] == CONTEXT.decode()
    assert signing.verify(0x1003, ALICE.public_key, b"\xbe\xef", signature, CONTEXT)
    assert not signing.verify(0x1003, ALICE.public_key, b"\xbe\xef", signature, b"animica/tx/v1")
    assert not signing.verify(0x1003, ALICE.public_key, b"\xbe\xee", signature, CONTEXT)


def test_text_is_signed_as_utf8_and_shown_in_lines(store):
    result = run("sign-message", "é", "--text", "--from", "dev:1")
    assert result.exit_code == 0, result.output
    rows = dict(line.split() for line in result.stdout.splitlines())
    signature = bytes.fromhex(rows["Signature"][2:])
    assert from_text(rows["Signer"]) == key(1).address
    public_key = bytes.fromhex(rows["PublicKey"][2:])
    assert signing.verify(0x1003, public_key, "é".encode(), signature, CONTEXT)


def test_one_part_alone_is_for_shells(store):
    asked = ("sign-message", "0xbeef", "--from", "dev:1", "--only")
    assert run(*asked, "public-key").stdout == f"0x{key(1).public_key.hex()}\n"
    signature = bytes.fromhex(run(*asked, "signature").stdout.strip()[2:])
    assert signing.verify(0x1003, key(1).public_key, b"\xbe\xef", signature, CONTEXT)


@pytest.mark.parametrize("message", ["beef", "0xbee", "0xzz", ""])
def test_a_message_that_is_no_hex_is_refused(store, message):
    result = run("sign-message", message, "--from", "alice")
    assert result.exit_code == 1
    assert "[wallet.message]" in result.stderr
    assert result.stdout == ""
