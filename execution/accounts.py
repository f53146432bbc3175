"""The account record. Source: docs/spec/state.md."""

from __future__ import annotations

from dataclasses import dataclass

from core import cbor
from core.fields import Fields, FieldType, keys
from core.limits import HASH_BYTES
from pq import addresses

MODULE = "account"
KEY_MODULE = "key"
_REQUIRED = keys(("nonce", "balance"))
_OPTIONAL = keys(("code",))
_RECORD_BYTES = 128
_KEY_RECORD_BYTES = 8192

TREASURY = addresses.of_system("treasury")
AICF = addresses.of_system("aicf")


@dataclass(frozen=True)
class Account:
    """Next nonce, balance in nANM, and the hash of the code if it is a contract."""

    nonce: int = 0
    balance: int = 0
    code: bytes | None = None

    def encode(self) -> bytes | None:
        """The record's value; None for the default account, which is no record at all."""
        if self.nonce == 0 and self.balance == 0 and self.code is None:
            return None
        value: dict[str, object] = {"nonce": self.nonce, "balance": self.balance}
        if self.code is not None:
            value["code"] = self.code
        return cbor.encode(value)

    @classmethod
    def of_record(cls, value: bytes | None) -> Account:
        """Read a record of our own ledger, quickly; an absent one is the default account."""
        if value is None:
            return cls()
        known = cbor.decode_own(value)
        return cls(known["nonce"], known["balance"], known.get("code"))

    @classmethod
    def decode(cls, value: bytes | None) -> Account:
        """Read a record's value from outside; an absent record is the default account."""
        if value is None:
            return cls()
        decoded = cbor.decode(value, limit=_RECORD_BYTES, what="account")
        f = Fields(decoded, "account", _REQUIRED, _OPTIONAL)
        return cls(
            nonce=f.uint("nonce"),
            balance=f.uint("balance"),
            code=f.data("code", size=HASH_BYTES) if f.has("code") else None,
        )


def encode_key(public_key: bytes) -> bytes:
    """The value of a ``key`` record: the account's stored public key."""
    return cbor.encode(public_key)


def decode_key(value: bytes | None) -> bytes | None:
    """The public key of a ``key`` record, None when the chain holds none.

    Raises an ``EncodingRefused`` for anything but a byte string.
    """
    if value is None:
        return None
    key = cbor.decode(value, limit=_KEY_RECORD_BYTES, what="key")
    if type(key) is not bytes:
        raise FieldType("key must be a byte string", field="key")
    return key
