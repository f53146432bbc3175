"""The ciphers of a session: RFC 8439 and NIST SP 800-38D, both with 96-bit nonces."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

CHACHA20_POLY1305 = 1
AES_256_GCM = 2

Aead = ChaCha20Poly1305 | AESGCM
AEADS: dict[int, type[ChaCha20Poly1305] | type[AESGCM]] = {
    CHACHA20_POLY1305: ChaCha20Poly1305,
    AES_256_GCM: AESGCM,
}
PREFERRED = (CHACHA20_POLY1305, AES_256_GCM)
"""ChaCha20 first: it takes the same time whatever the key on every machine."""
TAG_BYTES = 16
NAMES = {CHACHA20_POLY1305: "ChaCha20-Poly1305", AES_256_GCM: "AES-256-GCM"}


def nonce(number: int) -> bytes:
    """The nonce of the frame ``number`` of a direction; OverflowError beyond 64 bits."""
    return b"\0\0\0\0" + number.to_bytes(8)


def seal_once(aead: int, key: bytes, plain: bytes) -> bytes:
    """An encrypted message of the handshake behind its length. Each key seals only one."""
    length = (len(plain) + TAG_BYTES).to_bytes(4)
    return length + AEADS[aead](key).encrypt(nonce(0), plain, length)


def open_once(aead: int, key: bytes, wire: bytes) -> bytes | None:
    """What ``seal_once`` sealed, or None."""
    try:
        return AEADS[aead](key).decrypt(nonce(0), wire[4:], wire[:4])
    except InvalidTag:
        return None
