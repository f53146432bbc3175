"""What the ledger reports: faults of this node's stored chain, and requests it cannot serve."""

from __future__ import annotations

from typing import ClassVar

from core.errors import NodeFault, RequestRefused


class ChainEmpty(NodeFault):
    """No chain is stored yet."""

    code: ClassVar[str] = "chain.empty"
    hint: ClassVar[str] = "Start the node once; it writes the genesis of its network."


class OtherGenesis(NodeFault):
    """The database holds the chain of another network."""

    code: ClassVar[str] = "chain.other_genesis"
    hint: ClassVar[str] = "Use another data directory or database, or the network it was made for."


class StateBroken(NodeFault):
    """Stored state and a header's state root disagree."""

    code: ClassVar[str] = "chain.state_broken"
    hint: ClassVar[str] = "Check the disk, then sync this node again from an empty database."


class HeadBroken(NodeFault):
    """The stored head does not hold together: its header, body or place in the chain."""

    code: ClassVar[str] = "chain.head_broken"
    hint: ClassVar[str] = "Check the disk, then sync this node again from an empty database."


class TotalsBroken(NodeFault):
    """Money does not add up: supply must be genesis + minted − burnt and below 2^63 nANM."""

    code: ClassVar[str] = "chain.totals_broken"
    hint: ClassVar[str] = "Do not go on from this state; report the block that this names."


class NotOnHead(NodeFault):
    """A block, or its staged state, does not follow the head that is stored."""

    code: ClassVar[str] = "chain.not_on_head"
    hint: ClassVar[str] = "Execute the block again on the present head, or unwind to its parent."


class UnknownBlock(NodeFault):
    """A block that should be stored is not, or is not where it should be."""

    code: ClassVar[str] = "chain.unknown_block"
    hint: ClassVar[str] = "Store the block first; only blocks above it on its branch may be undone."


class BodyMissing(NodeFault):
    """A block's body is not stored although the operation needs it."""

    code: ClassVar[str] = "chain.body_missing"
    hint: ClassVar[str] = "Fetch the block again from a peer that keeps bodies."


class Pruned(RequestRefused):
    """A part of history that this node dropped. ``keptFrom`` is the height that it starts at here.

    Facts: ``part`` (witnesses, bodies or state), ``height`` and ``keptFrom``.
    """

    code: ClassVar[str] = "chain.pruned"
    hint: ClassVar[str] = (
        "Ask a node that keeps all history: any node that was never pruned. "
        "Its answer can be checked against the header that this node has."
    )


class NotExecuted(RequestRefused):
    """A block that this node never executed, so what its proofs bring is not verified."""

    code: ClassVar[str] = "chain.not_executed"
    hint: ClassVar[str] = (
        "Ask for a block of the best chain. Of this one the header alone is certain."
    )


class PruneWindow(RequestRefused):
    """Pruning would drop what a reorganisation of the allowed depth needs."""

    code: ClassVar[str] = "chain.prune_window"
    hint: ClassVar[str] = "Keep at least as many blocks as `least`, the network's maxReorg."


class StateNotYet(RequestRefused):
    """The state after a block that this node does not have yet."""

    code: ClassVar[str] = "state.not_yet"
    hint: ClassVar[str] = "Ask for a height up to `head`, or for `latest`."


class StateTooFarBack(RequestRefused):
    """A proof of a state so far behind the head that making its tree again costs too much."""

    code: ClassVar[str] = "state.too_far_back"
    hint: ClassVar[str] = "Ask for a later height; values without a proof are served further back."


class BadRange(RequestRefused):
    """A range of state keys that ends before it begins."""

    code: ClassVar[str] = "state.range"
    hint: ClassVar[str] = "Give two keys of 32 bytes, `first` not above `last`."


class BadCursor(RequestRefused):
    """A cursor that this list did not hand out."""

    code: ClassVar[str] = "request.cursor"
    hint: ClassVar[str] = "Leave the cursor out for the first page, then pass back the last one."


class BadLimit(RequestRefused):
    """A page size out of bounds."""

    code: ClassVar[str] = "request.limit"
    hint: ClassVar[str] = "Ask for at least one item and at most what the message states."


class TooManyTopics(RequestRefused):
    """A log filter with more topics or choices than are served."""

    code: ClassVar[str] = "request.topics"
    hint: ClassVar[str] = "Give at most four positions, each null, one topic or a short list."


class LedgerDamaged(NodeFault):
    """A stored row is not what the blocks say. ``part`` and ``height`` say where.

    Facts: ``part`` is a table or a column, ``height`` the block's (-1 where there is none).
    """

    code: ClassVar[str] = "chain.damaged"
    hint: ClassVar[str] = (
        "Check the disk, then `animica restore` a backup, or sync again from an empty database."
    )


class RewindRefused(RequestRefused):
    """The best chain cannot be taken back to that height."""

    code: ClassVar[str] = "chain.rewind"
    hint: ClassVar[str] = "Give a height from `lowest` to `head`."


class SnapshotOccupied(RequestRefused):
    """A snapshot goes into an empty ledger only, and there are blocks in this one."""

    code: ClassVar[str] = "snapshot.occupied"
    hint: ClassVar[str] = "Load it into an empty data directory or database."


class SnapshotInvalid(RequestRefused):
    """Headers or records of a snapshot are not those of the block that it is of."""

    code: ClassVar[str] = "snapshot.invalid"
    hint: ClassVar[str] = "Get the snapshot from somebody else; nothing of it was taken over."


class SnapshotOutOfOrder(RequestRefused):
    """A piece of a snapshot is not the one that the load goes on with."""

    code: ClassVar[str] = "snapshot.order"
    hint: ClassVar[str] = "Ask how far the load has come, and go on from there."
