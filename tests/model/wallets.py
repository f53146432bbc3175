"""Accounts of the lock-step: keys straight from the libraries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from pqcrypto.sign import slh_dsa_shake_128s

from tests.model.primitives import CONTEXT, ML_DSA, SLH_DSA, address_of, h

# SK.seed || SK.prf || PK.seed || PK.root of a published test key (tests/pq has its signatures).
SLH_SECRET = bytes(range(48)) + bytes.fromhex("89fd81fdbb5b94129b14761bdc6bf682")


@dataclass(frozen=True, eq=False)
class Wallet:
    """A key and the account that it owns."""

    alg: int
    public_key: bytes
    sign: Callable[[bytes], bytes]

    @property
    def address(self) -> bytes:
        """34 bytes."""
        return address_of(self.alg, self.public_key)


@cache
def ml_wallet(number: int) -> Wallet:
    """The ML-DSA-65 account of that number."""
    key = MLDSA65PrivateKey.from_seed_bytes(h(b"lock-step account %d" % number))
    return Wallet(
        ML_DSA, key.public_key().public_bytes_raw(), lambda message: key.sign(message, CONTEXT)
    )


@cache
def _slh_signature(message: bytes) -> bytes:
    """Takes a second, so each message is signed once."""
    signature: bytes = slh_dsa_shake_128s.sign(SLH_SECRET, message, context=CONTEXT)
    return signature


@cache
def slh_wallet() -> Wallet:
    """The SLH-DSA account; it always signs the same few transactions (see ``Maker``)."""
    return Wallet(SLH_DSA, SLH_SECRET[32:], _slh_signature)
