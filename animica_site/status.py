"""The one status object: command line, admin, RPC and pages show the same."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from animica_site.faults import DatabaseUnreachable
from animica_site.netfacts import NetFacts
from chain import queries
from chain.values import BlockView
from consensus.errors import ReorgTooDeep
from consensus.proof_pool import ProofPool
from consensus.service import Importer
from core import header
from core.network import Network
from core.ports import Clock
from mempool.service import Pool
from mining.errors import OwnBlockRefused
from mining.service import Miner
from mining.values import MinerState, MinerStats
from pq import addresses
from rpc import software

log = logging.getLogger("animica.node")

# A node that expects blocks is stalled when none came for this many target intervals.
STALLED_INTERVALS = 20
BEHIND = ("syncing", "loading a snapshot")
"""What a node says of itself that knows of a better chain."""
_LOW_DISK_BYTES = 1_000_000_000


class NodeStatus:
    """Answers what the node is doing; every answer is plain JSON."""

    def __init__(
        self,
        *,
        network: Network,
        data_dir: Path,
        clock: Clock,
        importer: Importer,
        pool: Pool,
        proofs: ProofPool,
        miner: Miner | None,
        net: NetFacts | None,
    ) -> None:
        self._network = network
        self._data_dir = data_dir
        self._clock = clock
        self._importer = importer
        self._pool = pool
        self._proofs = proofs
        self._miner = miner
        self._net = net
        self._started_ms = clock.now_ms()

    def status(self) -> dict[str, Any]:
        """Network, state word, head, pools, miner, disk, warnings with a next step each.

        While the database is away: without ``head``, ``supply`` and ``history``.
        """
        now_ms = self._clock.now_ms()
        head, fault = _head()
        age_ms = None if head is None else max(0, now_ms - head.header.time)
        return {
            "network": self._network.name,
            "chainId": self._network.chain,
            "state": self._state_word(age_ms),
            "uptimeMs": now_ms - self._started_ms,
            **({} if head is None else _head_view(head, now_ms) | _history()),
            "mempool": self._pool_view(),
            "proofs": self._proofs_view(),
            "waiting": self._importer.waiting(),
            "peers": self._peers_view(),
            "sync": None if self._net is None else self._net.sync(),
            "miner": self._miner_view(),
            "disk": self._disk(),
            "warnings": self._warnings(age_ms, fault),
        }

    def health(self) -> dict[str, Any]:
        """``ready`` and the checks behind it; the database is really asked."""
        head, fault = _head()
        if head is None:
            check = {"name": "database", "ok": False, "reason": fault}
            return {"ready": False, "checks": [check]}
        age_ms = max(0, self._clock.now_ms() - head.header.time)
        fresh = not self._expects_blocks() or age_ms <= self._stalled_ms()
        alarm = self._importer.alarm
        checks = [
            {"name": "database", "ok": True, "reason": f"head {head.header.height}"},
            {"name": "head", "ok": fresh, "reason": f"{age_ms} ms old"},
            {"name": "fork", "ok": alarm is None, "reason": alarm.message if alarm else "none"},
        ]
        if self._miner is not None:
            stats = self._miner.stats()
            reason = (stats.reason if stats.troubled else None) or str(stats.state)
            checks.append({"name": "miner", "ok": not stats.troubled, "reason": reason})
        return {"ready": all(check["ok"] for check in checks), "checks": checks}

    def version(self) -> dict[str, Any]:
        """Software and protocol versions."""
        return {
            "name": software.PACKAGE,
            "version": software.version(),
            "headerVersion": header.VERSION,
            "chainId": self._network.chain,
            "network": self._network.name,
        }

    def line(self) -> dict[str, Any]:
        """The few figures of the periodic log line."""
        status = self.status()
        facts = {"state": status["state"], "mempool": status["mempool"]["count"]}
        if peers := status["peers"]:
            facts["peers"] = peers["inbound"] + peers["outbound"]
        if head := status.get("head"):
            facts |= {"height": head["height"], "age_ms": head["ageMs"]}
        return facts

    def _state_word(self, age_ms: int | None) -> str:
        if age_ms is None:
            return "database down"
        if self._importer.alarm is not None:
            return "refusing a reorg"
        if self._miner is not None and (stats := self._miner.stats()).troubled:
            return "miner paused" if stats.state is MinerState.PAUSED else "miner in trouble"
        word = "following" if self._net is None else self._net.sync()["state"]
        if word in BEHIND:
            return word
        if self._expects_blocks() and age_ms > self._stalled_ms():
            return "stalled"
        return word

    def _expects_blocks(self) -> bool:
        """Whether this node itself keeps making blocks: mining, and not only on demand."""
        if self._miner is None:
            return False
        stats = self._miner.stats()
        told_to_pause = stats.state is MinerState.PAUSED and not stats.troubled
        return stats.block_time_ms != 0 and not told_to_pause

    def _stalled_ms(self) -> int:
        interval_ms = max(one.params.target_interval_ms for one in self._network.sets)
        if self._miner is not None:
            interval_ms = max(interval_ms, self._miner.stats().block_time_ms or 0)
        return STALLED_INTERVALS * interval_ms

    def _pool_view(self) -> dict[str, Any]:
        stats = self._pool.stats()
        return {
            "count": stats.count,
            "ready": stats.ready,
            "held": stats.held,
            "bytes": stats.bytes,
        }

    def _proofs_view(self) -> dict[str, Any]:
        stats = self._proofs.stats()
        return {"count": stats.count, "byType": dict(stats.by_type), "bytes": stats.bytes}

    def _peers_view(self) -> dict[str, Any] | None:
        """None: this node takes no part in a network."""
        if self._net is None:
            return None
        info = self._net.info()
        return {name: info[name] for name in ("id", "listen", "inbound", "outbound")}

    def _miner_view(self) -> dict[str, Any] | None:
        if self._miner is None:
            return None
        stats = self._miner.stats()
        return {
            "state": str(stats.state),
            "reason": stats.reason,
            "blocksFound": stats.blocks_found,
            "blocksRefused": stats.blocks_refused,
            "sharesFound": stats.shares_found,
            "hashesPerSecond": stats.hash_rate,
            "workers": stats.workers,
            "coinbase": addresses.to_text(stats.coinbase),
        }

    def _disk(self) -> dict[str, int]:
        used = sum(path.stat().st_size for path in self._data_dir.glob("*.sqlite3*"))
        return {"databaseBytes": used, "freeBytes": shutil.disk_usage(self._data_dir).free}

    def _warnings(self, age_ms: int | None, fault: str) -> list[dict[str, str]]:
        out = []
        if age_ms is None:
            out.append(
                {
                    "code": DatabaseUnreachable.code,
                    "reason": fault,
                    "hint": DatabaseUnreachable.hint,
                }
            )
        if (alarm := self._importer.alarm) is not None:
            out.append(
                {
                    "code": alarm.code,
                    "reason": alarm.message,
                    "hint": ReorgTooDeep.hint,
                }
            )
        if self._miner is not None and (stats := self._miner.stats()).troubled:
            out.append(_miner_warning(stats))
        if age_ms is not None and self._expects_blocks() and age_ms > self._stalled_ms():
            out.append(
                {
                    "code": "node.stalled",
                    "reason": f"no block for {age_ms // 1000} s",
                    "hint": "See the miner's state and the log for its reason.",
                }
            )
        if shutil.disk_usage(self._data_dir).free < _LOW_DISK_BYTES:
            out.append(
                {
                    "code": "node.disk_low",
                    "reason": "less than 1 GB of disk is free",
                    "hint": "Free some space; the node stops when it cannot write.",
                }
            )
        return out


def _head() -> tuple[BlockView | None, str]:
    """The head and no reason, or None and why the database does not give it."""
    try:
        return queries.head(), ""
    except (DatabaseError, InterfaceError):
        # Perhaps only this thread's connection has ended, and the database is well.
        connection.close_if_unusable_or_obsolete()
    try:
        return queries.head(), ""
    except (DatabaseError, InterfaceError) as error:
        # Whoever asks learns that it is so; the driver's words name hosts and are for the log.
        log.error("the database does not answer: %s", str(error).strip())
        return None, "the database does not answer"


def _head_view(head: BlockView, now_ms: int) -> dict[str, Any]:
    return {
        "head": {
            "height": head.header.height,
            "hash": "0x" + head.hash.hex(),
            "time": head.header.time,
            "ageMs": max(0, now_ms - head.header.time),
            "txCount": head.tx_count,
        },
        "supply": str(head.supply),
    }


def _history() -> dict[str, Any]:
    """From which height on each part of history is here; 0: all of it."""
    try:
        kept = queries.kept()
    except (DatabaseError, InterfaceError):
        return {}  # it went away a moment ago; the next answer says so
    return {
        "history": {
            "witnessesFrom": kept.witnesses_from,
            "bodiesFrom": kept.bodies_from,
            "stateFrom": kept.state_from,
            "snapshotAt": kept.base,
        }
    }


def _miner_warning(stats: MinerStats) -> dict[str, str]:
    """Of a miner that is troubled: a fault, or refusals of its own blocks."""
    if stats.state is MinerState.FAULT:
        code, hint = "node.miner_fault", "See the log; unless its thread has ended, it tries again."
    else:
        code, hint = "node.miner_paused", OwnBlockRefused.hint
    return {"code": code, "reason": stats.reason or str(stats.state), "hint": hint}
