"""Fees from block to block: EIP-1559 in integers. Source: docs/spec/fees.md."""

from __future__ import annotations

from core.header import Header
from core.network import Params

_CHANGE_DIVISOR = 8


def next_fee(fee: int, used: int, limit: int, floor: int) -> int:
    """The fee after a block that used ``used`` of ``limit``; the target is half the limit.

    The floor holds in each case: an upgrade may have raised it.
    """
    target = limit // 2
    if used > target:
        fee += max(1, fee * (used - target) // target // _CHANGE_DIVISOR)
    elif used < target:
        fee -= fee * (target - used) // target // _CHANGE_DIVISOR
    return max(floor, fee)


def next_base_fee(parent: Header, params: Params) -> int:
    """Base fee (nANM per gas) of the child of ``parent``."""
    return next_fee(parent.base_fee, parent.gas_used, parent.gas_limit, params.base_fee_floor)


def next_blob_fee(parent: Header, params: Params) -> int:
    """Blob fee (nANM per blob byte) of the child of ``parent``."""
    limit = params.blob_bytes_limit
    return next_fee(parent.blob_fee, parent.blob_bytes, limit, params.blob_fee_floor)
