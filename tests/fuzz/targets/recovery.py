"""Recovery words of ML-DSA keys: a key comes back from its own words, or there is none.

SLH-DSA secrets are proved by a signature that costs a second: they are left to tests/wallet.
"""

from __future__ import annotations

from random import Random

from pq.algorithms import SIGNATURE_ALGORITHMS
from tests.fuzz import mutate as mutations
from tests.fuzz.claims import attempt
from tests.fuzz.targets import address
from tests.support import key
from wallet import recovery
from wallet.errors import RecoveryRefused

MAX_BYTES = 120
_SLOW_DIGITS = 128


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    words = text.split()
    if len(words) > 1 or (words and len(words[0].removeprefix("0x")) == _SLOW_DIGITS):
        return
    found = attempt(recovery.from_text, text, refusals=RecoveryRefused)
    if found is None:
        return
    assert found.alg in SIGNATURE_ALGORITHMS and len(found.secret) == 32
    own = recovery.to_words(found)
    given = words[0].lower()
    assert [given] == own or given.removeprefix("0x") == found.secret.hex()
    assert recovery.from_text(own[0]) == found


def mutate(data: bytes, rng: Random) -> bytes:
    if rng.random() < 0.3:
        return mutations.flip(data, rng)
    changed = address.mutate(data, rng).decode("latin-1")
    prefix = rng.choice(("animsec", "animsec", "anim"))
    return address.sealed(prefix, address.words_of(changed), rng).encode()


def seeds() -> dict[str, bytes]:
    owner = key(1)
    other = (0x1002).to_bytes(2, "big") + bytes(33)
    half = recovery.bech32m.encode("animsec", other)
    secret = owner.secret.hex()
    return {
        "words": recovery.to_words(owner)[0].encode(),
        "half": half.encode(),
        "hex": b"0x" + secret.encode(),
        "plain-hex": secret.encode(),
    }
