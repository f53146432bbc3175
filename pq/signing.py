"""Signatures: ``verify`` for hostile input, ``PrivateKey`` for those who hold a secret.

The context is the FIPS 204/205 context string (at most 255 bytes), which separates what a key
signs: a signature for one purpose is worthless for another. Source: docs/spec/addresses.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from core.errors import EncodingRefused
from pq import addresses, ml_dsa, slh_dsa
from pq.algorithms import ML_DSA_65, SIGNATURE_ALGORITHMS, SLH_DSA_SHAKE_128S, algorithm

MAX_CONTEXT_BYTES = 255


class KeyInconsistent(EncodingRefused):
    """The secret contains a public key that does not belong to it."""

    code = "key.inconsistent"
    hint = "The stored secret is damaged; restore it from its backup."


class _Backend(Protocol):
    def public_key(self, secret: bytes) -> bytes: ...

    def sign(self, secret: bytes, message: bytes, context: bytes) -> bytes: ...

    def verify(self, key: bytes, message: bytes, signature: bytes, context: bytes) -> bool: ...


_BACKENDS: dict[int, _Backend] = {ML_DSA_65: ml_dsa, SLH_DSA_SHAKE_128S: slh_dsa}


def verify(alg: int, public_key: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
    """Whether ``signature`` is of ``message`` under ``context`` by ``public_key``.

    False for an id that cannot sign, for any wrong size (the libraries refuse a long context
    themselves) and for a bad signature; it never raises on bytes from outside.
    """
    scheme = SIGNATURE_ALGORITHMS.get(alg)
    if (
        scheme is None
        or len(public_key) != scheme.public_key_bytes
        or len(signature) != scheme.signature_bytes
    ):
        return False
    return _BACKENDS[alg].verify(public_key, message, signature, context)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A secret that signs.

    ``secret`` is the 32-byte FIPS 204 seed for ML-DSA-65, the 64-byte FIPS 205 secret key for
    SLH-DSA-SHAKE-128s. It never shows in ``repr``. Raises ``Algorithm…`` and ``KeyWrongSize``.
    """

    alg: int
    secret: bytes = field(repr=False)
    public_key: bytes = field(init=False, repr=False)
    address: bytes = field(init=False)

    def __post_init__(self) -> None:
        scheme = algorithm(self.alg)
        if len(self.secret) != scheme.secret_bytes:
            raise addresses.KeyWrongSize(
                f"the secret has {len(self.secret)} bytes, {scheme.name} needs "
                f"{scheme.secret_bytes}",
                field="secret",
                required=scheme.secret_bytes,
                found=len(self.secret),
            )
        public_key = _BACKENDS[self.alg].public_key(self.secret)
        object.__setattr__(self, "public_key", public_key)
        object.__setattr__(self, "address", addresses.of_public_key(self.alg, public_key))

    def sign(self, message: bytes, context: bytes) -> bytes:
        """A signature of ``message`` under ``context`` (at most 255 bytes, else ``ValueError``).

        The signature is verified before it is given away: a damaged secret or a fault while
        signing would otherwise leak the key or cost the user a refused transaction.
        """
        if len(context) > MAX_CONTEXT_BYTES:
            raise ValueError("a context has at most 255 bytes")
        signature = _BACKENDS[self.alg].sign(self.secret, message, context)
        if not verify(self.alg, self.public_key, message, signature, context):
            raise KeyInconsistent("the secret does not match its public key", alg=self.alg)
        return signature


def from_seed(seed: bytes) -> PrivateKey:
    """The ML-DSA-65 key of a 32-byte FIPS 204 seed; the caller supplies the randomness."""
    return PrivateKey(ML_DSA_65, seed)


def generate_slh() -> PrivateKey:
    """A fresh SLH-DSA-SHAKE-128s key; its randomness is drawn inside the library."""
    return PrivateKey(SLH_DSA_SHAKE_128S, slh_dsa.generate())
