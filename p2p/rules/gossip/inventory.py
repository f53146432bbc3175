"""Transactions and proofs between announcement and verdict.

    inv → asked of one announcer → txs, proofs → the pool's verdict → told on, by ``news``

Nothing is told on before this node's own pools have taken it. What a peer sends without having been
asked, and what no state of the chain could make valid, costs it points.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from consensus.rules import waiting_proofs
from core.errors import EncodingRefused
from core.tx import SignedTx
from mempool.rules import verdicts
from p2p.rules.actions import AdmitProof, AdmitTxs
from p2p.rules.context import Context
from p2p.rules.events import ProofEntered, ProofJudged, TxEntered, TxsJudged
from p2p.rules.gossip.mesh import Mesh
from p2p.rules.gossip.news import News
from p2p.rules.gossip.ports import Sync
from p2p.rules.gossip.recent import Recent
from p2p.rules.gossip.wanted import Key, Wanted
from p2p.rules.limits import TXS_BYTES
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.wire.compact import decode_envelope
from p2p.rules.wire.messages import BLOCK, PROOF, TX, Get, Inv, Message, Missing, Proofs, Txs

GET_IDS = 128
"""Ids of one question: so many transactions fit into one answer."""
HERE_MOST, HERE_MS = 20_000, 5 * 60_000
"""Ids that were in the pools lately; whoever announces them is not asked."""
RESTING_MOST, RESTING_MS = 8_192, 10_000
"""Ids that were refused for what may change; they are asked for again after a while."""


class Inventory:
    """Asks for what is announced, answers what is asked."""

    def __init__(self, ctx: Context, sync: Sync, mesh: Mesh, news: News) -> None:
        self._ctx = ctx
        self._sync = sync
        self._mesh = mesh
        self._news = news
        self.wanted = Wanted()
        self._here: Recent[Key] = Recent(HERE_MOST, HERE_MS)
        self._resting: Recent[Key] = Recent(RESTING_MOST, RESTING_MS)

    # ------------------------------------------------------------ announcements

    def on_inv(self, peer: Peer, message: Inv) -> None:
        """A peer has these."""
        now = self._ctx.now.ms
        keys: list[Key] = []
        for id in message.ids:
            if self.wanted.is_full(peer.conn):
                break  # no more of its announcements are kept, so none is looked up
            key = message.kind, id
            keys.append(key)
            self._news.knows(peer.conn, key)
            if not self._of_no_use(key):
                self.wanted.announced(peer.conn, key, now)
        if not self._sync.busy:
            self._ask(self.wanted.questions(now, keys))

    def tick(self) -> None:
        """Ask again where nobody answered; score those who announce what they do not have."""
        self.wanted.tick(self._ctx.now.ms)
        for conn in self.wanted.false_announcers():
            if (peer := self._ctx.peers.get(conn)) is not None:
                detail = "announces what it does not deliver"
                self._ctx.blame(peer, Offence.FALSE_INVENTORY, detail)
        if not self._sync.busy:
            self._ask(self.wanted.questions(self._ctx.now.ms))

    def _of_no_use(self, key: Key) -> bool:
        kind, id = key
        now = self._ctx.now.ms
        if self._here.has(key, now) or self._resting.has(key, now):
            return True
        return self._ctx.pool.knows_tx(id) if kind == TX else self._ctx.pool.knows_proof(id)

    def _ask(self, asks: dict[int, list[Key]]) -> None:
        for conn, keys in asks.items():
            for kind in (TX, PROOF):
                ids = tuple(id for of, id in keys if of == kind)
                for at in range(0, len(ids), GET_IDS):
                    self._ctx.send(self._ctx.peers[conn], Get(kind, ids[at : at + GET_IDS]))

    # ------------------------------------------------------------ deliveries

    def on_txs(self, peer: Peer, message: Txs) -> None:
        """Transactions that were asked for; the pool judges them."""
        taken: dict[bytes, bytes] = {}
        for raw in message.txs:
            try:
                txid = SignedTx.decode(raw).txid
            except EncodingRefused as refusal:
                self._ctx.blame(peer, Offence.TX_INVALID, str(refusal))
                if peer.closing:
                    break
                continue
            if self._wants(peer, (TX, txid)):
                taken[txid] = raw
            if peer.closing:
                break
        if taken:
            source = f"peer:{peer.name}"
            self._ctx.act(AdmitTxs(peer.conn, source, tuple(taken), tuple(taken.values())))

    def on_proofs(self, peer: Peer, message: Proofs) -> None:
        """Proofs that were asked for; the pool of proofs judges them."""
        for raw in message.envelopes:
            try:
                envelope = decode_envelope(raw)
            except EncodingRefused as refusal:
                self._ctx.blame(peer, Offence.PROOF_INVALID, str(refusal))
                if peer.closing:
                    break
                continue
            if self._wants(peer, (PROOF, envelope.digest)):
                self._ctx.act(AdmitProof(peer.conn, envelope))
            if peer.closing:
                break

    def on_missing(self, peer: Peer, message: Missing) -> None:
        """What a peer was asked for and does not have."""
        if message.kind == BLOCK:
            self._sync.missing(peer, message.ids)
            return
        asked = [self.wanted.denied(peer.conn, (message.kind, id)) for id in message.ids]
        if not any(asked):
            self._ctx.blame(peer, Offence.UNASKED, "misses what nobody asked for")

    def _wants(self, peer: Peer, key: Key) -> bool:
        wanted = self.wanted.arrived(peer.conn, key, self._ctx.now.ms)
        if wanted is None:
            self._ctx.blame(peer, Offence.UNASKED, f"{key[1].hex()} was not asked for")
        self._news.knows(peer.conn, key)
        return bool(wanted)

    # ------------------------------------------------------------ verdicts

    def on_txs_judged(self, event: TxsJudged) -> None:
        """The pool's word."""
        peer = self._ctx.peers.get(event.conn)
        for txid, refusal in zip(event.txids, event.refusals, strict=True):
            if refusal is None:
                self._taken(peer, (TX, txid))
            elif isinstance(refusal, verdicts.FOR_EVER):
                # Its signature condemns these bytes, not the id: another may have a good one.
                self._bad(peer, event.conn, (TX, txid), Offence.TX_INVALID, str(refusal))
            else:
                self._rests((TX, txid))

    def on_proof_judged(self, event: ProofJudged) -> None:
        """The word of the pool of proofs."""
        peer = self._ctx.peers.get(event.conn)
        key = (PROOF, event.digest)
        if event.refusal is None:
            self._taken(peer, key)
        elif isinstance(event.refusal, waiting_proofs.FOR_EVER):
            self._bad(peer, event.conn, key, Offence.PROOF_INVALID, str(event.refusal))
        else:
            self._rests(key)

    def on_tx_entered(self, event: TxEntered) -> None:
        """A transaction waits here now, wherever it came from."""
        self._entered((TX, event.txid))

    def on_proof_entered(self, event: ProofEntered) -> None:
        """A proof waits here now."""
        self._entered((PROOF, event.digest))

    def _entered(self, key: Key) -> None:
        self._news.entered(key, self.wanted.announcers(key))
        self._here.add(key, self._ctx.now.ms)
        self.wanted.settled(key)

    def _taken(self, peer: Peer | None, key: Key) -> None:
        self._here.add(key, self._ctx.now.ms)
        self.wanted.settled(key)
        if peer is not None:
            self._ctx.useful(peer)
            self._mesh.credit(peer)

    def _bad(self, peer: Peer | None, conn: int, key: Key, offence: Offence, detail: str) -> None:
        self.wanted.passed_over(conn, key)
        if peer is not None:
            self._ctx.blame(peer, offence, detail)

    def _rests(self, key: Key) -> None:
        self._resting.add(key, self._ctx.now.ms)
        self.wanted.settled(key)

    # ------------------------------------------------------------ answers

    def on_get(self, peer: Peer, message: Get) -> None:
        """A peer asks: as many messages as it takes, each when the one before has been read."""
        left = deque(dict.fromkeys(message.ids))
        read, pack = (self._tx, Txs) if message.kind == TX else (self._proof, Proofs)
        missing: list[bytes] = []

        def answer() -> Message | None:
            raws = _some(left, read, missing)
            if left:
                self._ctx.bulk(peer, answer)
            elif missing:
                self._ctx.send(peer, Missing(message.kind, tuple(missing)))
            return pack(tuple(raws)) if raws else None

        self._ctx.bulk(peer, answer)

    def _tx(self, txid: bytes) -> bytes | None:
        tx = self._ctx.pool.tx(txid)
        return None if tx is None else tx.raw

    def _proof(self, digest: bytes) -> bytes | None:
        envelope = self._ctx.pool.proof(digest)
        return None if envelope is None else envelope.encoded

    def gone(self, peer: Peer) -> None:
        """A connection has ended."""
        self.wanted.gone(peer.conn)


def _some(
    left: deque[bytes], read: Callable[[bytes], bytes | None], missing: list[bytes]
) -> list[bytes]:
    """Take from ``left`` what fits into one message."""
    raws: list[bytes] = []
    room = TXS_BYTES
    while left:
        raw = read(left[0])
        if raw is None:
            missing.append(left.popleft())
            continue
        if len(raw) > room:
            break
        room -= len(raw)
        raws.append(raw)
        left.popleft()
    return raws
