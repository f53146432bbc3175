"""Signed transfers handed to nodes, and what has become of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic as now

from animica_site import devnet, networks
from core import tags
from core.tx import SignedTx, UnsignedTx, Witness
from pq import addresses, signing
from tests.p2p.many.nodes import ACCOUNTS, ManyNode

SETTLE_S = 3.0
"""A transaction that a node took less than this before it was killed may be lost with it."""
GAS, MAX_FEE = 80_000, 1_000
CHAIN = networks.load("devnet").chain


@dataclass
class Sent:
    """A transaction that a node has taken."""

    txid: str
    sender: str
    node: ManyNode
    at: float

    @property
    def sure(self) -> bool:
        """Whether its node lived long enough to have told others or its disk of it."""
        return not any(self.at <= kill < self.at + SETTLE_S for kill in self.node.kills)


@dataclass
class Senders:
    """Accounts that send once each, so that no transaction waits for another."""

    chain: int
    nodes: Sequence[ManyNode]
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        funded = devnet.accounts(devnet.DEFAULT_SEED, ACCOUNTS)
        self._treasurer = funded[0].address
        self._unused = funded[len(self.nodes) :]

    def send(self, node: ManyNode) -> bool:
        """A transfer to this node; False where it did not answer, and then it may have it."""
        account = self._unused.pop()
        key = signing.from_seed(account.seed)
        body = {"to": self._treasurer, "value": 1}
        unsigned = UnsignedTx(self.chain, "transfer", key.address, 0, GAS, MAX_FEE, 2, body)
        signature = key.sign(unsigned.txid, tags.CONTEXT_TX)
        signed = SignedTx(unsigned, Witness(key.alg, signature, key.public_key))
        answer = node.asked("tx.sendRawTransaction", raw="0x" + signed.raw.hex())
        if answer is not None:
            self.sent.append(Sent(answer["txid"], addresses.to_text(key.address), node, now()))
        return answer is not None

    def sure(self) -> list[Sent]:
        """Those that no kill can have lost."""
        return [sent for sent in self.sent if sent.sure]


def miners(count: int) -> list[str]:
    """Addresses that nodes mine to."""
    return [addresses.to_text(one.address) for one in devnet.accounts(devnet.DEFAULT_SEED, count)]


def state_at(node: ManyNode, sent: Sent) -> str:
    """What a node says of it: pending, held, mined, dropped, unknown; "" without an answer."""
    return str((node.asked("tx.getStatus", txid=sent.txid) or {}).get("state", ""))


def lost(nodes: Sequence[ManyNode], sent: Sequence[Sent]) -> list[Sent]:
    """Those that are neither mined nor wait anywhere."""
    kept = ("mined", "pending", "held")
    return [one for one in sent if not any(state_at(node, one) in kept for node in nodes)]


def unmined(nodes: Sequence[ManyNode], sent: Sequence[Sent]) -> list[Sent]:
    """Those that some node does not have in a block of its chain."""
    return [one for one in sent if any(state_at(node, one) != "mined" for node in nodes)]
