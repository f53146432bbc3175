"""The key schedule: from two shared secrets and the transcript to keys for each direction.

Source: docs/security/p2p.md; RFC 5869 (HKDF), RFC 7748 (X25519), FIPS 203 (ML-KEM).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA3_256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from core import tags
from core.hashing import tagged
from p2p.rules.session.refusals import KemInvalid, KeyWeak

KEY_BYTES = 32

INITIATOR, RESPONDER = b"\x01", b"\x02"
"""Roles, as they are signed and as they separate the keys of the two directions."""
_HANDSHAKE, _TRAFFIC, _NEXT = b"\x01", b"\x02", b"\x03"


class Ephemeral:
    """The initiator's keys of one handshake; drawn inside the library unless a test has them."""

    def __init__(
        self, x25519: X25519PrivateKey | None = None, kem: MLKEM768PrivateKey | None = None
    ) -> None:
        self._x25519 = x25519 or X25519PrivateKey.generate()
        self._kem = kem or MLKEM768PrivateKey.generate()

    def public(self) -> tuple[bytes, bytes]:
        """The X25519 and the ML-KEM key."""
        return (
            self._x25519.public_key().public_bytes_raw(),
            self._kem.public_key().public_bytes_raw(),
        )

    def secrets(self, x25519: bytes, ciphertext: bytes) -> bytes:
        """Both shared secrets, given the responder's key and ciphertext.

        An altered ciphertext of the right size gives another secret and no error (FIPS 203).
        """
        return _exchange(self._x25519, x25519) + self._kem.decapsulate(ciphertext)


def respond(x25519: bytes, kem: bytes) -> tuple[bytes, bytes, bytes]:
    """The responder's X25519 key and ciphertext, and both shared secrets."""
    own = X25519PrivateKey.generate()
    shared = _exchange(own, x25519)
    try:
        secret, ciphertext = MLKEM768PublicKey.from_public_bytes(kem).encapsulate()
    except ValueError:
        raise KemInvalid("the peer's ML-KEM key is none") from None
    return own.public_key().public_bytes_raw(), ciphertext, shared + secret


def transcript(*messages: bytes) -> bytes:
    """The digest of messages in order, each as on the wire, behind its length."""
    return tagged(tags.P2P_TRANSCRIPT, b"".join(messages))


def root(secrets: bytes, salt: bytes) -> bytes:
    """The key that all others come from; ``salt`` is the transcript up to the answer."""
    return HKDF.extract(SHA3_256(), salt, secrets)


def handshake_key(prk: bytes, sender: bytes, digest: bytes) -> bytes:
    """The key that encrypts the identity of one side."""
    return _expand(prk, _HANDSHAKE + sender + digest)


def traffic_key(prk: bytes, sender: bytes, digest: bytes) -> bytes:
    """The first key of one side's frames; ``digest`` covers both encrypted identities."""
    return _expand(prk, _TRAFFIC + sender + digest)


def next_key(key: bytes) -> bytes:
    """The key after ``key``, from which there is no way back."""
    return _expand(key, _NEXT)


def _expand(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(SHA3_256(), KEY_BYTES, tags.P2P_KEY + info).derive(key)


def _exchange(own: X25519PrivateKey, theirs: bytes) -> bytes:
    """The shared secret; the library refuses a key that makes it zero."""
    try:
        return own.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError:
        raise KeyWeak("the peer's X25519 key makes every shared secret zero") from None
