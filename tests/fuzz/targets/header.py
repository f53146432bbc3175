"""Headers: their one encoding, their hash, and the draw of their seal."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha3_256
from random import Random

from core.header import Header
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt, one_form

MAX_BYTES = 2100
BOTH_KERNELS = True


def one_input(data: bytes) -> None:
    header = attempt(Header.decode, data)
    if header is None:
        return
    value = header.to_map()
    one_form(data, value)
    assert header.hash == sha3_256(b"animica/block/v1\x00" + data).digest()
    unsealed = {name: item for name, item in value.items() if name != "nonce"}
    digest = sha3_256(b"animica/header/v1\x00" + oracle.encode(unsealed)).digest()
    drawn = sha3_256(b"animica/seal/v1\x00" + digest + header.mix + header.nonce).digest()
    assert header.draw == int.from_bytes(drawn, "big")


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.cbor(data, rng)


def seeds() -> dict[str, bytes]:
    chain = world.chain()
    headers = [chain.builder.genesis, *chain.line[:2], chain.next]
    full = replace(chain.next.header, extra=bytes(range(32)), theta=2**64 - 1)
    named = {f"height-{made.height}": made.header.encoded for made in headers}
    return {**named, "full-extra": full.encoded}
