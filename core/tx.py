"""Transactions as values: the unsigned part, the witness and their one encoding.

``txid`` covers the unsigned part only, so nobody who relays a transaction can change its id.
Source: docs/spec/transactions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from core import cbor, tags
from core.cbor import Value
from core.errors import EncodingRefused
from core.fields import Fields, FieldType, keys
from core.hashing import sha3, tagged
from core.limits import (
    ACCESS_ADDRESSES,
    ACCESS_KEYS,
    ADDRESS_BYTES,
    HASH_BYTES,
    KIND_CHARS,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    TX_BYTES,
    TX_BYTES_UNCOUNTED,
    TX_ITEMS,
)

VERSION = 1

_REQUIRED = keys(("v", "chain", "kind", "from", "nonce", "gas", "maxFee", "maxTip", "body"))
_OPTIONAL = keys(("maxBlobFee", "access", "until", "keep"))
_WITNESS_REQUIRED = keys(("alg", "sig"))
_WITNESS_OPTIONAL = keys(("pk",))

Access = tuple[tuple[bytes, tuple[bytes, ...]], ...]
"""Pairs of an address (34 bytes) and the storage keys (32 bytes each) declared under it."""


class TxVersion(EncodingRefused):
    """A transaction of another format version."""

    code = "tx.version"
    hint = "This node speaks transaction format 1."


class TxForm(EncodingRefused):
    """Bytes that are not a pair of an unsigned transaction and a witness, or a bad access list."""

    code = "tx.form"
    hint = "Send the canonical CBOR array [unsigned, witness]."


@dataclass(frozen=True)
class UnsignedTx:
    """What the sender signs. Amounts and fees in nANM; ``body`` is the kind's own map."""

    chain: int
    kind: str
    sender: bytes
    nonce: int
    gas: int
    max_fee: int
    max_tip: int
    body: dict[str, Value]
    max_blob_fee: int | None = None
    access: Access | None = None
    until: int | None = None
    keep: bool = False
    v: int = VERSION

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded; optional fields are left out when absent."""
        out: dict[str, Value] = {
            "v": self.v,
            "chain": self.chain,
            "kind": self.kind,
            "from": self.sender,
            "nonce": self.nonce,
            "gas": self.gas,
            "maxFee": self.max_fee,
            "maxTip": self.max_tip,
            "body": self.body,
        }
        if self.max_blob_fee is not None:
            out["maxBlobFee"] = self.max_blob_fee
        if self.access is not None:
            out["access"] = [[address, list(slots)] for address, slots in self.access]
        if self.until is not None:
            out["until"] = self.until
        if self.keep:
            out["keep"] = True
        return out

    @classmethod
    def from_map(cls, value: Value) -> UnsignedTx:
        """Read a decoded map; raises a named ``field.…`` or ``tx.…`` refusal."""
        f = Fields(value, "tx", _REQUIRED, _OPTIONAL)
        version = f.uint("v")
        if version != VERSION:
            raise TxVersion(f"tx.v is {version}, this node speaks {VERSION}", field="tx.v")
        if type(f.raw("body")) is not dict:
            raise FieldType("tx.body must be a map", field="tx.body")
        return cls(
            chain=f.uint("chain"),
            kind=f.text("kind", most=KIND_CHARS),
            sender=f.data("from", size=ADDRESS_BYTES),
            nonce=f.uint("nonce"),
            gas=f.uint("gas"),
            max_fee=f.uint("maxFee"),
            max_tip=f.uint("maxTip"),
            body=f.raw("body"),
            max_blob_fee=f.uint("maxBlobFee") if f.has("maxBlobFee") else None,
            access=_read_access(f) if f.has("access") else None,
            until=f.uint("until") if f.has("until") else None,
            keep=_read_keep(f) if f.has("keep") else False,
        )

    @cached_property
    def encoded(self) -> bytes:
        """CBOR(unsigned)."""
        return cbor.encode(self.to_map())

    @cached_property
    def txid(self) -> bytes:
        """The 32 bytes that are the transaction's id and the message that is signed."""
        return tagged(tags.TX, self.encoded)


@dataclass(frozen=True)
class Witness:
    """Who vouches: algorithm id, signature over the txid, and the public key where needed."""

    alg: int
    sig: bytes
    pk: bytes | None = None

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        out: dict[str, Value] = {"alg": self.alg, "sig": self.sig}
        if self.pk is not None:
            out["pk"] = self.pk
        return out

    @classmethod
    def from_map(cls, value: Value) -> Witness:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "witness", _WITNESS_REQUIRED, _WITNESS_OPTIONAL)
        return cls(
            alg=f.uint("alg", most=0xFFFF),
            sig=f.data("sig", most=SIGNATURE_BYTES),
            pk=f.data("pk", most=PUBLIC_KEY_BYTES) if f.has("pk") else None,
        )

    @cached_property
    def encoded(self) -> bytes:
        """CBOR(witness)."""
        return cbor.encode(self.to_map())


@dataclass(frozen=True)
class SignedTx:
    """A transaction as it is submitted, relayed and stored."""

    unsigned: UnsignedTx
    witness: Witness

    @property
    def txid(self) -> bytes:
        """See ``UnsignedTx.txid``."""
        return self.unsigned.txid

    @cached_property
    def raw(self) -> bytes:
        """CBOR([unsigned, witness]): an array head of two, then both parts."""
        return b"\x82" + self.unsigned.encoded + self.witness.encoded

    @cached_property
    def raw_hash(self) -> bytes:
        """H(raw): names this very submission, witness included."""
        return sha3(self.raw)

    def with_key(self, pk: bytes | None) -> SignedTx:
        """The same transaction with the public key put in or left out."""
        return SignedTx(self.unsigned, Witness(self.witness.alg, self.witness.sig, pk))

    @classmethod
    def decode(cls, raw: bytes) -> SignedTx:
        """Decode the raw form; raises an ``EncodingRefused``."""
        most = TX_ITEMS if len(raw) > TX_BYTES_UNCOUNTED else None
        value = cbor.decode(raw, limit=TX_BYTES, what="tx", most=most)
        if type(value) is not list or len(value) != 2:
            raise TxForm("a transaction is the array [unsigned, witness]", field="tx")
        tx = cls(UnsignedTx.from_map(value[0]), Witness.from_map(value[1]))
        # Decoding is strict, so slices of what was decoded are what encoding would give.
        (middle,) = cbor.item_ends(raw, 1, 1)
        tx.__dict__["raw"] = raw
        tx.unsigned.__dict__["encoded"] = raw[1:middle]
        tx.witness.__dict__["encoded"] = raw[middle:]
        return tx


def _read_keep(f: Fields) -> bool:
    if not f.flag("keep"):
        raise FieldType("tx.keep is true or absent", field="tx.keep")
    return True


def _read_access(f: Fields) -> Access:
    """Sorted, unique, within the bounds; one encoding for one meaning."""
    entries: list[tuple[bytes, tuple[bytes, ...]]] = []
    slots_total = 0
    for item in f.items("access", most=ACCESS_ADDRESSES):
        if type(item) is not list or len(item) != 2 or type(item[1]) is not list:
            raise FieldType("tx.access holds pairs [address, [key…]]", field="tx.access")
        address, slots = item
        slots_total += len(slots)
        sized = all(type(slot) is bytes and len(slot) == HASH_BYTES for slot in slots)
        if type(address) is not bytes or len(address) != ADDRESS_BYTES or not sized:
            raise FieldType("tx.access has an address or key of wrong size", field="tx.access")
        entries.append((address, _strictly_rising(slots)))
    if slots_total > ACCESS_KEYS:
        raise TxForm(f"tx.access declares {slots_total} keys", field="tx.access", most=ACCESS_KEYS)
    _strictly_rising([address for address, _ in entries])
    return tuple(entries)


def _strictly_rising(items: list[bytes]) -> tuple[bytes, ...]:
    if any(a >= b for a, b in pairwise(items)):
        raise TxForm("tx.access is not sorted or repeats an entry", field="tx.access")
    return tuple(items)
