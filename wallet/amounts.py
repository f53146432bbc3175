"""Amounts as people write them (ANM, up to 9 decimals) and as the protocol counts (nANM, u64)."""

from __future__ import annotations

import re

from core.limits import U64_MAX
from wallet.errors import AmountRefused

NANM = 10**9
"""nANM in one ANM."""

_ANM = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,9}))?")
_WHOLE = re.compile(r"[0-9]{1,20}")


def parse_anm(text: str) -> int:
    """The nANM of ANM text such as ``1.5``; no sign, exponent, separator or tenth decimal.

    Raises ``AmountRefused``.
    """
    match = _ANM.fullmatch(text)
    if match is None:
        raise AmountRefused(
            "the amount is not a number of ANM with at most 9 decimals", field="amount"
        )
    return _fitting(int(match[1]) * NANM + int((match[2] or "").ljust(9, "0")))


def parse_nanm(text: str) -> int:
    """The nANM of whole-number text. Raises ``AmountRefused``."""
    if _WHOLE.fullmatch(text) is None:
        raise AmountRefused("the amount is not a whole number of nANM", field="amount")
    return _fitting(int(text))


def show_anm(nanm: int) -> str:
    """``1500000000`` as ``1.5 ANM``: every digit that counts, no more."""
    whole, part = divmod(nanm, NANM)
    decimals = f".{part:09}".rstrip("0") if part else ""
    return f"{whole}{decimals} ANM"


def _fitting(nanm: int) -> int:
    if nanm > U64_MAX:
        raise AmountRefused("the amount does not fit in 64 bits of nANM", field="amount")
    return nanm
