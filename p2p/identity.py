"""The node's own identity: one key in one file of the data directory. Source: docs/spec/p2p.md.

The file is JSON, readable by its owner only, and not encrypted, because a node starts unattended.
A backup is a copy of it. Whoever has it can be this node to others; it holds no money.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import cbor
from core.errors import EncodingRefused, NodeFault
from core.fields import Fields, keys
from core.hashing import sha3
from p2p.rules.session.identity import Identity
from pq.algorithms import ML_DSA_65, SIGNATURE_ALGORITHMS, SLH_DSA_SHAKE_128S, algorithm
from pq.signing import PrivateKey, generate_slh

FILE_NAME = "node_key.json"
FILE_BYTES = 4 * 1024
FORMAT = "animica-node-key"
VERSION = 1

_FIELDS = keys(("format", "version", "alg", "id", "secret", "checksum"))
_HEX_CHARS = 2 + 2 * 64


class IdentityDamaged(NodeFault):
    """The file of the node's identity is not what the node wrote."""

    code = "p2p.identity_damaged"
    hint = (
        "Restore node_key.json from a backup, or move it away: the node then gets a new identity."
    )


class IdentityExposed(NodeFault):
    """Others than its owner may read the file of the node's identity."""

    code = "p2p.identity_exposed"
    hint = "Run `chmod 600` on the file named in `path`."


class IdentityUnreadable(NodeFault):
    """The file of the node's identity cannot be read or written."""

    code = "p2p.identity_unreadable"
    hint = "Check the owner and the free space of the data directory."


class IdentityOther(NodeFault):
    """The node has an identity of another algorithm than the wanted one."""

    code = "p2p.identity_other"
    hint = "Start without naming the algorithm, or move node_key.json away for a new identity."


def load_or_make(
    path: Path, write: Callable[[Path, str], None], alg: int | None = None
) -> PrivateKey:
    """The node's key; the first start makes it and has ``write`` keep it, private and whole.

    ``alg`` None takes what is there and makes ML-DSA-65. Raises one of this module's faults.
    """
    if path.exists():
        key = load(path)
        if alg not in (None, key.alg):
            name = SIGNATURE_ALGORITHMS[key.alg].name
            raise IdentityOther(f"this node's identity is an {name} key", path=str(path))
        return key
    key = make(ML_DSA_65 if alg is None else alg)
    try:
        write(path, encode(key))
    except OSError as error:
        raise _unreadable(path, error) from None
    return key


def load(path: Path) -> PrivateKey:
    """The key in a file. Raises ``IdentityDamaged``, ``…Exposed`` or ``…Unreadable``."""
    try:
        mode, size = path.stat().st_mode, path.stat().st_size
        if mode & 0o077:
            raise IdentityExposed(f"{path} may be read by others", path=str(path))
        if size > FILE_BYTES:
            raise IdentityDamaged(f"{path} has more than {FILE_BYTES} bytes", path=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        return decode(data.decode("utf-8"))
    except (ValueError, RecursionError, EncodingRefused) as error:
        raise IdentityDamaged(f"{path} holds no whole key: {error}", path=str(path)) from None


def make(alg: int) -> PrivateKey:
    """A fresh key. Raises ``Algorithm…`` for an id that cannot sign."""
    algorithm(alg)
    if alg == SLH_DSA_SHAKE_128S:
        return generate_slh()
    return PrivateKey(alg, secrets.token_bytes(32))


def public(key: PrivateKey) -> Identity:
    """The identity that peers know the key by."""
    return Identity(key.alg, key.public_key)


def encode(key: PrivateKey) -> str:
    """The text of the file."""
    content = _content(key)
    return json.dumps({**content, "checksum": _checksum(content)}, indent=2) + "\n"


def decode(text: str) -> PrivateKey:
    """The key in a file's text. Raises ``ValueError`` or ``EncodingRefused``."""
    f = Fields(json.loads(text), "file", _FIELDS, frozenset())
    key = PrivateKey(f.uint("alg"), _bytes(f.text("secret", most=_HEX_CHARS)))
    if f.raw("format") != FORMAT or f.uint("version") != VERSION:
        raise ValueError("it is of another format or version")
    content = _content(key)
    if f.raw("id") != content["id"] or f.raw("checksum") != _checksum(content):
        raise ValueError("its parts do not belong together")
    return key


def _content(key: PrivateKey) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "alg": key.alg,
        "id": "0x" + public(key).id.hex(),
        "secret": "0x" + key.secret.hex(),
    }


def _checksum(content: dict[str, Any]) -> str:
    return "0x" + sha3(cbor.encode(content)).hex()


def _bytes(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError("its secret is not hex")
    return bytes.fromhex(text[2:])


def _unreadable(path: Path, error: OSError) -> IdentityUnreadable:
    return IdentityUnreadable(f"{path}: {error.strerror}", path=str(path))
