"""A pool in a chain that keeps changing its mind: blocks, reorganisations, restarts, submissions.

Whatever was in the pool or in a removed block must be in a block of the final chain, wait in the
pool, or have left for a reason whose rule holds. ``Churn`` plays, ``judge`` knows no pool: it looks
at the final accounts and at what was announced. ``tests.campaigns.churn`` is the long one.
"""

from __future__ import annotations

import random
from collections import Counter

from core.header import Header
from core.tx import SignedTx
from mempool.events import TxDropped
from mempool.rules.limits import PoolLimits
from tests.mempool.world import RICH, World, key

SENDERS = 24
_AHEAD = 6
_DEEPEST = 5


class Churn:
    """One chain and its pool, from genesis."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.world = World(PoolLimits(min_fee=1))
        self.counts: Counter[str] = Counter()
        self.known: dict[bytes, SignedTx] = {}
        """Every transaction that the pool took or a block held."""
        self.line: list[tuple[tuple[dict[tuple[str, bytes], bytes], Header], list[SignedTx]]] = []
        """Of each block of the best chain the state before it, and its transactions."""
        for number in range(SENDERS):
            self.world.state.set_account(key(number).address, 0, RICH)

    # ------------------------------------------------------------- steps

    def submit(self) -> None:
        """A few submissions, some behind a gap, some of a nonce that is taken, some that expire."""
        for _ in range(self.rng.randint(1, 6)):
            number = self.rng.randrange(SENDERS)
            at = self.world.state.account(key(number).address)[0]
            fee = self.rng.choice((1_000, 1_000, 1_200, 1_500))
            late = self.world.head.height + self.rng.randint(1, 12)
            tx = self.world.tx(
                number,
                at + self.rng.randrange(_AHEAD),
                max_fee=fee,
                max_tip=fee // 100,
                until=self.rng.choice((None, None, None, late)),
            )
            outcome = self.world.pool.submit_many([tx.raw], self.rng.choice(("a", "b", "local")))
            self.counts[f"submitted: {getattr(outcome[0], 'code', 'taken')}"] += 1
            if not hasattr(outcome[0], "code"):
                self.known[tx.txid] = tx

    def block(self) -> None:
        """The best chain grows by a block of the pool's, or of somebody else's transactions."""
        self._mine(self._some(), announce=True)
        self.counts["blocks"] += 1

    def reorg(self) -> None:
        """Another branch, of other transactions, takes over."""
        depth = self.rng.randint(1, min(_DEEPEST, len(self.line)))
        removed = self.line[-depth:]
        del self.line[-depth:]
        old_head = self.world.head
        fork = removed[0][0]
        self.world.state.records, self.world.head = dict(fork[0]), fork[1]
        for _ in range(depth + 1):
            self._mine(self._some(), announce=False)
        added = [txs for _, txs in self.line[-depth - 1 :]]
        there = {tx.txid for txs in added for tx in txs}
        returned = [tx for _, txs in removed for tx in txs if tx.txid not in there]
        self.world.announce_reorg(old_head, fork[1].height, added, returned)
        self.counts["reorganisations"] += 1
        self.counts["transactions returned"] += len(returned)

    def restart(self) -> None:
        """The node stops and starts again."""
        self.world.pool.tick()
        self.world.pool = self.world.new_pool()
        self.world.pool.load()
        self.counts["restarts"] += 1

    def _mine(self, txs: list[SignedTx], *, announce: bool) -> None:
        self.line.append((self.world.checkpoint(), txs))
        self.known.update((tx.txid, tx) for tx in txs)
        self.world.mine(*txs, announce=announce)

    def _some(self) -> list[SignedTx]:
        """Of some senders all that is valid at the head, known ones and strangers."""
        accounts = {key(n).address: n for n in range(SENDERS)}
        busy = {n for n in range(SENDERS) if self.rng.random() < 0.35}
        nonces = {n: self.world.state.account(key(n).address)[0] for n in busy}
        chosen = []
        for number in sorted(busy):
            if self.rng.random() < 0.3:  # a stranger's comes first, which the pool never saw
                chosen.append(self.world.tx(number, nonces[number], max_tip=10 + len(self.line)))
                nonces[number] += 1
        height = self.world.head.height + 1
        for tx in sorted(self.known.values(), key=lambda tx: tx.unsigned.nonce):
            number = accounts[tx.unsigned.sender]
            if tx.unsigned.nonce == nonces.get(number) and lives(tx, height):
                chosen.append(tx)
                nonces[number] += 1
        return chosen

    # ------------------------------------------------------------- the verdict

    def judge(self) -> None:
        """Raises AssertionError for a transaction that is missing without a good reason."""
        world = self.world
        mined = {tx.txid for _, txs in self.line for tx in txs}
        waiting = {tx.txid for tx in self._waiting()}
        reasons = {n.txid: n.code for n in world.news if isinstance(n, TxDropped)}
        for txid, tx in self.known.items():
            if txid in mined:
                assert txid not in waiting, "a mined transaction waits"
                continue
            if txid in waiting:
                continue
            code = reasons.get(txid)
            assert code and self._holds(code, tx), f"{tx.unsigned} is missing: {code}"
            self.counts[f"left: {code}"] += 1
        self.counts["wait at a verdict"] += len(waiting)

    def _waiting(self) -> list[SignedTx]:
        found, cursor = [], None
        while True:
            page = self.world.pool.content(cursor, 200)
            found += [pooled.tx for pooled in page.items]
            cursor = page.cursor
            if cursor is None:
                return found

    def _holds(self, code: str, tx: SignedTx) -> bool:
        """Whether the rule behind a code is broken by this transaction now."""
        if code == "tx.nonce_low":
            return tx.unsigned.nonce < self.world.state.account(tx.unsigned.sender)[0]
        if code == "tx.expired":
            return not lives(tx, self.world.head.height + 1)
        if code in ("pool.replaced", "pool.replacement_underpriced"):
            return any(_rivals(tx, other) for other in self.known.values())
        return False


def lives(tx: SignedTx, height: int) -> bool:
    """Whether a block of this height may hold it, by its ``until``."""
    return tx.unsigned.until is None or tx.unsigned.until >= height


def _rivals(tx: SignedTx, other: SignedTx) -> bool:
    """Whether there was another of the same nonce that this one could not replace."""
    one, two = tx.unsigned, other.unsigned
    if tx.txid == other.txid or (one.sender, one.nonce) != (two.sender, two.nonce):
        return False
    return 10 * one.max_fee < 11 * two.max_fee or 10 * one.max_tip < 11 * two.max_tip


def play(seed: str, reorgs: int, restarts: int) -> Counter[str]:
    """A whole life with so many of each; judged after every reorganisation and restart."""
    churn = Churn(seed)
    stops = {reorgs * (number + 1) // (restarts + 1) for number in range(restarts)}
    for number in range(reorgs):
        for _ in range(churn.rng.randint(1, 3)):
            churn.submit()
            churn.block()
        churn.submit()
        if number in stops:
            churn.restart()
            churn.judge()
        churn.reorg()
        churn.judge()
    return churn.counts
