"""The key schedule of docs/security/p2p.md once more, straight down, and the file it writes.

Nothing here comes from the node: HKDF is the standard library's HMAC, CBOR is written by hand,
and the primitives are called as their standards name them.

    python -m tests.p2p.session.schedule            compares the file with what it computes
    python -m tests.p2p.session.schedule --write    plays a new handshake and writes the file
"""

from __future__ import annotations

import hmac
import json
import sys
from hashlib import sha3_256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

PATH = Path(__file__).resolve().parents[2] / "vectors" / "p2p_session.json"
CONTEXT = b"animica/p2p-auth/v1"
GIVEN = ("initiatorX25519", "initiatorKem", "initiatorIdentity", "responderIdentity")
SAID = ("hello", "answer", "responderSealed", "initiatorSealed")


def text(value: str) -> bytes:
    return bytes([0x60 + len(value)]) + value.encode()


def data(value: bytes) -> bytes:
    if len(value) < 256:
        return b"\x58" + len(value).to_bytes(1, "big") + value
    return b"\x59" + len(value).to_bytes(2, "big") + value


def behind_length(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def expand(key: bytes, info: bytes) -> bytes:
    return hmac.new(key, b"animica/p2p-key/v1\0" + info + b"\x01", "sha3_256").digest()


def statement(role: bytes, transcript: bytes, public: bytes) -> bytes:
    return sha3_256(b"animica/p2p-auth/v1\0" + role + transcript + b"\x10\x03" + public).digest()


def introduction(public: bytes, signature: bytes) -> bytes:
    alg = text("alg") + b"\x19\x10\x03"
    return b"\xa3" + alg + text("key") + data(public) + text("sig") + data(signature)


def sealed(key: bytes, number: int, plain: bytes) -> bytes:
    length = (len(plain) + 16).to_bytes(4, "big")
    nonce = bytes(4) + number.to_bytes(8, "big")
    return length + ChaCha20Poly1305(key).encrypt(nonce, plain, length)


def compute(v: dict[str, bytes]) -> dict[str, bytes]:
    """Everything that follows from the initiator's ephemeral secrets and the four messages."""
    x25519 = X25519PrivateKey.from_private_bytes(v["initiatorX25519"])
    kem = MLKEM768PrivateKey.from_seed_bytes(v["initiatorKem"])
    answer = v["answer"][4:]
    # {"kem": bytes .1088, "aead": 1, "x25519": bytes .32}, shorter keys first
    start = 1 + 4
    assert answer[:start] == b"\xa3" + text("kem") and answer[start : start + 3] == b"\x59\x04\x40"
    ciphertext = answer[start + 3 : start + 3 + 1088]
    theirs = answer[-32:]
    shared = x25519.exchange(X25519PublicKey.from_public_bytes(theirs)) + kem.decapsulate(
        ciphertext
    )
    tag = b"animica/p2p-transcript/v1\0"
    said = v["hello"] + v["answer"]
    first = sha3_256(tag + said).digest()
    second = sha3_256(tag + said + v["responderSealed"]).digest()
    third = sha3_256(tag + said + v["responderSealed"] + v["initiatorSealed"]).digest()
    root = hmac.new(first, shared, "sha3_256").digest()
    traffic = expand(root, b"\x02\x01" + third)
    other = expand(root, b"\x02\x02" + third)
    following = expand(traffic, b"\x03")
    return {
        "secrets": shared,
        "transcriptAnswer": first,
        "transcriptResponder": second,
        "transcriptWhole": third,
        "root": root,
        "responderHandshakeKey": expand(root, b"\x01\x02" + first),
        "initiatorHandshakeKey": expand(root, b"\x01\x01" + second),
        "initiatorTrafficKey": traffic,
        "responderTrafficKey": other,
        "initiatorNextKey": following,
        "frame0": sealed(traffic, 0, b"\x00first"),
        "frame1Rekeyed": sealed(traffic, 1, b"\x02second"),
        "frame2": sealed(following, 2, b"\x00third"),
        "responderFrame0": sealed(other, 0, b"\x00answer"),
    }


def play() -> dict[str, bytes]:
    """A handshake with fixed keys of the initiator; the responder's are the library's."""
    v = {"initiatorX25519": b"\x11" * 32, "initiatorKem": b"\x22" * 64}
    v |= {"initiatorIdentity": b"\x33" * 32, "responderIdentity": b"\x44" * 32}
    x25519 = X25519PrivateKey.from_private_bytes(v["initiatorX25519"])
    kem = MLKEM768PrivateKey.from_seed_bytes(v["initiatorKem"])
    body = b"\xa7" + text("kem") + data(kem.public_key().public_bytes_raw())
    body += text("aeads") + b"\x82\x01\x02" + text("chain") + b"\x19\x05\x39"
    body += text("policy") + data(bytes(range(32, 64)))
    body += text("x25519") + data(x25519.public_key().public_bytes_raw())
    body += text("genesis") + data(bytes(range(32))) + text("version") + b"\x01"
    v["hello"] = behind_length(body)
    own = X25519PrivateKey.generate()
    secret, ciphertext = kem.public_key().encapsulate()
    body = b"\xa3" + text("kem") + data(ciphertext) + text("aead") + b"\x01"
    body += text("x25519") + data(own.public_key().public_bytes_raw())
    v["answer"] = behind_length(body)
    shared = own.exchange(x25519.public_key()) + secret
    said = b"animica/p2p-transcript/v1\0" + v["hello"] + v["answer"]
    first = sha3_256(said).digest()
    root = hmac.new(first, shared, "sha3_256").digest()
    for role, name, key in (
        (b"\x02", "responderSealed", "responderIdentity"),
        (b"\x01", "initiatorSealed", "initiatorIdentity"),
    ):
        transcript = sha3_256(said).digest()
        identity = MLDSA65PrivateKey.from_seed_bytes(v[key])
        public = identity.public_key().public_bytes_raw()
        signature = identity.sign(statement(role, transcript, public), CONTEXT)
        plain = introduction(public, signature)
        v[name] = sealed(expand(root, b"\x01" + role + transcript), 0, plain)
        said += v[name]
    return v


def check_signatures(v: dict[str, bytes]) -> None:
    """Open both introductions and verify what they say."""
    for role, name, key, at, owner in (
        (b"\x02", "responderSealed", "responderHandshakeKey", "transcriptAnswer", "responder"),
        (b"\x01", "initiatorSealed", "initiatorHandshakeKey", "transcriptResponder", "initiator"),
    ):
        wire = v[name]
        plain = ChaCha20Poly1305(v[key]).decrypt(bytes(12), wire[4:], wire[:4])
        private = MLDSA65PrivateKey.from_seed_bytes(v[f"{owner}Identity"])
        public = private.public_key().public_bytes_raw()
        signature = plain[-3309:]
        assert plain == introduction(public, signature)
        MLDSA65PublicKey.from_public_bytes(public).verify(
            signature, statement(role, v[at], public), CONTEXT
        )


def load() -> dict[str, bytes]:
    held: dict[str, Any] = json.loads(PATH.read_text("utf-8"))
    return {name: bytes.fromhex(value) for name, value in held.items()}


def compare(held: dict[str, bytes]) -> None:
    given = {name: held[name] for name in (*GIVEN, *SAID)}
    whole = given | compute(given)
    assert whole == held, "the file is not what follows from its keys and messages"
    check_signatures(whole)


if __name__ == "__main__":
    if "--write" in sys.argv:
        made = play()
        made |= compute(made)
        PATH.write_text(json.dumps({k: v.hex() for k, v in made.items()}, indent=1) + "\n")
    compare(load())
