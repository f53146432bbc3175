"""What can go wrong with the node's own miner. Source: docs/spec/mining.md."""

from __future__ import annotations

from core.errors import NodeFault


class MinerSettings(NodeFault):
    """The miner was given something that no block may carry."""

    code = "mining.settings"
    hint = "Mend the setting named in `field`."


class WorkersLost(NodeFault):
    """Worker processes end as fast as they are started."""

    code = "mining.workers_lost"
    hint = "Look in the log for how they ended; memory limits and a broken installation do this."


class OwnBlockRefused(NodeFault):
    """This node sealed a block and then refused it itself: template and import disagree."""

    code = "mining.own_block_refused"
    hint = "This is a bug: report the log line with `rule`; the miner tries again by itself."


class BlockUnsealed(NodeFault):
    """A block that was asked for could not be made."""

    code = "mining.unsealed"
    hint = "Try again; the head moved or the miner was stopped while the block was made."
