"""Addresses: 34 plain bytes, ``algorithm id (u16 big endian) || 32-byte digest``.

The digest is SHA3-256 of the public key, or a tagged hash for accounts without a key. The text is
bech32m with the prefix ``anim`` on every network. Source: docs/spec/addresses.md.
"""

from __future__ import annotations

from functools import lru_cache

from core import bech32m, limits
from core.errors import EncodingRefused
from core.hashing import sha3, tagged
from core.tags import CONTRACT_ADDRESS, SYSTEM_ADDRESS
from pq.algorithms import NO_KEY, SIGNATURE_ALGORITHMS, algorithm

ADDRESS_BYTES = limits.ADDRESS_BYTES
PREFIX = "anim"


class WrongLength(EncodingRefused):
    """The address does not have 34 bytes."""

    code = "address.wrong_length"
    hint = "An address has 34 bytes: a 2-byte algorithm id and a 32-byte digest."


class WrongPrefix(EncodingRefused):
    """The text is bech32m of another system."""

    code = "address.wrong_prefix"
    hint = "Animica addresses start with anim1 on every network."


class KeyWrongSize(EncodingRefused):
    """The key does not have the size its algorithm prescribes."""

    code = "key.wrong_size"
    hint = "Check that the algorithm id belongs to this key and that the key is whole."


@lru_cache(maxsize=4096)
def of_public_key(alg: int, public_key: bytes) -> bytes:
    """The address of a public key.

    Raises ``Algorithm…`` for an id that cannot sign, ``KeyWrongSize`` for a key of another size.
    """
    scheme = algorithm(alg)
    if len(public_key) != scheme.public_key_bytes:
        raise KeyWrongSize(
            f"the public key has {len(public_key)} bytes, {scheme.name} needs "
            f"{scheme.public_key_bytes}",
            field="key",
            required=scheme.public_key_bytes,
            found=len(public_key),
        )
    return alg.to_bytes(2, "big") + sha3(public_key)


def of_contract(creator: bytes, nonce: int) -> bytes:
    """The address of a contract: ``creator`` is 34 bytes, ``nonce`` (u64) the deployer's."""
    check(creator)
    return _keyless(tagged(CONTRACT_ADDRESS, creator + nonce.to_bytes(8, "big")))


def of_system(name: str) -> bytes:
    """The address of a system account, such as ``treasury``; ``name`` is ASCII."""
    return _keyless(tagged(SYSTEM_ADDRESS, name.encode("ascii")))


def alg_of(address: bytes) -> int:
    """The algorithm id of an address that has passed ``check``."""
    return int.from_bytes(address[:2], "big")


def is_key_address(address: bytes) -> bool:
    """Whether a key can sign for this address: 34 bytes and the id of a signature scheme."""
    return len(address) == ADDRESS_BYTES and alg_of(address) in SIGNATURE_ALGORITHMS


def check(address: bytes) -> None:
    """Refuse anything but 34 bytes whose algorithm id may own an account."""
    if len(address) != ADDRESS_BYTES:
        raise WrongLength(
            f"the address has {len(address)} bytes, not {ADDRESS_BYTES}",
            required=ADDRESS_BYTES,
            found=len(address),
        )
    alg = alg_of(address)
    if alg != NO_KEY:
        algorithm(alg)


def to_text(address: bytes) -> str:
    """The bech32m text of a valid address: 66 lower-case characters."""
    check(address)
    return bech32m.encode(PREFIX, address)


def from_text(text: str) -> bytes:
    """The 34 bytes of a bech32m text (all lower or all upper case), checked."""
    prefix, address = bech32m.decode(text)
    if prefix != PREFIX:
        raise WrongPrefix(f"the prefix is not {PREFIX}", required=PREFIX)
    check(address)
    return address


def _keyless(digest: bytes) -> bytes:
    return NO_KEY.to_bytes(2, "big") + digest
