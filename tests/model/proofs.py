"""A block's proofs: their list, what each shows, ψ, receipts, and the work that is used up.

Chapters: proofs.md, consensus.md. Types 2 to 4 have no verifier yet; here and on the node's side
of the lock-step their body simply states what a verifier would have found (``scored``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from core import cbor
from tests.model import forms, tuning
from tests.model.header import HeaderRules, header_hash
from tests.model.primitives import RecordId, ln1p, t
from tests.model.refusal import need
from tests.model.sets import ParamSet
from tests.model.shares import WINDOW, Line, check_share
from tests.model.tuning import SCORED

SHARE = 1
NAMES = {SHARE: "share", **SCORED}
MILLION = 10**6
MODULE = "nullifier"


@dataclass
class Shown:
    """One proof that passed: what it shows, what it is credited, what its record says then."""

    envelope: Mapping[str, Any]
    claim: Mapping[str, Any]
    units: int
    used: dict[str, bool]


@dataclass
class Proven:
    """A block's proofs: receipts in order, Σψ and each type's part of it."""

    receipts: list[dict[str, Any]] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    psi: int = 0

    @property
    def shares(self) -> int:
        """How many shares there are."""
        return sum(receipt["type"] == SHARE for receipt in self.receipts)

    def psi_of(self, kind: int) -> int:
        """The part of Σψ of one type."""
        return sum(receipt["psi"] for receipt in self.receipts if receipt["type"] == kind)


def nullifier(kind: int, work: bytes) -> bytes:
    """What makes a piece of work unique."""
    return t(f"animica/nullifier/{NAMES[kind]}/v1", work)


def envelope(kind: int, body: Mapping[str, Any], work: bytes) -> dict[str, Any]:
    """A proof as it is sent."""
    return {"type": kind, "body": cbor.encode(dict(body)), "nullifier": nullifier(kind, work)}


def check_proofs(
    envelopes: Sequence[Mapping[str, Any]],
    header: Mapping[str, Any],
    state: Mapping[RecordId, bytes],
    line: Line,
    rules: HeaderRules,
) -> Proven:
    """All proofs of a block on its parent's post-state; raises ``Broken``."""
    if not envelopes:
        return Proven()
    now = rules.at(header["height"])
    _check_list(envelopes, header["height"], now, rules.network)
    alphas, offset = tuning.in_force(tuning.read(state), now.poies)
    shown: list[Shown] = []
    for each in envelopes:
        if each["type"] == SHARE:
            claim = share_claim(check_share(each["body"], header, line, rules, offset))
        else:
            claim = scored_claim(each["body"], header)
        shown.append(_use(each, claim, header, state, line, now, shown))
    return _receipts(shown, alphas, now.poies)


def _check_list(
    envelopes: Sequence[Mapping[str, Any]],
    height: int,
    now: ParamSet,
    network: Mapping[str, Any],
) -> None:
    shares = sum(each["type"] == SHARE for each in envelopes)
    need(shares <= now.poies["shares_per_block"], "block.proofs_many")
    need(len(envelopes) - shares <= 16, "block.proofs_many")
    since = {entry["type"]: entry["from"] for entry in network["proof_types"]}
    for each in envelopes:
        kind = each["type"]
        need(kind in since and height >= since[kind], "block.proof_not_active")
    places = [(each["type"], each["nullifier"]) for each in envelopes]
    need(all(a < b for a, b in pairwise(places)), "block.proof_order")


def share_claim(share: Mapping[str, Any]) -> dict[str, Any]:
    """What a share shows: one unit for its coinbase, until its parent is too old."""
    return {
        "work": header_hash(share),
        "payee": share["coinbase"],
        "units": 1,
        "quality": MILLION,
        "until": share["height"] - 1 + WINDOW,
        "anchor": b"",
    }


def scored_claim(body: bytes, header: Mapping[str, Any]) -> dict[str, Any]:
    """What a proof of types 2 to 4 states, here without any evidence."""
    claim: dict[str, Any] = forms.decode(body, limit=32_768, what="proof")
    forms.scored(claim)
    need(header["height"] <= claim["until"], "proof.replayed")
    return claim


def _use(
    each: Mapping[str, Any],
    claim: Mapping[str, Any],
    header: Mapping[str, Any],
    state: Mapping[RecordId, bytes],
    line: Line,
    now: ParamSet,
    before: Sequence[Shown],
) -> Shown:
    """Nullifier, anchor, and how much of the work counts."""
    kind, height = each["type"], header["height"]
    need(nullifier(kind, claim["work"]) == each["nullifier"], "proof.nullifier")
    if claim["anchor"]:
        heights = [at for at, (hash, _) in line.items() if hash == claim["anchor"]]
        need(bool(heights) and heights[0] >= height - 256, "proof.anchor")
    known = used(state, each["nullifier"])
    if kind == SHARE:
        units, mine = claim["units"], False
    else:
        mine = claim["payee"] == header["coinbase"] and height <= claim["creditUntil"]
        units = 0
        if mine and not known["credited"]:
            had = sum(s.units for s in before if s.claim.get("job") == claim["job"])
            policy = now.poies[NAMES[kind]]
            paid = claim["burnt"] * policy["unit0"] // policy["price0"]
            units = min(claim["units"], max(0, paid - claim["spent"] - had))
    after = {"completed": True, "credited": known["credited"] or mine}
    need(after != known, "proof.replayed")
    return Shown(each, claim, units, after)


def used(state: Mapping[RecordId, bytes], name: bytes) -> dict[str, bool]:
    """What has become of a piece of work."""
    value = state.get((MODULE, name))
    if value is None:
        return {"completed": False, "credited": False}
    found: dict[str, bool] = cbor.decode(value, limit=64, what="nullifier")
    return found


# ------------------------------------------------------------------ ψ


def score(
    amounts: Mapping[str, int], alphas: Mapping[str, int], poies: Mapping[str, Any]
) -> tuple[dict[str, int], int]:
    """ψ of each type before Γ, and Σψ, of the work of each type in millionths of units."""
    raw = {
        name: alphas[name]
        * poies[name]["weight_ppm"]
        * ln1p(amounts[name], MILLION * poies[name]["unit0"])
        // 10**12
        for name in SCORED.values()
    }
    part = min(MILLION, raw["storage"] * MILLION // poies["storage_ref_unat"])
    factor = MILLION + poies["diversity_ppm"] * part // MILLION
    psi = {name: min(poies[name]["cap_unat"], raw[name] * factor // MILLION) for name in raw}
    return psi, min(poies["gamma_unat"], sum(psi.values()))


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """By weight, each rounded down; what is left over goes to the last that has a weight."""
    if not any(weights):
        return [0] * len(weights)
    parts = [total * weight // sum(weights) for weight in weights]
    last = [place for place, weight in enumerate(weights) if weight][-1]
    parts[last] += total - sum(parts)
    return parts


def _receipts(shown: list[Shown], alphas: Mapping[str, int], poies: Mapping[str, Any]) -> Proven:
    amounts: Counter[str] = Counter()
    for one in shown:
        if one.envelope["type"] in SCORED:
            amounts[SCORED[one.envelope["type"]]] += one.units * one.claim["quality"]
    psi, total = score(amounts, alphas, poies)
    parts = dict(zip(psi, shared_out(total, list(psi.values())), strict=True))
    receipts = [
        {
            "type": one.envelope["type"], "nullifier": one.envelope["nullifier"],
            "payee": one.claim["payee"], "psi": 0, "units": one.units,
            "quality": one.claim["quality"],
            "envelope": t("animica/proof/v1", cbor.encode(dict(one.envelope))),
        }
        for one in shown
    ]  # fmt: skip
    for kind, name in SCORED.items():
        mine = [receipt for receipt in receipts if receipt["type"] == kind]
        weights = [receipt["units"] * receipt["quality"] for receipt in mine]
        for receipt, part in zip(mine, shared_out(parts[name], weights), strict=True):
            receipt["psi"] = part
    return Proven(receipts, shown, total)


# ------------------------------------------------------------------ at the block's end


def note_used(records: dict[RecordId, bytes], proven: Proven) -> None:
    """Records of the work that a block used, each listed under the height at which it ends."""
    for one in proven.shown:
        name = one.envelope["nullifier"]
        if (MODULE, name) not in records:
            ends = MODULE, one.claim["until"].to_bytes(8, "big")
            records[ends] = cbor.encode([*_names(records, ends), name])
        records[MODULE, name] = cbor.encode(one.used)


def count(records: dict[RecordId, bytes], proven: Proven) -> None:
    """Add a block's shares and ψ to those of the epoch."""
    if proven.receipts:
        tuned = tuning.read(records)
        tuned["shares"] += proven.shares
        for kind, name in SCORED.items():
            tuned["psi"][name] += proven.psi_of(kind)
        tuning.write(records, tuned)


def forget(records: dict[RecordId, bytes], height: int) -> None:
    """Work that no later block can use leaves the state."""
    ends = MODULE, height.to_bytes(8, "big")
    for name in _names(records, ends):
        records.pop((MODULE, name), None)
    records.pop(ends, None)


def _names(records: Mapping[RecordId, bytes], ends: RecordId) -> list[bytes]:
    value = records.get(ends)
    return [] if value is None else list(cbor.decode(value, limit=10**6, what="list"))
