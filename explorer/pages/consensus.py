"""How the chain decides now: Θ, α and s of the epoch, and who was paid for hash shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chain import queries
from chain.service import snapshot
from consensus import service as consensus
from consensus.rules import issuance, shares, tuning
from consensus.rules.tuning import Tuning
from core import merkle
from core.header import Header
from core.network import PPM, Network, Poies, WorkPolicy
from core.proof import NAMES, SCORED, SHARE, ProofReceipt
from explorer import names, theta
from explorer.frame import frame

BLOCKS = 60
PAYEES = 25

Receipts = Mapping[int, Sequence[ProofReceipt]]


@dataclass(frozen=True)
class Weight:
    """α of a type (ppm) with its bounds, and the type's part of this epoch's ψ (micro-nats)."""

    name: str
    alpha: int
    policy: WorkPolicy
    psi: int
    part: int | None


@dataclass(frozen=True)
class Payee:
    """Who was paid for shares, how many, and what that brought (nANM)."""

    address: bytes
    shares: int
    paid: int


def context() -> dict[str, Any]:
    """The last blocks and the epoch that runs."""
    network = consensus.current().network
    with snapshot():
        now = frame()
        first = max(1, now.height - BLOCKS + 1)
        headers = queries.headers(first, BLOCKS)
        receipts = queries.proof_receipts(first, first + BLOCKS - 1)
        record = queries.record(*tuning.RECORD)
    tuned = Tuning.decode(record).within(network.at(now.height + 1).poies)
    counts = share_counts(headers, receipts)
    paid = payees(receipts, network)
    return {
        "frame": now,
        **_epoch(now.height, network),
        "tuned": tuned,
        "share_draws": 2**256 // shares.threshold(now.head.header.theta, tuned.share_offset),
        "weights": weights(tuned, network.at(now.height + 1).poies),
        "path": theta.path(headers),
        "headers": headers,
        "columns": theta.columns(counts, max(p.poies.shares_per_block for p in network.sets)),
        "shares_found": sum(count or 0 for _, count in counts),
        "payees": paid[:PAYEES],
        "payees_more": len(paid) - PAYEES,
    }


def _epoch(head: int, network: Network) -> dict[str, Any]:
    """The epoch of the next block: its place, its end, and what shares may bring."""
    rules = network.at(head + 1)
    length = rules.params.epoch_blocks
    return {
        "epoch_done": head - tuning.last_epoch_end(head + 1, rules.params),
        "epoch_blocks": length,
        "epoch_end": tuning.last_epoch_end(head + 1, rules.params) + length,
        "set_name": rules.name,
        "rules": rules,
        "slice": issuance.share_slice_at(head + 1, rules),
    }


def weights(tuned: Tuning, rules: Poies) -> list[Weight]:
    """α of each type, and what the running epoch has seen of it."""
    total = sum(tuned.psi.values())
    return [
        Weight(
            name=names.WORK[kind],
            alpha=tuned.alphas[kind],
            policy=rules.work(NAMES[kind]),
            psi=tuned.psi[kind],
            part=tuned.psi[kind] * PPM // total if total else None,
        )
        for kind in SCORED
    ]


def share_counts(headers: Sequence[Header], receipts: Receipts) -> list[tuple[int, int | None]]:
    """Shares of each block by height; None where the block had proofs and they are pruned."""
    out: list[tuple[int, int | None]] = []
    for header in headers:
        known = header.height in receipts or header.roots.proofs == merkle.EMPTY_ROOT
        found = [one for one in receipts.get(header.height, ()) if one.type == SHARE]
        out.append((header.height, len(found) if known else None))
    return out


def payees(receipts: Receipts, network: Network) -> list[Payee]:
    """Everyone who was paid for shares, who got most first."""
    found: dict[bytes, tuple[int, int]] = {}
    for height, proofs in receipts.items():
        slice_ = issuance.share_slice_at(height, network.at(height))
        for one in proofs:
            if one.type == SHARE:
                shares_, paid = found.get(one.payee, (0, 0))
                found[one.payee] = (shares_ + 1, paid + slice_)
    out = [Payee(address, *numbers) for address, numbers in found.items()]
    return sorted(out, key=lambda one: (-one.paid, -one.shares, one.address))
