"""Why a proof may not wait for a block, beyond the rules that hold in every block.

Source: docs/spec/mining.md.
"""

from __future__ import annotations

from core.errors import BlockRefused, NodeFault


class ProofPending(BlockRefused):
    """A proof of this work waits already."""

    code = "proofs.duplicate"
    hint = "Nothing to do: the proof that waits goes into a block of this node or of a peer."


class ProofPayeeLimit(BlockRefused):
    """Too many proofs of one type and payee wait."""

    code = "proofs.payee_limit"
    hint = "Send it again when some of the payee's proofs are in a block."


class ProofsFull(BlockRefused):
    """No room for another proof of this type, and nobody holds many more places than its payee."""

    code = "proofs.full"
    hint = "Send it again a block later."


class ProofPoolMissing(NodeFault):
    """This process keeps no proofs that wait."""

    code = "proofs.not_running"
    hint = "Ask the process that runs the node (`animica node`)."
