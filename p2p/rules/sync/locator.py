"""Hashes of a chain, dense at its end and ever wider apart below.

The other side answers from the first of them that is on its best chain, so two chains that part
n blocks below are joined with at most about n headers too many.
"""

from __future__ import annotations

from itertools import islice

from p2p.rules.limits import LOCATOR_MOST
from p2p.rules.ports import Ledger
from p2p.rules.sync import numbers
from p2p.rules.sync.tree import Tree


def locator(tip: bytes, tree: Tree, ledger: Ledger) -> tuple[bytes, ...]:
    """The locator of the chain that ends in ``tip``, which is in the tree or in the ledger."""
    hashes: list[bytes] = []
    step = 1
    due = 0
    height = -1
    last = tip
    for walked, node in enumerate(islice(tree.down(tip), numbers.LOCATOR_RUN)):
        if walked == due:
            hashes.append(node.hash)
            step = step * 2 if len(hashes) > numbers.LOCATOR_DENSE else 1
            due += step
        height, last = node.height - 1, node.parent
    return (*hashes, *_stored(last, height, step, ledger, LOCATOR_MOST - len(hashes)))


def _stored(hash: bytes, height: int, step: int, ledger: Ledger, room: int) -> list[bytes]:
    """Stored ones from a block down, then those of the best chain, with genesis as the last."""
    head = ledger.head()
    found = ledger.stored(hash)
    hashes: list[bytes] = []
    while found is not None and not found.canonical and len(hashes) < room // 2:
        hashes.append(found.hash)
        found = ledger.stored(found.header.parent)
    at = min(head.height, found.height if found is not None else height)
    while at > 0 and len(hashes) < room - 1:
        if (entry := ledger.canonical_header(at)) is not None:
            hashes.append(entry.hash)
        step = step * 2 if len(hashes) > numbers.LOCATOR_DENSE else step
        at -= step
    genesis = ledger.canonical_header(0)
    return hashes if genesis is None else [*hashes, genesis.hash]
