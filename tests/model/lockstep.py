"""Model and node side by side: every step is given to both and must have the same answer.

A step is one block handed over, a move of the clock, or a restart. After each step the verdict,
the head and, if it moved, every record are compared; ``compare_deeply`` compares everything else.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from random import Random
from typing import Any

from tests.model import ledger
from tests.model.chain import Chain, Kept
from tests.model.maker import Maker, encode
from tests.model.node import Node, random_params
from tests.model.primitives import proves, state_key
from tests.model.refusal import Broken
from tests.model.wallets import ml_wallet, slh_wallet

DEEP_BLOCKS = 40
"""How many blocks of the best chain, head first, a deep comparison reads."""


class LockStep:
    """One chain, twice, from genesis on."""

    def __init__(self, rng: Random, counts: Counter[str] | None = None) -> None:
        self.rng = rng
        self.counts: Counter[str] = Counter() if counts is None else counts
        table = random_params(rng)
        allocations = self._allocations()
        now = table["genesis"]["time_ms"] + 10_000
        self.model = Chain(table, allocations, now)
        self.node = Node(table, allocations, now)
        self.maker = Maker(self.model, rng)
        self.given: deque[bytes] = deque(maxlen=60)
        self.seen_head = b""
        self.compare()

    def _allocations(self) -> list[tuple[bytes, int]]:
        rng, rows = self.rng, []
        for number in range(8):  # two of the maker's ten begin with nothing
            balance = rng.choice([10**15, 10**12, 10**9, 70_000_000, 2**59])
            rows.append((ml_wallet(number).address, balance))
        rows.append((slh_wallet().address, 10**15))
        return rows

    # ------------------------------------------------------------------ handing over

    def deliver(self, raw: bytes) -> str:
        """Give a block to both; returns the verdict on which they agree."""
        self.given.append(raw)
        before = self.model.head
        try:
            expected = self.model.import_block(raw)
        except Broken as broken:
            expected = broken.code
        found = self.node.import_block(raw)
        assert found == expected, f"the node says {found}, the model {expected}: {raw.hex()}"
        self.counts[expected] += 1
        if expected == "reorg":
            fork = self.model.head.header["height"] - self.model.depth(before)
            self.counts["blocks taken back"] += before.header["height"] - fork
        self.count_step()
        return expected

    def count_step(self) -> None:
        """A step is done: compare."""
        self.counts["steps"] += 1
        self.compare()

    def give(self, kept: Kept) -> str:
        """Deliver a made block; the clock moves on if it is ahead."""
        self.reach(kept.header["time"] - self.rng.randint(0, 5_000))
        return self.deliver(encode(kept.block))

    def reach(self, time: int) -> None:
        """Move both clocks on, never back."""
        self.model.now = self.node.clock.now = max(self.model.now, time)

    def compare(self) -> None:
        """Heads; and after a move of the head, every record."""
        head = self.model.head
        assert self.node.head() == head.hash, "the heads differ"
        if head.hash != self.seen_head:
            self.seen_head = head.hash
            found, expected = self.node.records(), dict(head.state)
            assert found == expected, _difference(found, expected)

    def compare_deeply(self) -> None:
        """Everything else that the node stores or tells; and the model from genesis again."""
        self._compare_money()
        self._compare_blocks()
        self._compare_past()
        self._compare_proofs()
        rooms = {"orphans": len(self.model.orphans.blocks), "early": len(self.model.early.blocks)}
        assert self.node.importer.waiting() == rooms
        assert self.node.alarm() == (None if self.model.alarm is None else self.model.alarm.hash)
        self.node.verify_state()

    def _compare_money(self) -> None:
        minted, burnt = self.model.totals()
        supply = self.model.genesis_supply + minted - burnt
        assert self.node.totals() == (minted, burnt, supply)
        state = self.model.head.state
        assert self.model.recompute() == state
        owners = [id for module, id in state if module == "account"]
        assert supply == sum(ledger.read(state, owner)[1] for owner in owners)

    def _compare_blocks(self) -> None:
        line = list(self.model.head.line())
        best = {kept.hash for kept in line}
        found = self.node.blocks()
        expected = {
            hash: (hash in best, self.model.invalid.get(hash, ""), kept.work)
            for hash, kept in self.model.kept.items()
        }
        assert found == expected, _difference(found, expected)
        for kept in line[:-1][:DEEP_BLOCKS]:
            assert kept.effects is not None
            assert self.node.raw_block(kept.hash) == encode(kept.block)
            assert self.node.receipts(kept.hash) == kept.effects.receipts
            assert self.node.logs(kept.header["height"]) == kept.effects.receipts[-1]["logs"]
            for index, (tx, charge) in enumerate(
                zip(kept.block["txs"], kept.effects.charges, strict=True)
            ):
                found = self.node.tx(ledger.txid(tx))
                assert found == (kept.hash, index, charge), f"transaction {index}: {found}"

    def _compare_past(self) -> None:
        head = self.model.head
        past = self.rng.choice(list(head.line()))
        for wallet in self.maker.wallets:
            height, address = past.header["height"], wallet.address
            assert self.node.account(address) == ledger.read(head.state, address)
            assert self.node.account(address, height) == ledger.read(past.state, address)
            found = self.node.record("key", address, height)
            assert found == past.state.get(("key", address))

    def _compare_proofs(self) -> None:
        head = self.model.head
        for wallet in self.maker.wallets:
            for module in ("account", "key"):
                value, siblings, other = self.node.prove(module, wallet.address)
                assert value == head.state.get((module, wallet.address))
                key, root = state_key(module, wallet.address), head.header["roots"]["state"]
                assert proves(root, key, value, siblings, other)


def _difference(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> str:
    wrong = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
    lines = [f"{key}: node {found.get(key)}, model {expected.get(key)}" for key in wrong[:10]]
    return "\n".join(["they differ:", *lines])
