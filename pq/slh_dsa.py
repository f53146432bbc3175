"""SLH-DSA-SHAKE-128s (FIPS 205) through ``pqcrypto``.

Secrets are the 64 bytes of FIPS 205 (SK.seed, SK.prf, PK.seed, PK.root; the last 32 are the public
key). The library makes keys only from its own randomness, so there is no shorter seed: a backup
keeps all 64 bytes. Signing takes over a second and holds the GIL: do it in a process that serves
nobody else. Sizes are checked by ``pq.signing``.
"""

from __future__ import annotations

from pqcrypto.sign import slh_dsa_shake_128s as _library


def generate() -> bytes:
    """A fresh 64-byte secret, from the operating system's randomness (inside the library)."""
    _, secret = _library.keygen()
    return bytes(secret)


def public_key(secret: bytes) -> bytes:
    """The public key (32 bytes) stored in a 64-byte secret."""
    return secret[32:]


def sign(secret: bytes, message: bytes, context: bytes) -> bytes:
    """A signature (7856 bytes) under a context of at most 255 bytes."""
    return bytes(_library.sign(secret, message, context))


def verify(key: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
    """Whether ``signature`` is of ``message`` under ``context`` by ``key``."""
    try:
        _library.verify(key, message, signature, context)
    except ValueError:  # InvalidSignatureError is one
        return False
    return True
