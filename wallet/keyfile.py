"""Key files: one secret, encrypted under a passphrase, as JSON. Source: docs/guides/wallet.md.

The passphrase (NFKC, UTF-8) goes through Argon2id (RFC 9106) to a key for ChaCha20-Poly1305
(RFC 8439). Everything else in the file is associated data, so nothing in it can be exchanged
unnoticed. A checksum over the whole tells a damaged file from a wrong passphrase, and that before
any work is spent. Parameters are bounded on reading: a hostile file cannot ask for all memory.
"""

from __future__ import annotations

import json
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from core import cbor
from core.errors import EncodingRefused
from core.fields import Fields, FieldType, keys
from core.hashing import sha3
from pq import addresses
from pq.algorithms import algorithm
from pq.signing import PrivateKey
from wallet.errors import (
    KeyFileDamaged,
    KeyFileFormat,
    KeyFileTooCostly,
    PassphraseWeak,
    PassphraseWrong,
)

FORMAT = "animica-key"
VERSION = 1
FILE_BYTES = 16 * 1024
PASSPHRASE_CHARS = 8

_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_MEMORY_KIB = 1024 * 1024
_PASSES = 16
_LANES = 16

_FILE = keys(("format", "version", "address", "alg", "kdf", "cipher", "checksum"))
_KDF = keys(("name", "memoryKib", "passes", "lanes", "salt"))
_CIPHER = keys(("name", "nonce", "data"))


@dataclass(frozen=True)
class Cost:
    """Argon2id's cost: memory in KiB, passes over it, lanes. Default: RFC 9106, section 4."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True)
class KeyFile:
    """An encrypted key. ``address`` (34 bytes) and ``alg`` can be read without the passphrase."""

    address: bytes
    alg: int
    cost: Cost
    salt: bytes
    nonce: bytes
    data: bytes

    @classmethod
    def seal(cls, key: PrivateKey, passphrase: str, cost: Cost | None = None) -> KeyFile:
        """Encrypt ``key``. Raises ``PassphraseWeak`` under 8 characters."""
        if len(passphrase) < PASSPHRASE_CHARS:
            raise PassphraseWeak(
                f"the passphrase has {len(passphrase)} characters", required=PASSPHRASE_CHARS
            )
        salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
        blank = cls(key.address, key.alg, cost or Cost(), salt, nonce, b"")
        data = blank._cipher(passphrase).encrypt(nonce, key.secret, blank._bound())
        return cls(blank.address, blank.alg, blank.cost, salt, nonce, data)

    def unlock(self, passphrase: str) -> PrivateKey:
        """The key. Raises ``PassphraseWrong``, or ``KeyFileDamaged`` if it is another's key."""
        try:
            secret = self._cipher(passphrase).decrypt(self.nonce, self.data, self._bound())
        except InvalidTag:
            raise PassphraseWrong("the passphrase does not open this key file") from None
        key = PrivateKey(self.alg, secret)
        if key.address != self.address:
            raise KeyFileDamaged("the secret does not belong to the address", field="address")
        return key

    def encode(self) -> str:
        """The text of the file."""
        content = self._content()
        content["checksum"] = _hex(_checksum(content))
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def decode(cls, text: str) -> KeyFile:
        """Read a file's text. Raises ``KeyFileFormat``, ``…Damaged`` or ``…TooCostly``."""
        content = _parse(text)
        try:
            file = cls._read(content)
        except EncodingRefused as error:
            raise KeyFileFormat(f"not a key file: {error.message}", **error.facts) from None
        if content["checksum"] != _hex(_checksum(file._content())):
            raise KeyFileDamaged("the checksum does not match the file", field="checksum")
        return file

    @classmethod
    def _read(cls, content: dict[str, Any]) -> KeyFile:
        f = Fields(content, "file", _FILE, frozenset())
        kdf = Fields(f.raw("kdf"), "file.kdf", _KDF, frozenset())
        cipher = Fields(f.raw("cipher"), "file.cipher", _CIPHER, frozenset())
        _require(kdf, "name", "argon2id")
        _require(cipher, "name", "chacha20-poly1305")
        cost = Cost(kdf.uint("memoryKib"), kdf.uint("passes"), kdf.uint("lanes"))
        _bound_cost(cost)
        alg = f.uint("alg", most=0xFFFF)
        address = addresses.from_text(f.text("address", most=90))
        if not addresses.is_key_address(address) or addresses.alg_of(address) != alg:
            raise KeyFileDamaged("the algorithm is not the address's", field="alg")
        sealed_bytes = algorithm(alg).secret_bytes + _TAG_BYTES
        return cls(
            address=address,
            alg=alg,
            cost=cost,
            salt=_bytes(kdf, "salt", _SALT_BYTES),
            nonce=_bytes(cipher, "nonce", _NONCE_BYTES),
            data=_bytes(cipher, "data", sealed_bytes),
        )

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "address": addresses.to_text(self.address),
            "alg": self.alg,
            "kdf": {
                "name": "argon2id",
                "memoryKib": self.cost.memory_kib,
                "passes": self.cost.passes,
                "lanes": self.cost.lanes,
                "salt": _hex(self.salt),
            },
            "cipher": {
                "name": "chacha20-poly1305",
                "nonce": _hex(self.nonce),
                "data": _hex(self.data),
            },
        }

    def _bound(self) -> bytes:
        """The associated data: the file as it is with empty ``data`` and without a checksum."""
        content = self._content()
        content["cipher"]["data"] = ""
        return cbor.encode(content)

    def _cipher(self, passphrase: str) -> ChaCha20Poly1305:
        secret = unicodedata.normalize("NFKC", passphrase).encode(errors="surrogateescape")
        cost = self.cost
        try:
            key = hash_secret_raw(
                secret, self.salt, cost.passes, cost.memory_kib, cost.lanes, 32, Type.ID
            )
        except HashingError as error:
            raise KeyFileTooCostly(
                f"Argon2id cannot run here: {error}", memoryKib=cost.memory_kib
            ) from None
        return ChaCha20Poly1305(key)


def _parse(text: str) -> dict[str, Any]:
    """The JSON object of the text, if it says that it is a key file of our version."""
    if len(text) > FILE_BYTES:
        raise KeyFileFormat(f"a key file has at most {FILE_BYTES} characters")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise KeyFileFormat("the file is not JSON") from None
    if type(content) is not dict or content.get("format") != FORMAT:
        raise KeyFileFormat("the file is not a key file", field="file.format")
    if type(content.get("version")) is not int or content["version"] != VERSION:
        raise KeyFileFormat("the key file has an unknown version", field="file.version")
    return content


def _bound_cost(cost: Cost) -> None:
    sound = (
        1 <= cost.lanes <= _LANES
        and 8 * cost.lanes <= cost.memory_kib <= _MEMORY_KIB
        and 1 <= cost.passes <= _PASSES
    )
    if not sound:
        raise KeyFileTooCostly(
            "the file's Argon2id parameters are out of bounds",
            field="file.kdf",
            most={"memoryKib": _MEMORY_KIB, "passes": _PASSES, "lanes": _LANES},
        )


def _require(fields: Fields, name: str, wanted: str) -> None:
    if fields.text(name, most=32) != wanted:
        field = f"{fields.where}.{name}"
        raise FieldType(f"{field} must be {wanted}", field=field)


def _bytes(fields: Fields, name: str, size: int) -> bytes:
    text = fields.text(name, most=2 + 2 * size)
    try:
        value = bytes.fromhex(text[2:])
    except ValueError:
        value = b""
    if text != _hex(value) or len(value) != size:
        field = f"{fields.where}.{name}"
        raise FieldType(f"{field} must be 0x and {2 * size} lower-case hex digits", field=field)
    return value


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _checksum(content: dict[str, Any]) -> bytes:
    return sha3(cbor.encode(content))
