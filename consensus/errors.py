"""Every rule that can refuse a block, in the order in which they are checked.

Encoding comes first and has its own refusals in ``core``; a transaction that may not run refuses
its block with the transaction's own code. Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from core.errors import BlockRefused, NodeFault


class KnownInvalid(BlockRefused):
    """The block has been refused before for something its hash commits to."""

    code = "block.known_invalid"
    hint = "Build another block; this one breaks the rule in `rule`."


class ParentInvalid(BlockRefused):
    """The block builds on a block that was refused."""

    code = "block.parent_invalid"
    hint = "Build on a valid block."


class GenesisRefused(BlockRefused):
    """A block at height 0: genesis comes from the network file only."""

    code = "block.genesis"
    hint = "Blocks start at height 1."


class HeightWrong(BlockRefused):
    """The height is not the parent's plus one."""

    code = "block.height"
    hint = "Set height to the parent's plus one."


class ChainWrong(BlockRefused):
    """The block belongs to another chain."""

    code = "block.chain"
    hint = "Send blocks of this network's chain."


class PolicyWrong(BlockRefused):
    """A pinned policy digest differs: the two sides run different rules."""

    code = "block.policy"
    hint = "Compare network files; the older side must upgrade."


class TimeNotRising(BlockRefused):
    """The time is not after the parent's."""

    code = "block.time_not_rising"
    hint = "Block times rise strictly."


class TimeAhead(BlockRefused):
    """The time is too far in the future to wait for."""

    code = "block.time_ahead"
    hint = "Check both clocks; blocks may be at most 5 s early, 60 s are waited for."


class VersionWrong(BlockRefused):
    """A header format that this node does not know."""

    code = "block.version"
    hint = "This node speaks header format 1."


class GasLimitWrong(BlockRefused):
    """The gas limit is not the network's."""

    code = "block.gas_limit"
    hint = "The gas limit is fixed by the network file."


class GasUsedAboveLimit(BlockRefused):
    """More gas used than the block may have."""

    code = "block.gas_used_above_limit"
    hint = "Take fewer transactions."


class BlobBytesAboveLimit(BlockRefused):
    """More blob bytes than the block may have."""

    code = "block.blob_bytes_above_limit"
    hint = "Take fewer blobs."


class ThetaWrong(BlockRefused):
    """Θ is not what the retarget rule gives."""

    code = "block.theta"
    hint = "Recompute Θ from the parent."


class BaseFeeWrong(BlockRefused):
    """The base fee is not what the parent's gas gives."""

    code = "block.base_fee"
    hint = "Recompute the base fee from the parent."


class BlobFeeWrong(BlockRefused):
    """The blob fee is not what the parent's blob bytes give."""

    code = "block.blob_fee"
    hint = "Recompute the blob fee from the parent."


class MixWrong(BlockRefused):
    """The mix is not the hash of the parent's mix, its hash and the beacon."""

    code = "block.mix"
    hint = "Recompute the mix from the parent and this header's beacon."


class CoinbaseWrong(BlockRefused):
    """The coinbase is not the address of a key."""

    code = "block.coinbase"
    hint = "Mine to an address that a key controls."


class PsiAboveGamma(BlockRefused):
    """More score from useful work than proofs of the active types can bring, or than Γ."""

    code = "block.psi_above_gamma"
    hint = "Set psi to what the block's proofs give; without active types of useful work it is 0."


class SealInvalid(BlockRefused):
    """The draw is not below the target: S < Θ."""

    code = "block.seal"
    hint = "Search another nonce."


class BeaconWrong(BlockRefused):
    """The beacon is not the latest final round of the parent's state."""

    code = "block.beacon"
    hint = "Copy the latest final round of the parent's state."


class RootMismatch(BlockRefused):
    """A part of the body does not match the root in the header."""

    code = "block.body_root"
    hint = "Send the body that the header commits to."


class ProofNotActive(BlockRefused):
    """A proof of a type that is not active on this network."""

    code = "block.proof_not_active"
    hint = "Leave proofs out until their type is active."


class ProofsMany(BlockRefused):
    """More proofs than a block may have."""

    code = "block.proofs_many"
    hint = "Leave the rest for later blocks."


class ProofOrder(BlockRefused):
    """Proofs that do not rise strictly by type and nullifier; so none comes twice."""

    code = "block.proof_order"
    hint = "Sort the proofs by type, then by nullifier, and leave out repetitions."


class ProofNullifier(BlockRefused):
    """The envelope's nullifier is not that of the work which the proof shows."""

    code = "proof.nullifier"
    hint = "Compute the nullifier from the work's id."


class ProofReplayed(BlockRefused):
    """The work has been used before, and this proof would bring nothing new."""

    code = "proof.replayed"
    hint = "Leave the proof out."


class ProofEnded(BlockRefused):
    """The work is too old to be used at all."""

    code = "proof.ended"
    hint = "Leave the proof out; whether such work has been used is no longer known."


class ProofAnchor(BlockRefused):
    """The proof's anchor is none of the block's last ancestors."""

    code = "proof.anchor"
    hint = "Anchor proofs to one of the last 256 blocks of the branch that they are for."


class ShareParent(BlockRefused):
    """A share of a template whose parent is too old or on another branch."""

    code = "proof.share_parent"
    hint = "Shares are good for the 8 blocks after their parent, on its own branch."


class ShareIsAncestor(BlockRefused):
    """A share that became a block of the same branch: it has its reward."""

    code = "proof.share_ancestor"
    hint = "Leave shares out that are blocks."


class ShareDraw(BlockRefused):
    """A share whose draw is not below the share target."""

    code = "proof.share_draw"
    hint = "Shares must meet Θ − s, with Θ of their header and s of the parent's state."


class ProofReceiptWrong(BlockRefused):
    """A proof's receipt is not what verifying it gives."""

    code = "block.proof_receipt"
    hint = "Recompute the receipts of the proofs."


class PsiWrong(BlockRefused):
    """Header psi is not the computed Σψ."""

    code = "block.psi"
    hint = "Set psi to the sum that the proofs give."


class GasUsedWrong(BlockRefused):
    """Header gasUsed is not what execution gives."""

    code = "block.gas_used"
    hint = "Recompute gasUsed by executing the block."


class BlobBytesWrong(BlockRefused):
    """Header blobBytes is not what the blobs take."""

    code = "block.blob_bytes"
    hint = "Recompute blobBytes from the square."


class StateRootWrong(BlockRefused):
    """The state root is not what execution gives."""

    code = "block.state_root"
    hint = "Recompute the state root by executing the block."


class ReceiptsRootWrong(BlockRefused):
    """The receipts root is not what execution gives."""

    code = "block.receipts_root"
    hint = "Recompute the receipts by executing the block."


class DataRootWrong(BlockRefused):
    """The data availability root is not what the blobs give."""

    code = "block.da_root"
    hint = "Recompute the data root from the square."


class ReorgTooDeep(BlockRefused):
    """The branch forks off deeper than this node reorganises by itself."""

    code = "block.reorg_too_deep"
    hint = "Check which chain is right; to follow the other one, start on an empty data directory."


class VerifierMissing(NodeFault):
    """The network activates a type of proof that this node cannot verify."""

    code = "network.verifier_missing"
    hint = "Use a node that has the verifier, or a network file without that type."


class OtherRules(NodeFault):
    """The stored chain was made by other rules than the network file's, from some height on."""

    code = "network.other_rules"
    hint = (
        "After a late upgrade take the chain back to the block below with `animica rewind`, or "
        "start on an empty data directory; if the file is wrong, use the one of before."
    )


class NotRunning(NodeFault):
    """This process serves requests but runs no node."""

    code = "node.not_running"
    hint = "Send this to the process that runs the node (`animica node`)."


class StoredBlockDamaged(NodeFault):
    """A block that passed when it was stored is refused when it is read back."""

    code = "node.stored_block_damaged"
    hint = "Check the disk; start on an empty data directory or a backup."
