"""The kinds of steps: valid blocks in every order, spoiled ones, time.

Each method is one kind and takes its choices from ``rng``; ``STEPS`` lists them.
"""

from __future__ import annotations

from collections import Counter, deque
from contextlib import suppress
from random import Random
from typing import Any

from tests.model import forms, ledger, spoil
from tests.model.chain import Kept
from tests.model.header import body_roots, header_hash
from tests.model.lockstep import LockStep
from tests.model.maker import encode, seal
from tests.model.primitives import t
from tests.model.proof_maker import place
from tests.model.refusal import Broken
from tests.model.sets import ParamSet
from tests.model.wallets import slh_wallet

GOOD = ("added", "side", "reorg", "known", "early", "orphan")


class Steps(LockStep):
    """Model and node, and all that can be done to them."""

    def __init__(self, rng: Random, counts: Counter[str] | None = None) -> None:
        super().__init__(rng, counts)
        self.later: deque[bytes] = deque(maxlen=80)
        self.refused: deque[dict[str, Any]] = deque(maxlen=20)

    # ------------------------------------------------------------------ steps: valid blocks

    def extend(self) -> None:
        """A block on the head."""
        self.give(self.maker.block(self.model.head))

    def branch(self) -> None:
        """A block on some recent block, perhaps one that nobody has been given yet."""
        recent = list(self.maker.made.values())[-25:]
        least = self.model.head.header["height"] - self.model.most
        if self.rng.random() < 0.9:
            recent = [kept for kept in recent if kept.header["height"] > least] or recent
        self.give(self.maker.block(self.rng.choice(recent)))

    def overtake(self) -> None:
        """A branch from below the head that outweighs it, delivered in some order."""
        parent = self._below(self.rng.choice([1, 1, 2, 3, 4, 7]))
        line: list[Kept] = []
        while parent.work <= self.model.head.work and len(line) < 9:
            parent = self.maker.block(parent)
            line.append(parent)
        if self.rng.random() < 0.3:
            self.rng.shuffle(line)
        for kept in line:
            self.give(kept)

    def false_branch(self) -> None:
        """A branch that would outweigh the head, with a bad block in it."""
        parent = self._below(self.rng.choice([1, 2, 3]))
        line: list[Kept] = []
        bad_at = self.rng.randrange(3)
        while parent.work <= self.model.head.work and len(line) < 6:
            good = self.maker.block(parent)
            if len(line) == bad_at:
                good = self._spoiled_kept(good)
            line.append(good)
            parent = good
        for kept in line:
            self.give(kept)

    def _spoiled_kept(self, good: Kept) -> Kept:
        assert good.parent is not None
        if self.rng.random() < 0.5:
            bad = self._with_bad_tx(good.parent)
            return Kept(header_hash(bad["header"]), bad, good.parent, good.work, good.effects)
        block = self.maker.copy(good)
        header = block["header"]
        name = self.rng.choice(["state", "receipts", "da"])
        header["roots"][name] = spoil.flip(header["roots"][name], self.rng)
        seal(header)
        return Kept(header_hash(header), block, good.parent, good.work, good.effects)

    def _below(self, depth: int) -> Kept:
        kept = self.model.head
        for _ in range(depth):
            kept = kept.parent or kept
        return kept

    def later_parent(self) -> None:
        """Two blocks of which the second comes first, or a parent that was kept back."""
        if self.later and self.rng.random() < 0.5:
            self.deliver(self.later.popleft())
            return
        parent = self.maker.block(self.rng.choice([self.model.head, self._below(1)]))
        child = self.maker.block(parent)
        self.reach(parent.header["time"])
        self.later.append(encode(parent.block))
        self.give(child)

    def family(self) -> None:
        """Three generations, the eldest last: several branches take up what waited for them."""
        eldest = self.maker.block(self.rng.choice([self.model.head, self._below(1)]))
        made = [eldest]
        for _ in range(self.rng.randint(2, 6)):
            made.append(self.maker.block(self.rng.choice(made)))
        younger = made[1:]
        self.rng.shuffle(younger)
        for kept in [*younger, eldest]:
            self.give(kept)

    def template(self) -> None:
        """A block that the node's own template builder makes of some candidates."""
        rng, head = self.rng, self.model.head
        block = self.maker.empty(head)
        signers = self.maker.fill(block, head, 4)
        pairs = []
        for tx, wallet in zip(block["txs"], signers, strict=True):
            if rng.random() < 0.2 and wallet is not slh_wallet():
                tx["nonce"] += 1
            pairs.append((tx, self.maker.witness(tx, wallet, stored=False)))
        time = block["header"]["time"]
        envelopes = self.maker.proofs.some(block["header"], head)
        raw = self.node.template(block["header"]["coinbase"], time, pairs, envelopes)
        self.reach(time)
        assert self.deliver(raw) == "added", "the model refuses the node's own block"
        if len(raw) + 20_000 < self._next_rules().params["block_bytes"]:
            taken = self.model.head.block["txs"]
            assert taken == self._runnable([tx for tx, _ in pairs], head, block["header"])
        self.counts["templates"] += 1

    def _runnable(
        self, txs: list[dict[str, Any]], parent: Kept, header: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Those of the candidates that may run one after the other."""
        running, taken = ledger.Effects(dict(parent.state)), []
        owners = {wallet.address: wallet for wallet in (*self.maker.wallets, slh_wallet())}
        for tx in txs:
            wallet = owners[tx["from"]]
            stored = ledger.stored_key(parent.state, wallet.address) is not None
            brought = {} if stored else {"pk": wallet.public_key}
            with suppress(Broken):
                gas, _ = ledger.run_tx(running, tx, {"alg": wallet.alg, **brought}, header)
                running.gas_used += gas
                taken.append(tx)
        return taken

    # ------------------------------------------------------------------ steps: spoiled blocks

    def bad_header(self) -> None:
        """A block with a field or two of its header changed, sealed anew or not."""
        block = self._fresh()
        if self.rng.random() < 0.3:
            spoil.spoil_neighbours(block["header"], self.model, self.rng)
        else:
            for _ in range(self.rng.choice([1, 1, 2, 3])):
                spoil.spoil_header(block["header"], self.model, self.rng)
        if self.rng.random() < 0.9:
            seal(block["header"])
        self._give_refused(block)

    def bad_nonce(self) -> None:
        """A valid block with another nonce: mostly unsealed, now and then a twin."""
        block = self._fresh()
        block["header"]["nonce"] = self.rng.randbytes(8)
        self._give_refused(block)

    def bad_tx(self) -> None:
        """A block with a transaction that may not run in it; else all is in order."""
        self._give_refused(self._with_bad_tx(self._parent()))

    def _with_bad_tx(self, parent: Kept) -> dict[str, Any]:
        rng, block = self.rng, self._unfinished(parent)
        running = ledger.run(
            block, parent.state, self._rules_of(block), self.model.prove(block, parent)
        )
        wallet = rng.choice(self.maker.wallets)
        stored = ledger.stored_key(parent.state, wallet.address) is not None
        tx = self.maker.tx(wallet, running, block["header"], stored)
        room = block["header"]["gasLimit"] - running.gas_used
        balance = ledger.read(running.state, wallet.address)[1]
        faults, witness_too = rng.choice([(1, False), (1, False), (2, False), (1, True), (0, True)])
        if faults:
            spoil.spoil_unsigned(tx, room, balance, rng)
        if faults == 2:
            spoil.spoil_rule(tx, room, balance, rng)
        witness = self.maker.witness(tx, wallet, stored)
        if witness_too:
            other = self.maker.witness(tx, rng.choice(self.maker.wallets), stored=False)
            spoil.spoil_witness(witness, other, rng)
        place = rng.choice([len(block["txs"]), rng.randint(0, len(block["txs"]))])
        block["txs"].insert(place, tx)
        block["witnesses"].insert(place, witness)
        self._seal_as_well_as_possible(block, parent)
        return block

    def two_bad_txs(self) -> None:
        """Two blocks' worth of spoiled transactions in one: the first broken rule counts."""
        parent = self._parent()
        block, other = self._with_bad_tx(parent), self._with_bad_tx(parent)
        for name in ("txs", "witnesses"):
            block[name] += other[name]
        self._seal_as_well_as_possible(block, parent)
        self._give_refused(block)

    def shuffled(self) -> None:
        """A block whose transactions stand in another order, with everything recomputed for it."""
        parent = self._parent()
        block = self._unfinished(parent, most=4)
        pairs = list(zip(block["txs"], block["witnesses"], strict=True))
        self.rng.shuffle(pairs)
        block["txs"] = [tx for tx, _ in pairs]
        block["witnesses"] = [witness for _, witness in pairs]
        self._seal_as_well_as_possible(block, parent)
        self._give_refused(block)

    def _seal_as_well_as_possible(self, block: dict[str, Any], parent: Kept) -> None:
        """All roots right if the block runs after all; else those of the body.

        Proofs that do not pass get receipts that could be theirs.
        """
        header = block["header"]
        header["psi"] = 0
        block["proofs"] = [self._receipt_for(each) for each in block["envelopes"]]
        try:
            forms.read_block(encode(block), self.model.rules.sets)
            ledger.check_forms(block, parent.state, self.model.network)
            self.maker.finish(block, parent)
        except (Broken, KeyError):
            header["roots"].update(body_roots(block))
            seal(header)

    def _receipt_for(self, envelope: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": envelope["type"], "nullifier": envelope["nullifier"],
            "payee": self.maker.wallets[0].address, "psi": 0, "units": 1, "quality": 10**6,
            "envelope": t("animica/proof/v1", encode(envelope)),
        }  # fmt: skip

    def _rules_of(self, block: dict[str, Any]) -> ParamSet:
        return self.model.rules.at(block["header"]["height"])

    def _next_rules(self) -> ParamSet:
        return self.model.rules.at(self.model.head.header["height"])

    def bad_body(self) -> None:
        """A body that its header does not commit to, or with fields that do not belong."""
        block = self._fresh()
        spoil.spoil_body(block, self.rng)
        self.deliver(encode(block))

    def bad_proofs(self) -> None:
        """A block with a proof that breaks a rule, among others or alone."""
        parent = self._parent()
        block = self._unfinished(parent)
        header = block["header"]
        if self.rng.random() < 0.8:
            block["envelopes"] = block["envelopes"][-1:]  # few, so that there is room for one more
        for _ in range(self.rng.choice([1, 1, 1, 2])):
            block["envelopes"].append(self.maker.proofs.spoiled(header, parent))
        if self.rng.random() < 0.9:
            block["envelopes"].sort(key=place)
        self._seal_as_well_as_possible(block, parent)
        self._give_refused(block)

    def bad_list(self) -> None:
        """Valid proofs, but too many, twice, in another order, or of a type that is not active."""
        rng, parent = self.rng, self._parent()
        block = self._unfinished(parent)
        header, envelopes = block["header"], block["envelopes"]
        way = rng.randrange(4)
        if way == 0:
            most = self._rules_of(block).poies["shares_per_block"]
            while len(envelopes) <= most + rng.randrange(2):
                envelopes.append(self.maker.proofs.share(header, parent))
        elif way == 1:
            envelopes += [self.maker.proofs.share(header, parent)] * 2
        elif way == 2:
            kind = rng.choice([0, 2, 2, 3, 4, 5, 6, 2**64 - 1])
            body = {"type": kind, "body": b"", "nullifier": rng.randbytes(32)}
            envelopes += [body] * rng.choice([1, 1, 16, 17, 70])
        envelopes.sort(key=place)
        if way == 3 or rng.random() < 0.1:
            rng.shuffle(envelopes)
        self._seal_as_well_as_possible(block, parent)
        self._give_refused(block)

    def bad_receipts(self) -> None:
        """Valid proofs with receipts that are not theirs, or another ψ in the header."""
        for _ in range(5):
            block = self._fresh()
            if block["proofs"]:
                break
        else:
            return
        header = block["header"]
        if self.rng.random() < 0.6:
            spoil.spoil_receipt(block, self.rng)
        if self.rng.random() < 0.5:
            spoil.spoil_field(header, "psi", self.model, self.rng)
        header["roots"].update(body_roots(block))
        seal(header)
        self._give_refused(block)

    def bad_bytes(self) -> None:
        """An encoding that is not canonical, or no block at all."""
        self.deliver(spoil.spoil_bytes(encode(self._fresh()), self.rng))

    def too_large(self) -> None:
        """More bytes, or more items, than a block may have; or just as many."""
        block = self._fresh()
        sizes, items = self._rules_of(block).size
        if sizes < 1_000_000:
            block["witnesses"] = [{"alg": 1, "sig": bytes(16_000)}] * 8
        else:
            block["proofs"] = [0] * min(items + self.rng.choice([-200, -1, 0]), 20_000)
        self.deliver(encode(block))

    def again(self) -> None:
        """Something that was given before: known, refused again, waiting."""
        if self.given:
            self.deliver(self.rng.choice(self.given))

    def on_refused(self) -> None:
        """A child of a block that was refused."""
        if not self.refused:
            return
        header = self.rng.choice(self.refused)
        good = self._fresh()
        good["header"]["parent"] = header_hash(header)
        good["header"]["height"] = header["height"] + 1
        seal(good["header"])
        self.deliver(encode(good))

    def too_deep(self) -> None:
        """A block on a branch that leaves the best chain far below, and its children."""
        parent = self._below(self.model.most + self.rng.choice([0, 1, 2]))
        for _ in range(self.rng.randint(1, 3)):
            parent = self.maker.block(parent)
            self.give(parent)

    def _parent(self) -> Kept:
        return self.model.head if self.rng.random() < 0.8 else self._below(1)

    def _fresh(self) -> dict[str, Any]:
        parent = self._parent()
        kept = self.maker.finish(self._unfinished(parent), parent)
        self.reach(kept.header["time"])
        return self.maker.copy(kept)

    def _unfinished(self, parent: Kept, most: int = 2) -> dict[str, Any]:
        block = self.maker.empty(parent)
        block["envelopes"] = self.maker.proofs.some(block["header"], parent)
        self.maker.fill(block, parent, self.rng.randint(0, most))
        return block

    def _give_refused(self, block: dict[str, Any]) -> None:
        if self.deliver(encode(block)) not in GOOD:
            self.refused.append(block["header"])

    # ------------------------------------------------------------------ steps: time

    def early(self) -> None:
        """A block from the future: taken, held or refused."""
        ahead = self.rng.choice([5_000, 5_001, 20_000, 60_000, 60_001, 10**6])
        parent = self._parent()
        time = max(self.model.now + ahead, parent.header["time"] + 1)
        kept = self.maker.block(parent, time=time)
        self.deliver(encode(kept.block))
        if self.rng.random() < 0.3:
            self.deliver(encode(self.maker.block(kept, time=time + 1).block))

    def tick(self) -> None:
        """The clock moves on, and both take up what was early."""
        self.reach(self.model.now + self.rng.choice([1, 1_000, 15_000, 60_000]))
        self.model.tick()
        self.node.importer.tick()
        self.count_step()

    def restart(self) -> None:
        """Both forget what is not stored."""
        self.model.restart()
        self.node.restart()
        self.count_step()


STEPS: dict[str, int] = {
    "extend": 30, "branch": 10, "overtake": 4, "false_branch": 3, "later_parent": 6, "family": 2,
    "template": 4, "bad_header": 12, "bad_nonce": 2, "bad_tx": 20, "two_bad_txs": 3,
    "shuffled": 3, "bad_body": 4, "bad_proofs": 12, "bad_list": 3, "bad_receipts": 4,
    "bad_bytes": 4, "too_large": 2, "again": 5, "on_refused": 3, "too_deep": 2, "early": 4,
    "tick": 4, "restart": 1,
}  # fmt: skip
"""Every kind of step and how often it is taken."""
