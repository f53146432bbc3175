"""Receipts, accounts, stored keys, proofs and their receipts; the first byte chooses which."""

from __future__ import annotations

from hashlib import sha3_256
from random import Random

from core import cbor
from core.proof import Envelope, ProofReceipt
from core.receipt import Receipt
from execution import accounts
from execution.accounts import Account
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt, one_form

MAX_BYTES = 9_000
BOTH_KERNELS = True


def one_input(data: bytes) -> None:
    if data:
        (_receipt, _account, _key, _envelope, _proof_receipt)[data[0] % 5](data[1:])


def _receipt(data: bytes) -> None:
    receipt = attempt(lambda: Receipt.from_map(cbor.decode(data, limit=MAX_BYTES, what="receipt")))
    if receipt is not None:
        one_form(data, receipt.to_map())
        assert receipt.encoded == data


def _account(data: bytes) -> None:
    account = attempt(Account.decode, data)
    if account is not None:
        fields = {"nonce": account.nonce, "balance": account.balance, "code": account.code}
        one_form(data, {name: value for name, value in fields.items() if value is not None})
        assert account.encode() in (data, None) and Account.of_record(data) == account


def _key(data: bytes) -> None:
    key = attempt(accounts.decode_key, data)
    if key is not None:
        one_form(data, key)
        assert type(key) is bytes and accounts.encode_key(key) == data


def _envelope(data: bytes) -> None:
    envelope = attempt(lambda: Envelope.from_map(cbor.decode(data, limit=MAX_BYTES, what="proof")))
    if envelope is not None:
        one_form(data, envelope.to_map())
        assert envelope.encoded == data
        assert envelope.digest == sha3_256(b"animica/proof/v1\x00" + data).digest()


def _proof_receipt(data: bytes) -> None:
    receipt = attempt(
        lambda: ProofReceipt.from_map(cbor.decode(data, limit=MAX_BYTES, what="proof"))
    )
    if receipt is not None:
        one_form(data, receipt.to_map())
        assert receipt.encoded == data and receipt.quality <= 1_000_000


def mutate(data: bytes, rng: Random) -> bytes:
    return data[:1] + mutations.cbor(data[1:], rng)


def seeds() -> dict[str, bytes]:
    made = world.chain().next
    assert made.effects is not None
    receipts = {f"receipt-{n}": b"\x00" + r.encoded for n, r in enumerate(made.effects.receipts)}
    account = next(value for (module, _), value in made.records.items() if module == "account")
    block = made.block
    proofs = {f"envelope-{n}": b"\x03" + each.encoded for n, each in enumerate(block.envelopes)}
    proofs |= {f"proof-{n}": b"\x04" + each.encoded for n, each in enumerate(block.proofs)}
    contract = {"nonce": 1, "balance": 2**63, "code": bytes(range(32))}
    return {
        **receipts,
        **proofs,
        "account": b"\x01" + account,
        "contract": b"\x01" + oracle.encode(contract),
        "key": b"\x02" + oracle.encode(bytes(40)),
    }
