"""Services as the RPC surface sees them, played: each records what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from animica_site import networks
from chain.values import Page
from consensus.service import ImportResult
from core.errors import BlockRefused, Refused, TxRefused
from core.tx import SignedTx, UnsignedTx, Witness
from mempool.rules.limits import PoolLimits
from mempool.values import Admission, Place, PooledTx, PoolStats
from tests.rpc.methods import TestBlockRefused, TestTxRefused

ALICE = b"\x10\x03" + b"\xaa" * 32
BOB = b"\x10\x03" + b"\xbb" * 32
NOW_MS = 1_800_000_000_000


def transfer(nonce: int = 0, *, sender: bytes = ALICE, pk: bytes | None = None) -> SignedTx:
    body = {"to": BOB, "value": 5}
    unsigned = UnsignedTx(31337, "transfer", sender, nonce, 60_000, 9, 2, body)
    return SignedTx(unsigned, Witness(0x1003, b"\x05" * 40, pk))


@dataclass
class PlayedImporter:
    network: object = field(default_factory=lambda: networks.load("fast"))
    seen: list[bytes] = field(default_factory=list)
    refusal: BlockRefused | None = None

    def import_block(self, raw: bytes, *, source: str) -> ImportResult:
        assert source == "rpc"
        self.seen.append(raw)
        if self.refusal:
            raise self.refusal
        return ImportResult(b"\x0b" * 32, 3, "added")


@dataclass
class PlayedPool:
    limits: PoolLimits = field(default_factory=PoolLimits)
    held: dict[bytes, PooledTx] = field(default_factory=dict)
    drops: dict[bytes, object] = field(default_factory=dict)
    refusal: TxRefused | None = None
    sources: list[str] = field(default_factory=list)
    together: list[int] = field(default_factory=list)

    def submit(self, raw: bytes, source: str) -> Admission:
        self.sources.append(source)
        if self.refusal:
            raise self.refusal
        return Admission(SignedTx.decode(raw).txid, "held")

    def submit_many(self, raws: Sequence[bytes], source: str) -> list[Admission | Refused]:
        self.together.append(len(raws))
        outcomes: list[Admission | Refused] = []
        for raw in raws:
            try:
                outcomes.append(self.submit(raw, source))
            except Refused as refusal:
                outcomes.append(refusal)
        return outcomes

    def put(self, tx: SignedTx, state: str, reason: str | None = None) -> None:
        self.held[tx.txid] = PooledTx(tx, state, NOW_MS, -1, reason)

    def get(self, txid: bytes) -> PooledTx | None:
        return self.held.get(txid)

    def dropped(self, txid: bytes):
        return self.drops.get(txid)

    def stats(self) -> PoolStats:
        return PoolStats(2, 1, 1, 1, 900, 10, 10_000, 1, 2**60, NOW_MS, -3, None, 7, 2, 20, 50, 90)

    def content(self, cursor: str | None, limit: int) -> Page:
        items = tuple(self.held.values())
        start = int(cursor or 0)
        end = start + limit
        return Page(items[start:end], str(end) if end < len(items) else None)

    def by_sender(self, address: bytes) -> tuple[PooledTx, ...]:
        return tuple(p for p in self.held.values() if p.tx.unsigned.sender == address)

    def places(self, address: bytes, txid: bytes | None) -> tuple[Place, ...]:
        mine = [p for p in self.by_sender(address) if txid in (None, p.tx.txid)]
        return tuple(Place(p, n, None, False, 3, 4) for n, p in enumerate(mine))

    def next_nonce(self, address: bytes) -> int:
        return len(self.by_sender(address))


class PlayedInfo:
    ready = True

    def status(self):
        head = {"height": 1, "hash": "0x" + "00" * 32, "time": NOW_MS, "ageMs": 5, "txCount": 0}
        return {"state": "following", "head": head}

    def health(self):
        return {"ready": self.ready, "checks": []}

    def version(self):
        return {"name": "animica-node", "version": "0"}


class PlayedNet:
    """A node with one peer, or whatever a test makes of it."""

    def __init__(self) -> None:
        self.listed = [played_peer()]
        self.far = {
            "state": "syncing",
            "height": 1,
            "target": 4,
            "percent": 25,
            "records": 0,
            "blocksPerSecond": 1.5,
            "etaMs": 2000,
            "peers": 1,
        }

    def version(self):
        return {"protocol": 1, "agent": "a/1", "chainId": 7, "genesisHash": "0x" + "00" * 32}

    def info(self):
        return {
            "listening": True,
            "id": "0x" + "01" * 32,
            "alg": "ml-dsa-65",
            "peers": 1,
            "listen": ["tcp://127.0.0.1:8546"],
            "inbound": 0,
            "outbound": 1,
            "bans": 0,
            "knownAddresses": 3,
            "bytesIn": 5,
            "bytesOut": 6,
        }

    def peers(self):
        return self.listed

    def sync(self):
        return self.far


def played_peer(**more):
    return {
        "id": "0x" + "02" * 32,
        "alg": "ml-dsa-65",
        "group": "192.0.0.0/16",
        "lag": 0,
        "direction": "outbound",
        "transport": "tcp",
        "connectedMs": NOW_MS,
        "agent": "a/1",
        "height": 4,
        "head": "0x" + "03" * 32,
        "latencyMs": 12,
        "points": 0,
        "inMesh": True,
        "pinned": False,
        "bytesIn": 5,
        "bytesOut": 6,
        **more,
    }


class Services(SimpleNamespace):
    """importer, pool, info, net."""

    def __init__(self) -> None:
        super().__init__(
            importer=PlayedImporter(), pool=PlayedPool(), info=PlayedInfo(), net=PlayedNet()
        )
        self.block_refusal = TestBlockRefused("refused", field="header.time")
        self.tx_refusal = TestTxRefused("refused", field="tx.nonce")
