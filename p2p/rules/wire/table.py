"""The fields of every message with their forms. Source: docs/spec/p2p.md, "Messages".

Made once for a network, whose largest block bounds what carries blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

from core.header import HEADER_BYTES
from core.limits import PROOF_BYTES, TX_BYTES
from p2p.rules import limits
from p2p.rules.addresses import SCHEMES
from p2p.rules.wire.forms import ID, Data, Flag, Form, Many, OneOf, Pair, Text, Uint
from p2p.rules.wire.messages import BLOCK, KINDS, PROOF, TX

ENVELOPE_BYTES = PROOF_BYTES + 128
"""An envelope: its body, its type, its nullifier and the names of all three."""
NETWORKS = 8
"""Tables kept, one for each block size in use."""


@dataclass(frozen=True)
class Kind:
    """One kind of message, with the most bytes (kind byte included) and CBOR items it can have.

    ``fields`` are the fields' names on the wire, their names in the program, and their forms.
    """

    number: int
    type: type
    what: str
    fields: tuple[tuple[str, str, Form], ...]
    bytes: int
    items: int


def _small() -> dict[str, dict[str, Form]]:
    """Messages whose size no network changes."""
    ids = Many(ID, limits.IDS_MOST, least=1)
    envelope = Data(ENVELOPE_BYTES, 1)
    listen = Pair(Text(8, SCHEMES), Uint(0xFFFF, least=1))
    return {
        "Identify": {
            "agent": Text(limits.AGENT_BYTES),
            "listen": Many(listen, limits.LISTEN_MOST),
            "height": Uint(),
            "head": ID,
            "work": ID,
            "bodies_from": Uint(),
            "snapshots": Many(Pair(Uint(), ID), limits.SNAPSHOTS_TOLD_MOST),
        },
        "Ping": {"nonce": Uint()},
        "Pong": {"nonce": Uint()},
        "Goodbye": {"code": Text(limits.CODE_BYTES), "reason": Text(limits.REASON_BYTES)},
        "GetPeers": {},
        "Peers": {"addresses": Many(Text(limits.ADDRESS_CHARS), limits.ADDRESSES_MOST)},
        # What kinds there are grows with the protocol; a kind that is none yet is refused.
        "Inv": {"kind": OneOf((TX, PROOF)), "ids": ids},
        "Get": {"kind": OneOf((TX, PROOF)), "ids": ids},
        "Missing": {"kind": OneOf((TX, BLOCK, PROOF)), "ids": ids},
        "Txs": {"txs": Many(Data(TX_BYTES, 1), limits.IDS_MOST, 1, limits.TXS_BYTES)},
        "Proofs": {"envelopes": Many(envelope, limits.IDS_MOST, 1, limits.TXS_BYTES)},
        "Graft": {},
        "Prune": {"backoff_s": Uint(limits.BACKOFF_S_MOST)},
        "GetHeaders": {
            "locator": Many(ID, limits.LOCATOR_MOST, 1),
            "most": Uint(limits.HEADERS_MOST, least=1),
        },
        "Headers": {"headers": Many(Data(HEADER_BYTES, 1), limits.HEADERS_MOST), "asked": Flag()},
        "GetBodies": {"hashes": Many(ID, limits.BODIES_MOST, 1)},
        "GetManifest": {"hash": ID},
        "ManifestIs": {"hash": ID, "manifest": Data(limits.MANIFEST_BYTES)},
        "GetChunk": {"hash": ID, "index": Uint(limits.CHUNKS_MOST - 1)},
        "ChunkIs": {
            "hash": ID,
            "index": Uint(limits.CHUNKS_MOST - 1),
            "chunk": Data(limits.CHUNK_BYTES + limits.CHUNK_FRAME_BYTES),
        },
    }


def _blocks(block_bytes: int) -> dict[str, dict[str, Form]]:
    """Messages that carry blocks, whole or in pieces."""
    txs = min(limits.COMPACT_TXS_MOST, block_bytes // limits.TX_LEAST_BYTES)
    short = limits.SHORT_ID_BYTES
    parts = min(limits.PARTS_MOST, txs)
    place = Many(Uint(max(txs - 1, 0)), parts, key=int)
    return {
        "Body": {"raw": Data(block_bytes, 1)},
        "Compact": {
            "header": Data(HEADER_BYTES, 1),
            "salt": Data(limits.SALT_BYTES, limits.SALT_BYTES),
            "txs": Data(txs * short, unit=short),
            "keyed": Data(-(-txs // 8)),
            "receipts": Many(Data(limits.RECEIPT_BYTES, 1), limits.PROOFS_MOST),
            "prefilled": Many(
                Pair(Uint(max(txs - 1, 0)), Data(TX_BYTES, 1)),
                min(limits.PREFILLED_MOST, txs),
                total=limits.PREFILLED_BYTES,
                key=lambda pair: int(pair[0]),
            ),
        },
        "GetParts": {
            "hash": ID,
            "txs": place,
            "proofs": Many(Uint(limits.PROOFS_MOST - 1), limits.PROOFS_MOST, key=int),
        },
        "Parts": {
            "hash": ID,
            "txs": Many(Data(TX_BYTES, 1), parts, total=block_bytes),
            "envelopes": Many(Data(ENVELOPE_BYTES, 1), limits.PROOFS_MOST, total=block_bytes),
        },
    }


@lru_cache(maxsize=NETWORKS)
def kinds(block_bytes: int) -> Mapping[int, Kind]:
    """Every kind of message by its kind byte."""
    forms = _small() | _blocks(block_bytes)
    return {number: _kind(number, type, forms[type.__name__]) for number, type in KINDS.items()}


def _kind(number: int, type: type, forms: dict[str, Form]) -> Kind:
    listed = tuple((_wire(own.name), own.name, forms[own.name]) for own in fields(type))
    size = 2 + sum(1 + len(wire) + form.bytes for wire, _, form in listed)
    items = 1 + sum(1 + form.items for _, _, form in listed)
    what = type.__name__[0].lower() + type.__name__[1:]
    return Kind(number, type, what, listed, size, items)


def _wire(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
