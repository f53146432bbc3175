"""Who a peer is, and how it proves it. Source: docs/spec/p2p.md."""

from __future__ import annotations

from dataclasses import dataclass

from core import cbor, tags
from core.errors import EncodingRefused
from core.fields import Fields, keys
from core.hashing import sha3, tagged
from p2p.rules import limits
from p2p.rules.session.refusals import HandshakeMalformed, IdentityUnknown, SignatureWrong
from pq import signing
from pq.algorithms import SIGNATURE_ALGORITHMS

_FIELDS = keys(("alg", "key", "sig"))


@dataclass(frozen=True, slots=True)
class Identity:
    """A public key that a node is known by."""

    alg: int
    public_key: bytes

    @property
    def id(self) -> bytes:
        """H(alg u16be || key), 32 bytes."""
        return sha3(self._bytes())

    def statement(self, role: bytes, digest: bytes) -> bytes:
        """What this identity signs in a role, given the transcript so far."""
        return tagged(tags.P2P_AUTH, role + digest + self._bytes())

    def _bytes(self) -> bytes:
        return self.alg.to_bytes(2) + self.public_key


def introduce(identity: Identity, signature: bytes) -> bytes:
    """What is encrypted: the identity and its signature."""
    return cbor.encode({"alg": identity.alg, "key": identity.public_key, "sig": signature})


def meet(plain: bytes, role: bytes, digest: bytes) -> Identity:
    """The identity in a decrypted introduction, its signature verified."""
    try:
        value = cbor.decode(plain, limit=limits.SEALED_BYTES, what="identity")
        fields = Fields(value, "identity", _FIELDS, frozenset())
        alg = fields.uint("alg", most=0xFFFF)
        public_key, signature = fields.data("key"), fields.data("sig")
    except EncodingRefused as refusal:
        raise HandshakeMalformed(refusal.message, cause=refusal.code, **refusal.facts) from None
    scheme = SIGNATURE_ALGORITHMS.get(alg)
    if scheme is None or len(public_key) != scheme.public_key_bytes:
        raise IdentityUnknown(f"the peer's identity is no key of algorithm {alg}", alg=alg)
    identity = Identity(alg, public_key)
    statement = identity.statement(role, digest)
    if not signing.verify(alg, public_key, statement, signature, tags.CONTEXT_P2P):
        raise SignatureWrong("the peer's signature is not of this handshake", alg=alg)
    return identity
