"""Hash shares: templates that nearly were a block. Chapter: proofs.md (Shares)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.model import forms
from tests.model.header import HeaderRules, draw_of, header_hash
from tests.model.primitives import ZERO, target
from tests.model.refusal import need

WINDOW = 8
Line = Mapping[int, tuple[bytes, Mapping[str, Any]]]
"""Hash and header of every ancestor of a block, by height."""


def share_target(theta: int, offset: int) -> int:
    """What a share's draw must be below."""
    return target(max(0, theta - offset))


def check_share(
    body: bytes, header: Mapping[str, Any], line: Line, rules: HeaderRules, offset: int
) -> dict[str, Any]:
    """A share in the block with this header; returns the share's own header."""
    value = forms.decode(body, limit=2_064, what="share")
    forms.share(value)
    share: dict[str, Any] = value["header"]
    height = share["height"]
    is_young = height >= 1 and header["height"] - WINDOW <= height - 1 < header["height"]
    need(is_young and line[height - 1][0] == share["parent"], "proof.share_parent")
    if height in line:
        need(line[height][0] != header_hash(share), "proof.share_ancestor")
    above = line[height - 1][1]
    before = line[height - 2][1] if height > 1 else None
    rules.check(share, above, before, now=header["time"])
    need(share["beacon"] == {"round": 0, "out": ZERO}, "block.beacon")
    need(draw_of(share) < share_target(share["theta"], offset), "proof.share_draw")
    return share
