"""Makes blocks for the lock-step: valid ones with the model's own rules, and their parts.

Nothing here is the node's. A made block is a ``Kept`` with its effects, whether or not anyone has
been given it yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from random import Random
from typing import Any

from core import cbor
from tests.model import forms, ledger
from tests.model.chain import EMPTY, Chain, Kept, receipts_root
from tests.model.header import body_roots, header_hash, mix_after, seal_prefix, work_of
from tests.model.ledger import Effects
from tests.model.primitives import ZERO, h, state_root, target
from tests.model.proof_maker import ProofMaker
from tests.model.refusal import Broken
from tests.model.wallets import Wallet, ml_wallet, slh_wallet

WALLETS = 10
SLH_GAS = 110_000
SLH_TXS = 2


def encode(block: Mapping[str, Any]) -> bytes:
    """A block as it travels."""
    return cbor.encode(dict(block))


def seal(header: dict[str, Any]) -> bool:
    """Put in the first nonce that seals, if one is near."""
    prefix = seal_prefix(header)
    below = target(max(0, header["theta"] - header["psi"]))
    for number in range(20_000):
        nonce = number.to_bytes(8, "little")
        if int.from_bytes(h(prefix + nonce), "big") < below:
            header["nonce"] = nonce
            return True
    return False


class Maker:
    """Blocks on any block it made before."""

    def __init__(self, model: Chain, rng: Random) -> None:
        self.model, self.rng = model, rng
        self.wallets: list[Wallet] = [ml_wallet(number) for number in range(WALLETS)]
        self.made: dict[bytes, Kept] = {model.head.hash: model.head}
        self.extra = count()
        self.proofs = ProofMaker(model, rng, self.made, self.draft)

    # ------------------------------------------------------------------ transactions

    def tx(
        self, wallet: Wallet, running: Effects, header: Mapping[str, Any], stored: bool
    ) -> dict[str, Any]:
        """An unsigned transfer that may run next, most likely; at an edge, often."""
        rng, base = self.rng, header["baseFee"]
        nonce, balance = ledger.read(running.state, wallet.address)
        if wallet is slh_wallet():
            return self.slh_tx(nonce)
        max_fee = base + rng.choice([0, 0, 1, rng.randrange(50)])
        tx: dict[str, Any] = {
            "v": 1, "chain": self.model.network["chain"], "kind": "transfer",
            "from": wallet.address, "nonce": nonce, "gas": 0, "maxFee": max_fee,
            "maxTip": rng.choice([0, max_fee, rng.randint(0, max_fee)]),
            "body": {
                "to": self.recipient(wallet),
                "value": rng.choice([0, 1, rng.randrange(10**9)]),
            },
        }  # fmt: skip
        if rng.random() < 0.2:
            tx["keep"] = True
        if rng.random() < 0.2:
            tx["until"] = header["height"] + rng.choice([0, 0, 1, 1000])
        if rng.random() < 0.1:
            tx["access"] = self.access()
        room = header["gasLimit"] - running.gas_used
        brought = {} if stored else {"pk": wallet.public_key}
        self.settle(tx, {"alg": wallet.alg, **brought}, room, balance)
        return tx

    def settle(
        self, tx: dict[str, Any], witness: Mapping[str, Any], room: int, balance: int
    ) -> None:
        """Choose gas and value, sometimes exactly what there is."""
        self.fit_gas(tx, witness)
        tx["gas"] += self.rng.choice([0, 0, 1, self.rng.randrange(50_000)])
        if self.rng.random() < 0.15:
            tx["gas"] = max(0, room)
        if self.rng.random() < 0.15:
            tx["body"]["value"] = max(0, balance - tx["gas"] * tx["maxFee"])
            if self.rng.random() < 0.5:  # the last coin: the account may become no record
                tx["gas"] += 40
                tx["body"]["value"] = max(0, balance - tx["gas"] * tx["maxFee"])

    def fit_gas(self, tx: dict[str, Any], witness: Mapping[str, Any]) -> None:
        """Exactly the intrinsic gas, which depends on its own length."""
        tx["gas"] = 70_000
        for _ in range(4):
            tx["gas"] = ledger.intrinsic_gas(tx, witness)

    def slh_tx(self, nonce: int) -> dict[str, Any]:
        """One of the few transactions that are signed once for the whole run."""
        return {
            "v": 1, "chain": self.model.network["chain"], "kind": "transfer",
            "from": slh_wallet().address, "nonce": nonce, "gas": SLH_GAS, "maxFee": 10**6,
            "maxTip": 3, "keep": True, "body": {"to": ml_wallet(0).address, "value": 5},
        }  # fmt: skip

    def recipient(self, sender: Wallet) -> bytes:
        """An address of a key: an account of ours, the sender, or one that nobody owns."""
        rng = self.rng
        if rng.random() < 0.1:
            return sender.address
        if rng.random() < 0.2:
            digest = h(b"nobody %d" % rng.randrange(12))
            return rng.choice([b"\x10\x03", b"\x10\x02"]) + digest
        return rng.choice(self.wallets).address

    def access(self) -> list[Any]:
        """A valid access list."""
        addresses = sorted(h(b"%d" % n) + b"\x00\x00" for n in range(self.rng.randrange(3)))
        keys = sorted(h(b"k%d" % n) for n in range(self.rng.randrange(3)))
        return [[address, keys] for address in addresses]

    def witness(self, tx: Mapping[str, Any], wallet: Wallet, stored: bool) -> dict[str, Any]:
        """The wallet's witness."""
        made: dict[str, Any] = {"alg": wallet.alg, "sig": wallet.sign(ledger.txid(tx))}
        return made if stored else {**made, "pk": wallet.public_key}

    def signer(self, running: Effects, height: int) -> Wallet:
        """Whose turn it is."""
        slh = slh_wallet()
        since = {entry["alg"]: entry["from"] for entry in self.model.network["alg"]}
        if self.rng.random() < 0.02 and height >= since[slh.alg]:
            nonce, balance = ledger.read(running.state, slh.address)
            if nonce < SLH_TXS and balance:
                return slh
        return self.rng.choice(self.wallets)

    # ------------------------------------------------------------------ blocks

    def draft(self, parent: Kept, time: int | None = None) -> dict[str, Any]:
        """The header of an empty child, as far as it follows from the parent."""
        rng, model, above = self.rng, self.model, parent.header
        rules, before = model.rules, None if parent.parent is None else parent.parent.header
        now = rules.at(above["height"] + 1)
        interval = now.params["target_interval_ms"]
        if time is None:
            time = above["time"] + rng.choice([1, interval, rng.randint(1, 3 * interval)])
        coinbase = (
            rng.choice(self.wallets).address
            if rng.random() < 0.8
            else b"\x10\x02" + h(b"nobody %d" % rng.randrange(12))
        )
        return {
            "v": 1, "chain": model.network["chain"], "height": above["height"] + 1,
            "parent": parent.hash, "time": time, "coinbase": coinbase,
            "gasLimit": now.params["gas_limit"], "gasUsed": 0,
            "baseFee": rules.base_fee_after(above), "blobBytes": 0,
            "blobFee": rules.blob_fee_after(above), "theta": rules.theta_after(above, before),
            "psi": 0, "roots": dict.fromkeys(
                ("state", "txs", "witnesses", "receipts", "proofs", "da"), EMPTY
            ),
            "beacon": {"round": 0, "out": ZERO}, "mix": mix_after(above, ZERO),
            "policy": dict(now.policy), "extra": next(self.extra).to_bytes(4, "big"),
            "nonce": bytes(8),
        }  # fmt: skip

    def empty(self, parent: Kept, time: int | None = None) -> dict[str, Any]:
        """A child without transactions, unfinished."""
        return {"header": self.draft(parent, time), **{name: [] for name in forms.LISTS}}

    def fill(self, block: dict[str, Any], parent: Kept, most: int) -> list[Wallet]:
        """Add up to ``most`` transactions that may run; returns who signs them."""
        header, signers = block["header"], []
        running = Effects(dict(parent.state))
        for _ in range(most):
            wallet = self.signer(running, header["height"])
            stored = ledger.stored_key(parent.state, wallet.address) is not None
            tx = self.tx(wallet, running, header, stored)
            brought = {} if stored else {"pk": wallet.public_key}
            trial = Effects(dict(running.state), gas_used=running.gas_used)
            try:
                gas, _price = ledger.run_tx(trial, tx, {"alg": wallet.alg, **brought}, header)
            except Broken:
                continue
            trial.gas_used += gas
            running = trial
            block["txs"].append(tx)
            block["witnesses"].append(self.witness(tx, wallet, stored))
            signers.append(wallet)
        return signers

    def finish(self, block: dict[str, Any], parent: Kept) -> Kept:
        """Execute, fill in what execution gives, seal."""
        header, rules = block["header"], self.model.rules
        proven = self.model.prove(block, parent)
        block["proofs"], header["psi"] = proven.receipts, proven.psi
        effects = ledger.run(block, parent.state, rules.at(header["height"]), proven)
        header["gasUsed"] = effects.gas_used
        header["roots"].update(
            body_roots(block),
            receipts=receipts_root(effects),
            state=state_root(effects.state),
        )
        assert seal(header)
        work = parent.work + work_of(header)
        return Kept(header_hash(header), block, parent, work, effects)

    def block(self, parent: Kept, *, most: int | None = None, time: int | None = None) -> Kept:
        """A valid child with some transactions and proofs; remembered as made."""
        block = self.empty(parent, time)
        block["envelopes"] = self.proofs.some(block["header"], parent)
        self.fill(block, parent, self.rng.choice([0, 1, 1, 2, 3]) if most is None else most)
        return self.remember(self.finish(block, parent))

    def remember(self, kept: Kept) -> Kept:
        """Blocks may be made on it."""
        self.made[kept.hash] = kept
        return kept

    def copy(self, kept: Kept) -> dict[str, Any]:
        """A block of its own to spoil."""
        return deepcopy(kept.block)
