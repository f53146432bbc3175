"""What gas costs next: the base fee of the coming block, and prices that last a while."""

from __future__ import annotations

from consensus.rules import fees
from core.header import Header
from rpc import context


def next_base_fee(head: Header) -> int:
    """The base fee of the block after this one, nANM per gas."""
    return fees.next_base_fee(head, context.importer().network.at(head.height + 1).params)


def suggested(head: Header) -> tuple[int, int, int]:
    """Base fee, and a fee and tip that carry a transaction through rising base fees."""
    base_fee = next_base_fee(head)
    tip = max(1, base_fee // 10)
    return base_fee, 2 * base_fee + tip, tip
