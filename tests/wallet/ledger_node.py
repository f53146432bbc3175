"""A node's doors over the workbench's ledger: transactions that arrive are verified and run.

Proofs are real trees under sealed headers, so that the wallet's checks have something to check.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core import cbor, receipt
from core.errors import TxRefused
from core.hashing import sha3
from core.tx import SignedTx, UnsignedTx, Witness
from execution import accounts, transaction, validity
from execution.validity import Prices
from execution.view import View
from pq.addresses import from_text, to_text
from pq.devnet_keys import CHAIN, key
from tests.wallet.played import Pages, PlayedNode, Refusal, header_over, proof_answer, sealed
from workbench.ledger import KINDS, Ledger, Numbers

HASH = "0x" + "11" * 32
SPLIT = {"burnPpm": 500_000, "treasuryPpm": 250_000, "aicfPpm": 250_000}


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def unhexed(text: str) -> bytes:
    assert text.startswith("0x")
    return bytes.fromhex(text[2:])


class LedgerNode:
    """``played`` is to be served; ``ledger`` is the state; ``sent`` what has arrived."""

    def __init__(self, *, chain: int = CHAIN, funded: int = 3) -> None:
        self.ledger = Ledger(Numbers(chain=chain, base_fee=2))
        for index in range(funded):
            self.ledger.set_balance(key(index).address, 10**15)
        self.sent: list[SignedTx] = []
        self.receipts: dict[str, dict[str, Any]] = {}
        self.lies: dict[str, Any] = {}
        self.played = PlayedNode(
            {
                "chain.getChainId": chain,
                "chain.getHead": self.head,
                "chain.getParams": {"params": {"baseFeeSplit": SPLIT}},
                "state.getAccount": self.account,
                "state.getNonce": lambda p: self.ledger.account(from_text(p["address"])).nonce,
                "state.getProof": self.proof,
                "state.call": self.call,
                "state.getCode": self.code,
                "state.getStorage": self.storage,
                "tx.estimateGas": self.estimate,
                "tx.sendRawTransaction": self.take,
                "tx.getTransactionReceipt": lambda p: self.receipts.get(p["txid"]),
                "tx.getStatus": {"state": "pending"},
            }
        )

    def head(self, _):
        ledger = self.ledger
        return {"height": ledger.height, "hash": HASH, "time": ledger.time, "baseFee": "2"}

    def account(self, params):
        found = self.ledger.account(from_text(params["address"]))
        return {
            "address": params["address"],
            "nonce": found.nonce,
            "balance": str(found.balance),
            "code": None if found.code is None else hexed(found.code),
            "keyStored": self.ledger.get("key", from_text(params["address"])) is not None,
            "height": self.ledger.height,
        }

    def proof(self, params):
        if "address" in params:
            module, record = "account", from_text(params["address"])
        else:
            module, record = params["module"], unhexed(params["id"])
        pages = Pages(dict(self.ledger.snapshot().records))
        drafted = header_over(pages.root, height=max(1, self.ledger.height))
        header = sealed(replace(drafted, chain=self.ledger.numbers.chain))
        return proof_answer(pages, header, module, record)

    def call(self, params):
        ran = self.ledger.read(
            from_text(params.get("sender", params["to"])),
            from_text(params["to"]),
            unhexed(params["data"]),
            int(params.get("value", "0")),
        )
        failed = ran.status == receipt.REVERTED
        return {
            "status": ran.status,
            "ret": hexed(ran.ret),
            "reason": ran.ret.decode() if failed else None,
            "gasUsed": ran.gas_used,
            "logs": logs_view(ran.logs),
        }

    def code(self, params):
        code = self.ledger.account(from_text(params["address"])).code
        if code is None:
            return None
        source = cbor.decode_own(self.ledger.get("code", code))
        return {"hash": hexed(code), "source": source.decode(), "interface": {}, **self.lies}

    def storage(self, params):
        record = from_text(params["address"]) + sha3(unhexed(params["slot"]))
        value = self.ledger.get("storage", record)
        return {"value": None if value is None else hexed(value)}

    def estimate(self, params):
        sender = from_text(params["from"])
        names = {"deploy": ("code", "args"), "call": ("data",)}[params["kind"]]
        body: dict[str, Any] = {name: unhexed(params[name]) for name in names}
        body["value"] = int(params["value"])
        if "to" in params:
            body["to"] = from_text(params["to"])
        unsigned = UnsignedTx(
            chain=self.ledger.numbers.chain,
            kind=params["kind"],
            sender=sender,
            nonce=self.ledger.account(sender).nonce,
            gas=self.ledger.numbers.gas_limit,
            max_fee=200,
            max_tip=1,
            body=body,
            keep=params["keep"],
        )
        pk = None if self.ledger.get("key", sender) else key(0).public_key
        try:
            done = self.run(View(self.ledger), SignedTx(unsigned, Witness(0x1003, b"", pk)))
        except TxRefused as error:
            raise Refusal(-32000, "refused", error.view()) from None
        if done.status != receipt.OK:
            reason = done.ret.decode()
            data = {"code": "contract.reverted", "reason": f"it would fail: {reason}", "hint": "h"}
            raise Refusal(-32000, "refused", data)
        return {"gas": done.gas_used * 64 // 63}

    def run(self, view: View, tx: SignedTx):
        body = KINDS[tx.unsigned.kind](tx.unsigned.body)
        prices = Prices(2, 1, self.ledger.numbers.gas_limit)
        self.applied = transaction.apply_tx(view, tx, body, prices, self.ledger._setting(None))
        return self.applied.receipt

    def take(self, params):
        tx = SignedTx.decode(unhexed(params["raw"]))
        stored = accounts.decode_key(self.ledger.get("key", tx.unsigned.sender))
        validity.check_signature(tx, validity.check_key(tx, stored, in_block=True))
        view = View(self.ledger)
        done = self.run(view, tx)
        self.ledger._store(view.changes()[0])
        self.ledger.advance(1, None)
        self.sent.append(tx)
        applied = self.applied
        self.receipts[hexed(tx.txid)] = {
            "status": done.status,
            "gasUsed": done.gas_used,
            "blockHash": HASH,
            "height": self.ledger.height,
            "index": 0,
            "feePaid": str(applied.base_fee_paid + applied.tip_paid),
            "baseFeePaid": str(applied.base_fee_paid),
            "tipPaid": str(applied.tip_paid),
            "logs": logs_view(done.logs),
            "ret": hexed(done.ret),
        }
        return {"txid": hexed(tx.txid), "state": "ready"}


def logs_view(logs):
    return [
        {
            "address": to_text(log.address),
            "topics": [hexed(topic) for topic in log.topics],
            "data": hexed(log.data),
        }
        for log in logs
    ]
