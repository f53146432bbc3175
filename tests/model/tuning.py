"""What tunes itself by epochs: α of each type of useful work, and the offset s of shares.

Chapter: consensus.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import cbor
from tests.model.primitives import RecordId, ln1p

SCORED = {2: "ai", 3: "quantum", 4: "storage"}
RECORD: RecordId = ("params", b"poies")
MILLION = 10**6


def at_start(poies: Mapping[str, Any]) -> dict[str, Any]:
    """What genesis holds."""
    return {
        "alpha": {name: poies[name]["alpha_start_ppm"] for name in SCORED.values()},
        "offset": poies["share_offset_start_unat"],
        "shares": 0,
        "psi": dict.fromkeys(SCORED.values(), 0),
    }


def read(records: Mapping[RecordId, bytes]) -> dict[str, Any]:
    """The record."""
    found: dict[str, Any] = cbor.decode(records[RECORD], limit=1_000, what="tuning")
    return found


def write(records: dict[RecordId, bytes], tuned: Mapping[str, Any]) -> None:
    """Set the record."""
    records[RECORD] = cbor.encode(dict(tuned))


def in_force(tuned: Mapping[str, Any], poies: Mapping[str, Any]) -> tuple[dict[str, int], int]:
    """α of each type and s, within the bounds that rule now."""
    alphas = {name: _alpha(tuned["alpha"][name], poies[name]) for name in SCORED.values()}
    return alphas, _offset(tuned["offset"], poies)


def after_epoch(
    tuned: Mapping[str, Any], params: Mapping[str, Any], poies: Mapping[str, Any]
) -> dict[str, Any]:
    """What the next epoch starts with."""
    psi, total = tuned["psi"], sum(tuned["psi"].values())
    alphas, offset = in_force(tuned, poies)
    for name in SCORED.values():
        alpha, policy = alphas[name], poies[name]
        if total:
            missing = policy["alpha_share_ppm"] - psi[name] * MILLION // total
            way = 1 if missing > 0 else -1
            alpha += way * min(policy["alpha_step_ppm"], alpha * abs(missing) // MILLION)
        alphas[name] = _alpha(alpha, policy)
    wanted = params["epoch_blocks"] * poies["shares_per_block"] // 2
    found, step = tuned["shares"], poies["share_offset_step_unat"]
    if found < wanted:  # s rises by ln(wanted / found), a found 0 taken as one more than nothing
        moved = min(step, ln1p(wanted - found, max(1, found)))
    else:
        moved = -min(step, ln1p(found - wanted, max(1, wanted)))
    fresh = dict.fromkeys(SCORED.values(), 0)
    offset = _offset(offset + moved, poies)
    return {"alpha": alphas, "offset": offset, "shares": 0, "psi": fresh}


def _alpha(alpha: int, policy: Mapping[str, int]) -> int:
    return sorted([policy["alpha_min_ppm"], alpha, policy["alpha_max_ppm"]])[1]


def _offset(offset: int, poies: Mapping[str, int]) -> int:
    return sorted([poies["share_offset_min_unat"], offset, poies["share_offset_max_unat"]])[1]
