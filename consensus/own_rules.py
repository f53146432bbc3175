"""Whether the stored chain kept this node's rules: a network file may have changed since.

A file that learns of an upgrade too late finds blocks of the rules before it above its height, on
which a node must neither go on nor mine. Source: docs/spec/networks.md, "Upgrades".
"""

from __future__ import annotations

from bisect import bisect_left

from chain import service as chain
from chain.errors import HeadBroken
from consensus.errors import OtherRules
from core.network import Network


def check_stored(network: Network) -> None:
    """Headers of the best chain pin the parameter sets of their heights. Raises OtherRules.

    Looks at the first and the last block of each set: files differ from a height on.
    """
    head = chain.head().height
    ends = (*(one.first - 1 for one in network.sets[1:]), head)
    for one, end in zip(network.sets, ends, strict=True):
        last = min(end, head)
        for height in (one.first, last):
            if height <= last and _is_other(network, height):
                raise _refusal(network, range(one.first, height + 1))


def _is_other(network: Network, height: int) -> bool:
    found = chain.canonical_header(height)
    if found is None:
        raise HeadBroken("a block of the best chain is not stored", height=height)
    return found.header.policy != network.pins_at(height)


def _refusal(network: Network, heights: range) -> OtherRules:
    """The last of ``heights`` is wrong; so are those below it down to the lowest wrong one."""
    lowest = heights[bisect_left(heights, True, key=lambda height: _is_other(network, height))]
    name = network.at(lowest).name
    return OtherRules(
        f"the stored chain has other rules than this network file from block {lowest} on, "
        f"where {name} rules",
        height=lowest,
        keep=lowest - 1,
    )
