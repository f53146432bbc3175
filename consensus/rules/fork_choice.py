"""Which chain is the head: the most work, and of equal work the one seen first.

Source: docs/spec/consensus.md, with a worked example of why work is added and nats are not.
"""

from __future__ import annotations

from consensus.errors import ReorgTooDeep
from consensus.rules.seal import block_work
from core.header import Header


def total_work(parent_work: int, header: Header) -> int:
    """Work from genesis up to and including ``header``."""
    return parent_work + block_work(header.theta)


def outweighs(candidate_work: int, head_work: int) -> bool:
    """Whether a verified chain replaces the head; on a tie the head, seen first, stays."""
    return candidate_work > head_work


def check_depth(head_height: int, fork_height: int, most: int) -> None:
    """Local policy: how many blocks this node takes back by itself."""
    depth = head_height - fork_height
    if depth > most:
        raise ReorgTooDeep(
            f"the branch forks {depth} blocks below the head, the limit is {most}",
            depth=depth,
            most=most,
            fork=fork_height,
        )
