from __future__ import annotations

import copy
import json

import cbor2
import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from core.hashing import sha3
from pq.signing import from_seed, generate_slh
from wallet import keyfile
from wallet.errors import (
    KeyFileDamaged,
    KeyFileFormat,
    KeyFileTooCostly,
    PassphraseWeak,
    PassphraseWrong,
)
from wallet.keyfile import Cost, KeyFile

PASSPHRASE = "correct horse"
CHEAP = Cost(memory_kib=32, passes=1, lanes=1)
KEY = from_seed(bytes(range(32)))


@pytest.fixture(scope="module")
def text() -> str:
    return KeyFile.seal(KEY, PASSPHRASE, CHEAP).encode()


def changed(text: str, path: tuple[str, ...], value: object, *, checksum: bool) -> str:
    """The file with one entry changed, its checksum made right again or left as it was."""
    content = json.loads(text)
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    if checksum:
        content.pop("checksum")
        content["checksum"] = "0x" + sha3(cbor2.dumps(content, canonical=True)).hex()
    return json.dumps(content)


def test_a_file_gives_its_key_back(text):
    assert KeyFile.decode(text).unlock(PASSPHRASE) == KEY


def test_an_slh_dsa_key_round_trips():
    key = generate_slh()
    file = KeyFile.decode(KeyFile.seal(key, PASSPHRASE, CHEAP).encode())
    assert file.unlock(PASSPHRASE).secret == key.secret


def test_the_file_can_be_opened_by_its_description_alone(text):
    """By the two libraries and the guide, without the module under test."""
    content = json.loads(text)
    kdf, cipher = content["kdf"], content["cipher"]
    secret = hash_secret_raw(
        PASSPHRASE.encode(), bytes.fromhex(kdf["salt"][2:]), 1, 32, 1, 32, Type.ID
    )
    content.pop("checksum")
    sealed, cipher["data"] = bytes.fromhex(cipher["data"][2:]), ""
    bound = cbor2.dumps(content, canonical=True)
    nonce = bytes.fromhex(cipher["nonce"][2:])
    assert ChaCha20Poly1305(secret).decrypt(nonce, sealed, bound) == bytes(range(32))


def test_salt_and_nonce_are_fresh_each_time():
    first, second = (KeyFile.seal(KEY, PASSPHRASE, CHEAP) for _ in range(2))
    assert first.salt != second.salt
    assert first.nonce != second.nonce


def test_the_secret_is_not_in_the_file_nor_in_its_repr(text):
    assert KEY.secret.hex() not in text
    assert KEY.secret.hex() not in repr(KeyFile.decode(text))


def test_the_default_cost_is_that_of_the_standard(monkeypatch):
    seen = []
    monkeypatch.setattr(
        keyfile, "hash_secret_raw", lambda *args: seen.append(args[2:]) or bytes(32)
    )
    KeyFile.seal(KEY, PASSPHRASE)
    assert seen == [(3, 64 * 1024, 4, 32, Type.ID)]  # RFC 9106, section 4, second choice


def test_a_wrong_passphrase_is_refused(text):
    with pytest.raises(PassphraseWrong):
        KeyFile.decode(text).unlock(PASSPHRASE + " ")


def test_a_short_passphrase_is_refused():
    with pytest.raises(PassphraseWeak):
        KeyFile.seal(KEY, "1234567", CHEAP)


def test_the_way_a_passphrase_was_composed_does_not_matter():
    file = KeyFile.seal(KEY, "Z\u00fcrichsee", CHEAP)
    assert file.unlock("Zu\u0308richsee") == KEY


HEX_FIELDS = [("kdf", "salt"), ("cipher", "nonce"), ("cipher", "data")]


@pytest.mark.parametrize("path", HEX_FIELDS)
def test_any_changed_byte_is_damage_and_with_a_new_checksum_does_not_open(text, path):
    content = json.loads(text)
    original = bytes.fromhex(content[path[0]][path[1]][2:])
    for place in range(len(original)):
        altered = bytearray(original)
        altered[place] ^= 0x01
        value = "0x" + altered.hex()
        with pytest.raises(KeyFileDamaged):
            KeyFile.decode(changed(text, path, value, checksum=False))
        with pytest.raises(PassphraseWrong):
            KeyFile.decode(changed(text, path, value, checksum=True)).unlock(PASSPHRASE)


@pytest.mark.parametrize("name", ["memoryKib", "passes", "lanes"])
def test_a_changed_cost_does_not_open(text, name):
    value = {"memoryKib": 40, "passes": 2, "lanes": 2}[name]
    with pytest.raises(KeyFileDamaged):
        KeyFile.decode(changed(text, ("kdf", name), value, checksum=False))
    with pytest.raises(PassphraseWrong):
        KeyFile.decode(changed(text, ("kdf", name), value, checksum=True)).unlock(PASSPHRASE)


def test_an_exchanged_address_does_not_open(text):
    other = json.loads(KeyFile.seal(from_seed(bytes(32)), PASSPHRASE, CHEAP).encode())["address"]
    with pytest.raises(KeyFileDamaged):
        KeyFile.decode(changed(text, ("address",), other, checksum=False))
    with pytest.raises(PassphraseWrong):
        KeyFile.decode(changed(text, ("address",), other, checksum=True)).unlock(PASSPHRASE)


def test_the_associated_data_is_what_binds_the_parameters(text):
    """Same derived key, another address: only the associated data can tell."""
    file = KeyFile.decode(text)
    other = KeyFile(
        from_seed(bytes(32)).address, file.alg, file.cost, file.salt, file.nonce, file.data
    )
    with pytest.raises(PassphraseWrong):
        other.unlock(PASSPHRASE)


def test_a_secret_of_another_address_is_damage():
    """Sealed by somebody who knows the passphrase, so the cipher itself has no objection."""
    lying = copy.copy(KEY)
    object.__setattr__(lying, "address", from_seed(bytes(32)).address)
    with pytest.raises(KeyFileDamaged):
        KeyFile.seal(lying, PASSPHRASE, CHEAP).unlock(PASSPHRASE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memoryKib", 1024 * 1024 + 1),
        ("memoryKib", 100 * 1024 * 1024),
        ("memoryKib", 7),
        ("passes", 0),
        ("passes", 17),
        ("lanes", 0),
        ("lanes", 17),
    ],
)
def test_a_hostile_cost_is_refused_before_any_work(text, name, value, monkeypatch):
    monkeypatch.setattr(keyfile, "hash_secret_raw", lambda *_: pytest.fail("work was done"))
    with pytest.raises(KeyFileTooCostly):
        KeyFile.decode(changed(text, ("kdf", name), value, checksum=True))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "other"),
        (("format",), ["animica-key"]),
        (("version",), 2),
        (("version",), True),
        (("address",), 5),
        (("address",), "anim1qqqq"),
        (("alg",), "ML-DSA-65"),
        (("kdf",), None),
        (("kdf", "name"), "scrypt"),
        (("kdf", "salt"), "0x" + "00" * 15),
        (("kdf", "salt"), "0x" + "zz" * 16),
        (("kdf", "salt"), "0x" + "AB" * 16),
        (("kdf", "salt"), "00" * 17),
        (("kdf", "passes"), -1),
        (("kdf", "passes"), 1.0),
        (("kdf", "passes"), True),
        (("kdf", "more"), 1),
        (("cipher", "name"), "rot13"),
        (("cipher", "nonce"), "0x"),
        (("cipher", "data"), "0x" + "00" * 47),
        (("extra",), 1),
    ],
)
def test_what_is_not_the_format_is_refused(text, path, value):
    with pytest.raises(KeyFileFormat):
        KeyFile.decode(changed(text, path, value, checksum=False))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "5", '"x"', "[" * 10_000, " " * 16_385, "{}"]
)
def test_what_is_not_a_key_file_at_all_is_refused(text):
    with pytest.raises(KeyFileFormat):
        KeyFile.decode(text)


@pytest.mark.parametrize("name", ["address", "alg", "kdf", "cipher", "checksum"])
def test_a_missing_entry_is_named(text, name):
    content = json.loads(text)
    del content[name]
    with pytest.raises(KeyFileFormat) as refusal:
        KeyFile.decode(json.dumps(content))
    assert refusal.value.facts["field"] == f"file.{name}"


def test_an_algorithm_that_is_not_the_addresses_is_damage(text):
    with pytest.raises(KeyFileDamaged):
        KeyFile.decode(changed(text, ("alg",), 0x1002, checksum=True))


def test_a_cut_file_is_refused(text):
    for end in range(0, len(text) - 2, 7):
        with pytest.raises(KeyFileFormat):
            KeyFile.decode(text[:end])


def test_the_format_stays_readable():
    """A file written once and kept: what this version wrote, every later one opens."""
    kept = json.dumps(
        {
            "format": "animica-key",
            "version": 1,
            "address": "anim1zqp3sqrj2pn78zxcxlv3rlj0vcgpesvkrvdmw4grphzhgfevlvqqz0cskt2sn",
            "alg": 4099,
            "kdf": {
                "name": "argon2id",
                "memoryKib": 32,
                "passes": 1,
                "lanes": 1,
                "salt": "0xbd5da6a36409ca7f35aea6f90cd7e9cc",
            },
            "cipher": {
                "name": "chacha20-poly1305",
                "nonce": "0x828dbf520f3536e342f052f7",
                "data": "0x3b69d8fd7dd94446df6f0f92407f0d0382d89d85d87f0f16"
                "ac246713276095a1be75c23c65b9ffbe1a22da8fd9c988fb",
            },
            "checksum": "0x65367e8ae0cc3d5ef4eeca179e299fdf850b360e8b30fe379f8564825837fe96",
        }
    )
    assert KeyFile.decode(kept).unlock(PASSPHRASE) == KEY
