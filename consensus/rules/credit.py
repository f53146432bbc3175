"""Which work brings ψ: its beneficiary's own, in time, once, and as far as its price was burnt.

Source: docs/spec/proofs.md.
"""

from __future__ import annotations

from collections import Counter

from consensus.rules import poies
from core.header import Header
from core.network import Poies
from core.proof import SCORED, Claim


def may_credit(type: int, claim: Claim, header: Header) -> bool:
    """ψ is for the beneficiary's own block only, and for a limited time after the assignment."""
    return type in SCORED and is_own(claim, header) and is_in_time(claim, header)


def is_own(claim: Claim, header: Header) -> bool:
    """Whether the block pays the beneficiary: who copies a proof gains nothing by it."""
    return claim.payee == header.coinbase


def is_in_time(claim: Claim, header: Header) -> bool:
    """Whether the work is recent: who keeps proofs for later loses them."""
    return header.height <= claim.credit_until


def units(type: int, claim: Claim, policy: Poies, spent: Counter[bytes]) -> int:
    """Units of a claim that count, and from now on are ``spent`` of its job in this block."""
    had = claim.spent_units + spent[claim.job]
    counted = min(claim.units, poies.creditable_units(claim.burnt, had, type, policy))
    spent[claim.job] += counted
    return counted
