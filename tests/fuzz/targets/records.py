"""Receipts, accounts and stored keys; the first byte chooses which."""

from __future__ import annotations

from random import Random

from core import cbor
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
        (_receipt, _account, _key)[data[0] % 3](data[1:])


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


def mutate(data: bytes, rng: Random) -> bytes:
    return data[:1] + mutations.cbor(data[1:], rng)


def seeds() -> dict[str, bytes]:
    made = world.chain().next
    assert made.effects is not None
    receipts = {f"receipt-{n}": b"\x00" + r.encoded for n, r in enumerate(made.effects.receipts)}
    account = next(value for (module, _), value in made.records.items() if module == "account")
    contract = {"nonce": 1, "balance": 2**63, "code": bytes(range(32))}
    return {
        **receipts,
        "account": b"\x01" + account,
        "contract": b"\x01" + oracle.encode(contract),
        "key": b"\x02" + oracle.encode(bytes(40)),
    }
