"""Who signs: a wallet by its name, or a test account of the development network (``dev:0``).

Test accounts need no file and no passphrase, and sign on their own chain only: everybody can
compute their keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pq import addresses, devnet_keys
from pq.signing import PrivateKey
from wallet.cli_options import old_passphrase
from wallet.errors import DevAccountRefused
from wallet.keyfile import KeyFile
from wallet.store import WalletStore

PREFIX = "dev:"
_INDEX = re.compile(r"dev:(0|[1-9][0-9]{0,2})")


@dataclass(frozen=True)
class Signer:
    """An account whose key is at hand: ``name``, ``address`` (34 bytes), where the key lies."""

    name: str
    address: bytes
    source: KeyFile | PrivateKey

    def require_chain(self, chain: int) -> None:
        """Raise ``DevAccountRefused`` for a test account on any other chain than its own."""
        if isinstance(self.source, PrivateKey) and chain != devnet_keys.CHAIN:
            raise DevAccountRefused(
                f"{self.name} is of chain {devnet_keys.CHAIN}, this is chain {chain}",
                required=devnet_keys.CHAIN,
                found=chain,
            )

    def unlock(self, passphrase_file: Path | None) -> PrivateKey:
        """The key; asks for the passphrase of a key file. Raises ``PassphraseWrong``."""
        if isinstance(self.source, PrivateKey):
            return self.source
        return self.source.unlock(old_passphrase(passphrase_file, self.name))


def find(store: WalletStore, name: str) -> Signer:
    """The signer of that name. Raises ``DevAccountRefused`` or a refusal of the file."""
    if name.startswith(PREFIX):
        key = _dev_key(name)
        return Signer(name, key.address, key)
    file = store.read(name)
    return Signer(name, file.address, file)


def address_of(store: WalletStore, text: str) -> bytes:
    """34 bytes: of an address's text, of a test account, or of the wallet of that name."""
    if text.lower().startswith("anim1"):
        return addresses.from_text(text)
    return find(store, text).address


def _dev_key(name: str) -> PrivateKey:
    match = _INDEX.fullmatch(name)
    if match is None:
        raise DevAccountRefused(f"{name!r} is no test account", name=name)
    return devnet_keys.key(int(match[1]))
