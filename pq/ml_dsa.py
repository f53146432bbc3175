"""ML-DSA-65 (FIPS 204) through ``cryptography``, which releases the GIL.

Secrets are the 32-byte FIPS 204 seed. Signing is hedged: two signatures of the same message
differ, so signature bytes are never compared. Sizes are checked by ``pq.signing``.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey


def public_key(secret: bytes) -> bytes:
    """The public key (1952 bytes) of a 32-byte seed."""
    return MLDSA65PrivateKey.from_seed_bytes(secret).public_key().public_bytes_raw()


def sign(secret: bytes, message: bytes, context: bytes) -> bytes:
    """A signature (3309 bytes) under a context of at most 255 bytes."""
    return MLDSA65PrivateKey.from_seed_bytes(secret).sign(message, context)


@lru_cache(maxsize=4096)
def _parsed(key: bytes) -> MLDSA65PublicKey:
    """The library's form of a key; a sender signs more than once. Raises ValueError."""
    return MLDSA65PublicKey.from_public_bytes(key)


def verify(key: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
    """Whether ``signature`` is of ``message`` under ``context`` by ``key``."""
    try:
        _parsed(key).verify(signature, message, context)
    except (InvalidSignature, ValueError):
        return False
    return True
