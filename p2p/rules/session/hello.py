"""The messages of the handshake that nobody has encrypted: strict CBOR behind its length.

Source: docs/spec/p2p.md. All of it is part of the transcript, so altering it ends the handshake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import cbor
from core.errors import EncodingRefused
from core.fields import Fields, keys
from core.limits import HASH_BYTES
from p2p.rules import limits
from p2p.rules.session import refusals

X25519_BYTES = 32
KEM_KEY_BYTES = 1_184
KEM_CIPHERTEXT_BYTES = 1_088
LENGTH_BYTES = 4

_CODE_CHARS = 64
_HELLO = keys(("version", "chain", "genesis", "policy", "x25519", "kem", "aeads"))
_ANSWER = keys(("x25519", "kem", "aead"))
_REFUSAL = keys(("code", "reason"))
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides must share: ``alg_policy`` is the digest of the chain's algorithm policy."""

    version: int
    chain: int
    genesis: bytes
    alg_policy: bytes

    def compare(self, other: Terms) -> None:
        """Raise the refusal of the first difference."""
        if other.chain != self.chain:
            raise refusals.ChainDiffers(
                f"the peer is on chain {other.chain}, this node on {self.chain}",
                ours=self.chain,
                theirs=other.chain,
            )
        if other.genesis != self.genesis:
            raise refusals.GenesisDiffers(
                "the peer's chain begins with another block",
                ours=_hex(self.genesis),
                theirs=_hex(other.genesis),
            )
        if other.alg_policy != self.alg_policy:
            raise refusals.PolicyDiffers(
                "the peer's chain has another policy of signature algorithms",
                ours=_hex(self.alg_policy),
                theirs=_hex(other.alg_policy),
            )


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message: the initiator's terms, ephemeral keys and the ciphers that it takes."""

    terms: Terms
    x25519: bytes
    kem: bytes
    aeads: tuple[int, ...]

    def encode(self) -> bytes:
        """The message on the wire."""
        return framed(
            {
                "version": self.terms.version,
                "chain": self.terms.chain,
                "genesis": self.terms.genesis,
                "policy": self.terms.alg_policy,
                "x25519": self.x25519,
                "kem": self.kem,
                "aeads": list(self.aeads),
            }
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The first part of the second message: the responder's key, ciphertext and choice."""

    x25519: bytes
    kem: bytes
    aead: int

    def encode(self) -> bytes:
        """The message on the wire."""
        return framed({"x25519": self.x25519, "kem": self.kem, "aead": self.aead})


def decode_hello(wire: bytes, version: int) -> Hello:
    """The first message of a peer. Of another version only the version is read."""
    value = _map(wire, "hello")
    try:
        theirs = value.get("version")
        if type(theirs) is int and theirs != version:
            raise refusals.VersionDiffers(
                f"the peer speaks version {theirs}, this node {version}",
                ours=version,
                theirs=theirs,
            )
        fields = Fields(value, "hello", _HELLO, _NONE)
        return Hello(
            Terms(
                fields.uint("version"),
                fields.uint("chain"),
                fields.data("genesis", size=HASH_BYTES),
                fields.data("policy", size=HASH_BYTES),
            ),
            fields.data("x25519", size=X25519_BYTES),
            fields.data("kem", size=KEM_KEY_BYTES),
            _ids(fields),
        )
    except EncodingRefused as refusal:
        raise _malformed(refusal) from None


def decode_answer(wire: bytes) -> Answer:
    """The responder's part. Raises ``RefusedByPeer`` where that is its answer."""
    value = _map(wire, "answer")
    try:
        if value.keys() == _REFUSAL:
            raise _refused(Fields(value, "refusal", _REFUSAL, _NONE))
        fields = Fields(value, "answer", _ANSWER, _NONE)
        return Answer(
            fields.data("x25519", size=X25519_BYTES),
            fields.data("kem", size=KEM_CIPHERTEXT_BYTES),
            fields.uint("aead", most=0xFFFF),
        )
    except EncodingRefused as refusal:
        raise _malformed(refusal) from None


def encode_refusal(refusal: refusals.SessionRefused) -> bytes:
    """What the responder says instead of an answer."""
    plain = (c if c.isascii() and c.isprintable() else "?" for c in refusal.message)
    reason = "".join(plain)[: limits.REASON_BYTES]
    return framed({"code": refusal.code, "reason": reason})


def framed(value: dict[str, Any]) -> bytes:
    """A map behind its length: the form of every message of the handshake."""
    body = cbor.encode(value)
    return len(body).to_bytes(LENGTH_BYTES) + body


def _map(wire: bytes, what: str) -> dict[str, Any]:
    try:
        value = cbor.decode(wire[LENGTH_BYTES:], limit=limits.HELLO_BYTES, what=what)
    except EncodingRefused as refusal:
        raise _malformed(refusal) from None
    if type(value) is not dict:
        raise refusals.HandshakeMalformed(f"{what} is not a map", field=what)
    return value


def _ids(fields: Fields) -> tuple[int, ...]:
    aeads = fields.items("aeads", most=limits.AEADS_MOST)
    if any(type(each) is not int for each in aeads) or len(set(aeads)) != len(aeads):
        raise refusals.HandshakeMalformed(
            "hello.aeads must be different unsigned integers", field="hello.aeads"
        )
    return tuple(aeads)


def _refused(fields: Fields) -> refusals.SessionRefused:
    code = fields.text("code", most=_CODE_CHARS)
    reason = fields.text("reason", most=limits.REASON_BYTES)
    if not (code + reason).isprintable():
        return refusals.HandshakeMalformed("the peer's reason is not plain text", field="refusal")
    return refusals.RefusedByPeer(
        f"the peer refused the session: {reason} [{code}]", peerCode=code, peerReason=reason
    )


def _malformed(refusal: EncodingRefused) -> refusals.HandshakeMalformed:
    return refusals.HandshakeMalformed(refusal.message, cause=refusal.code, **refusal.facts)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
