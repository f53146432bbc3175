"""A header against its ancestors, as the importer will judge it, and the work that it adds.

Source: docs/spec/blocks.md, docs/spec/consensus.md.
"""

from __future__ import annotations

from chain.values import BlockStatus
from consensus.errors import ParentInvalid
from consensus.rules import fork_choice, seal
from consensus.rules import header as rules
from consensus.rules.header import Ancestry
from core.header import Header
from core.network import Network
from p2p.rules.ports import Ledger
from p2p.rules.sync.contact import Survey
from p2p.rules.sync.tree import Node, Tree


def shown_work(header: Header) -> int:
    """The work that a header shows by itself: proofs of useful work are in the body."""
    return 2**256 // seal.threshold(header.theta, header.psi)


def check(header: Header, ancestry: Ancestry, network: Network, now_ms: int) -> None:
    """Every rule on headers, the seal included. Raises the ``Refused`` of the first broken one."""
    rules.check_header(header, ancestry, network, now_ms)
    seal.check_seal(header)


def check_alone(header: Header, network: Network) -> None:
    """What a header without its ancestors must show: this network, and work."""
    rules.check_network(header, network)
    seal.check_claims(header, network)


class Line:
    """Headers in a row on top of one that is known, each judged by those before it."""

    def __init__(self, survey: Survey) -> None:
        self.end = survey

    def add(self, header: Header, network: Network, now_ms: int) -> None:
        """Judge the next one. Raises the ``Refused`` of the first broken rule."""
        end = self.end
        check(header, Ancestry(end.last, end.before), network, now_ms)
        work = fork_choice.total_work(end.work, header)
        proven = end.proven + shown_work(header)
        self.end = Survey(end.fork_height, end.last, header, work, proven)

    def node(self) -> Node:
        """The last one, for the tree."""
        end = self.end
        last = end.last
        return Node(
            last.hash, last.encoded, last.parent, last.height, last.time, end.work, end.proven
        )


def line_from(parent: bytes, tree: Tree, ledger: Ledger) -> Line | None:
    """A line on top of a block; None where that is unknown. Raises ParentInvalid."""
    node = tree.get(parent)
    if node is not None:
        last, work, proven = node.header, node.work, node.proven
    else:
        stored = ledger.stored(parent)
        if stored is None:
            return None
        if stored.status is BlockStatus.INVALID:
            raise ParentInvalid("the parent was refused", rule=stored.invalid_code)
        last, work, proven = stored.header, stored.total_work, stored.total_work
    return Line(Survey(None, _before(last, tree, ledger), last, work, proven))


def _before(header: Header, tree: Tree, ledger: Ledger) -> Header | None:
    if header.height == 0:
        return None
    node = tree.get(header.parent)
    if node is not None:
        return node.header
    stored = ledger.stored(header.parent)
    assert stored is not None, "what is below a known header is known"
    return stored.header


def fork_height(hash: bytes, ledger: Ledger) -> int:
    """The height at which the branch of a stored block leaves the best chain."""
    stored = ledger.stored(hash)
    while stored is not None and not stored.canonical:
        stored = ledger.stored(stored.header.parent)
    assert stored is not None, "a stored block's ancestors are stored"
    return stored.height
