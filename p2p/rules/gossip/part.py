"""The part of the engine that spreads blocks, transactions and proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from p2p.rules import events as ev
from p2p.rules.context import Context
from p2p.rules.gossip.blocks import Blocks
from p2p.rules.gossip.inventory import Inventory
from p2p.rules.gossip.mesh import Mesh
from p2p.rules.gossip.news import News
from p2p.rules.gossip.ports import Sync
from p2p.rules.gossip.serving import Serving
from p2p.rules.gossip.shown import Shown
from p2p.rules.part import Handler, Part
from p2p.rules.peer import Peer
from p2p.rules.wire import messages as m

HEARTBEAT_MS = 1_000


class Gossip(Part):
    """The mesh, inventory, and relay of what this node has validated."""

    def __init__(self, ctx: Context, sync: Sync) -> None:
        super().__init__(ctx)
        shown = Shown()
        self.mesh = Mesh(ctx)
        self.news = News(ctx, self.mesh)
        self.inventory = Inventory(ctx, sync, self.mesh, self.news)
        self.serving = Serving(ctx, sync, self.mesh, shown)
        self.blocks = Blocks(ctx, sync, self.mesh, self.serving, shown)
        self._shown = shown
        self._beat_ms = 0

    def in_mesh(self, peer: Peer) -> bool:
        """Whether a peer is a member of the mesh."""
        return peer.conn in self.mesh.members

    def messages(self) -> Mapping[type, Handler]:
        """See ``Part``."""
        return {
            m.Inv: self.inventory.on_inv,
            m.Get: self.inventory.on_get,
            m.Missing: self.inventory.on_missing,
            m.Txs: self.inventory.on_txs,
            m.Proofs: self.inventory.on_proofs,
            m.Graft: self.mesh.on_graft,
            m.Prune: self.mesh.on_prune,
            m.Compact: self.blocks.on_compact,
            m.GetParts: self.serving.on_get_parts,
            m.Parts: self.blocks.on_parts,
        }

    def events(self) -> Mapping[type, Callable[[Any], None]]:
        """See ``Part``."""
        return {
            ev.HeadMoved: self.serving.on_head_moved,
            ev.BlockJudged: self.blocks.on_judged,
            ev.TxEntered: self.inventory.on_tx_entered,
            ev.TxsJudged: self.inventory.on_txs_judged,
            ev.ProofEntered: self.inventory.on_proof_entered,
            ev.ProofJudged: self.inventory.on_proof_judged,
        }

    def peer_ready(self, peer: Peer) -> None:
        """See ``Part``."""
        self.serving.peer_ready(peer)
        self.news.peer_ready(peer)

    def peer_gone(self, peer: Peer) -> None:
        """See ``Part``."""
        self.mesh.gone(peer)
        self.news.gone(peer)
        self.inventory.gone(peer)
        self.blocks.gone(peer)
        self._shown.gone(peer)

    def tick(self) -> None:
        """See ``Part``."""
        self.blocks.tick()
        self.serving.tick()
        self.inventory.tick()
        self.news.flush()
        if self.ctx.now.ms >= self._beat_ms:
            self._beat_ms = self.ctx.now.ms + HEARTBEAT_MS
            self.mesh.heartbeat()
            self.news.heartbeat()
