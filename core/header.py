"""Block headers: their fields, encoding, hash and the bytes that the seal draws on.

Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from core import cbor, tags
from core.cbor import Value
from core.fields import Fields, keys
from core.hashing import ZERO32, sha3, tagged
from core.limits import ADDRESS_BYTES, EXTRA_BYTES, HASH_BYTES

VERSION = 1
NONCE_BYTES = 8
HEADER_BYTES = 2048

_ROOTS = ("state", "txs", "witnesses", "receipts", "proofs", "da")
_BEACON = keys(("round", "out"))
_POLICY = ("poies", "alg", "zk", "params")
_HEADER = keys(
    (
        *("v", "chain", "height", "parent", "time", "coinbase", "gasLimit", "gasUsed", "baseFee"),
        *("blobBytes", "blobFee", "theta", "psi", "roots", "beacon", "mix", "policy", "extra"),
        "nonce",
    )
)


@dataclass(frozen=True)
class Roots:
    """The six Merkle commitments of a block, 32 bytes each."""

    state: bytes
    txs: bytes
    witnesses: bytes
    receipts: bytes
    proofs: bytes
    da: bytes

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {name: getattr(self, name) for name in _ROOTS}

    @classmethod
    def from_map(cls, value: Value) -> Roots:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "header.roots", keys(_ROOTS), frozenset())
        return cls(**{name: f.data(name, size=HASH_BYTES) for name in _ROOTS})


@dataclass(frozen=True)
class Beacon:
    """The latest final round of the randomness beacon: its number and its 32-byte output."""

    round: int = 0
    out: bytes = ZERO32

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {"round": self.round, "out": self.out}

    @classmethod
    def from_map(cls, value: Value) -> Beacon:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "header.beacon", _BEACON, frozenset())
        return cls(round=f.uint("round"), out=f.data("out", size=HASH_BYTES))


@dataclass(frozen=True)
class PolicyPins:
    """Digests of the four policies active at the block's height, 32 bytes each."""

    poies: bytes
    alg: bytes
    zk: bytes
    params: bytes

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {name: getattr(self, name) for name in _POLICY}

    @classmethod
    def from_map(cls, value: Value) -> PolicyPins:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "header.policy", keys(_POLICY), frozenset())
        return cls(**{name: f.data(name, size=HASH_BYTES) for name in _POLICY})


@dataclass(frozen=True)
class Header:
    """A block header. Times in ms, fees in nANM, ``theta`` and ``psi`` in micro-nats."""

    chain: int
    height: int
    parent: bytes
    time: int
    coinbase: bytes
    gas_limit: int
    gas_used: int
    base_fee: int
    blob_bytes: int
    blob_fee: int
    theta: int
    psi: int
    roots: Roots
    beacon: Beacon
    mix: bytes
    policy: PolicyPins
    extra: bytes = b""
    nonce: bytes = bytes(NONCE_BYTES)
    v: int = VERSION

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {**self._unsealed_map(), "nonce": self.nonce}

    def _unsealed_map(self) -> dict[str, Value]:
        return {
            "v": self.v,
            "chain": self.chain,
            "height": self.height,
            "parent": self.parent,
            "time": self.time,
            "coinbase": self.coinbase,
            "gasLimit": self.gas_limit,
            "gasUsed": self.gas_used,
            "baseFee": self.base_fee,
            "blobBytes": self.blob_bytes,
            "blobFee": self.blob_fee,
            "theta": self.theta,
            "psi": self.psi,
            "roots": self.roots.to_map(),
            "beacon": self.beacon.to_map(),
            "mix": self.mix,
            "policy": self.policy.to_map(),
            "extra": self.extra,
        }

    @classmethod
    def from_map(cls, value: Value) -> Header:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "header", _HEADER, frozenset())
        return cls(
            v=f.uint("v"),
            chain=f.uint("chain"),
            height=f.uint("height"),
            parent=f.data("parent", size=HASH_BYTES),
            time=f.uint("time"),
            coinbase=f.data("coinbase", size=ADDRESS_BYTES),
            gas_limit=f.uint("gasLimit"),
            gas_used=f.uint("gasUsed"),
            base_fee=f.uint("baseFee"),
            blob_bytes=f.uint("blobBytes"),
            blob_fee=f.uint("blobFee"),
            theta=f.uint("theta"),
            psi=f.uint("psi"),
            roots=Roots.from_map(f.raw("roots")),
            beacon=Beacon.from_map(f.raw("beacon")),
            mix=f.data("mix", size=HASH_BYTES),
            policy=PolicyPins.from_map(f.raw("policy")),
            extra=f.data("extra", most=EXTRA_BYTES),
            nonce=f.data("nonce", size=NONCE_BYTES),
        )

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Decode the canonical encoding; raises an ``EncodingRefused``."""
        header = cls.from_map(cbor.decode(data, limit=HEADER_BYTES, what="header"))
        # Decoding is strict, so this is what encoding would give.
        header.__dict__["encoded"] = bytes(data)
        return header

    @cached_property
    def encoded(self) -> bytes:
        """CBOR(header)."""
        return cbor.encode(self.to_map())

    @cached_property
    def hash(self) -> bytes:
        """The block hash, 32 bytes."""
        return tagged(tags.BLOCK, self.encoded)

    @cached_property
    def sign_bytes(self) -> bytes:
        """The 48 bytes in front of mix and nonce in the seal's preimage."""
        return tags.SEAL_PREFIX + tagged(tags.HEADER, cbor.encode(self._unsealed_map()))

    @cached_property
    def seal_prefix(self) -> bytes:
        """``sign_bytes || mix``: the 80 bytes that stay the same while nonces are searched."""
        return self.sign_bytes + self.mix

    @property
    def draw(self) -> int:
        """The seal's draw, u in [0, 2^256). The nonce field holds it little endian as hashed."""
        return int.from_bytes(sha3(self.seal_prefix + self.nonce), "big")

    def sealed(self, nonce: bytes) -> Header:
        """This header with its nonce set (8 bytes, as hashed)."""
        return replace(self, nonce=nonce)
