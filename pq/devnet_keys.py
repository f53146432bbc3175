"""Keys of test accounts, which everybody can compute: never for real money.

The development network funds them at genesis and the workbench plays with them, so that ``dev:0``
is one account everywhere. Source: docs/spec/networks.md.
"""

from __future__ import annotations

from core.hashing import Tag, tagged
from pq.signing import PrivateKey, from_seed

CHAIN = 1337
"""The development network's chain id: these keys sign for no other."""
DEFAULT_SEED = "animica devnet"
_ACCOUNT = Tag(b"animica/devnet-account/v1\x00")


def key_seed(seed: str, index: int) -> bytes:
    """The 32-byte key seed of test account ``index`` (u32) of a seed text."""
    return tagged(_ACCOUNT, seed.encode("utf-8") + b"\x00" + index.to_bytes(4, "big"))


def key(index: int, seed: str = DEFAULT_SEED) -> PrivateKey:
    """The ML-DSA-65 key of test account ``index``."""
    return from_seed(key_seed(seed, index))
