"""Ten test accounts with names. Their keys are the development network's: everybody knows them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from core.tags import CONTEXT_CONTRACT
from pq import addresses, devnet_keys
from pq.signing import PrivateKey

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")


class Account:
    """A test account: ``name``, ``address`` (34 bytes), ``key``. Equal to its address's bytes."""

    def __init__(self, name: str, key: PrivateKey) -> None:
        self.name = name
        self.key = key
        self.address = key.address

    @property
    def public_key(self) -> bytes:
        """The public key, as ``crypto.verify`` takes it."""
        return self.key.public_key

    @property
    def text(self) -> str:
        """The address as text."""
        return addresses.to_text(self.address)

    def sign(self, message: bytes) -> bytes:
        """A signature that ``crypto.verify`` of a contract accepts."""
        return self.key.sign(message, CONTEXT_CONTRACT)

    def __eq__(self, other: object) -> bool:
        return getattr(other, "address", other) == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self.name} {self.text[:12]}…>"


class Accounts:
    """``accounts.alice``, ``accounts["bob"]``, ``accounts[2]``, or iterated."""

    def __getattr__(self, name: str) -> Account:
        if name not in NAMES:
            raise AttributeError(f"no test account {name!r}; there are {', '.join(NAMES)}")
        return _account(NAMES.index(name))

    def __getitem__(self, which: int | str) -> Account:
        index = NAMES.index(which) if isinstance(which, str) and which in NAMES else which
        if not isinstance(index, int):
            raise KeyError(which)
        return _account(range(len(NAMES))[index])

    def __iter__(self) -> Iterator[Account]:
        return (self[index] for index in range(len(NAMES)))

    def __len__(self) -> int:
        return len(NAMES)


@lru_cache(maxsize=len(NAMES))
def _account(index: int) -> Account:
    return Account(NAMES[index], devnet_keys.key(index))


def known_name(address: bytes) -> str | None:
    """The name of a test account that has this address."""
    return _names().get(address)


@lru_cache(maxsize=1)
def _names() -> dict[bytes, str]:
    return {account.address: account.name for account in Accounts()}
