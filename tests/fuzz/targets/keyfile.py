"""Key files: bounded cost, nothing ignored, and a checksum that covers everything."""

from __future__ import annotations

import json
from hashlib import sha3_256
from random import Random

from pq import addresses
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle
from tests.fuzz.claims import attempt
from tests.support import key
from wallet.errors import KeyFileDamaged, KeyFileFormat, KeyFileTooCostly
from wallet.keyfile import Cost, KeyFile

MAX_BYTES = 4_096
_REFUSALS = (KeyFileDamaged, KeyFileFormat, KeyFileTooCostly)


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    file = attempt(KeyFile.decode, text, refusals=_REFUSALS)
    if file is None:
        return
    content = json.loads(text)
    assert json.loads(file.encode()) == content, "something in the file is ignored"
    assert KeyFile.decode(file.encode()) == file
    checksum = content.pop("checksum")
    assert checksum == "0x" + sha3_256(oracle.encode(content)).hexdigest()
    cost = file.cost
    assert 1 <= cost.passes <= 16 and cost.memory_kib <= 2**20 and 1 <= cost.lanes <= 16
    assert addresses.is_key_address(file.address) and len(file.salt) == 16


def mutate(data: bytes, rng: Random) -> bytes:
    """Entries changed, mostly under a checksum that is right again."""
    changed = mutations.text(data, rng)
    if rng.random() < 0.2:
        return changed
    try:
        content = json.loads(changed)
        del content["checksum"]
        content["checksum"] = "0x" + sha3_256(oracle.encode(content)).hexdigest()
    except mutations.STRANGE:
        return changed
    return json.dumps(content).encode()


def seeds() -> dict[str, bytes]:
    files = {"least": Cost(8, 1, 1), "usual": Cost(), "most": Cost(2**20, 16, 16)}
    owner = key(1)
    return {
        name: KeyFile(owner.address, owner.alg, cost, bytes(16), bytes(12), bytes(48))
        .encode()
        .encode()
        for name, cost in files.items()
    }
