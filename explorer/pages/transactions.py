"""One transaction: where it is and why, what it says, what it did and paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chain import queries
from chain.errors import Pruned
from chain.service import snapshot
from chain.values import Part, TxOutcome
from consensus import service as consensus
from core import receipt
from core.errors import registered
from core.limits import ADDRESS_BYTES
from core.network import PPM, Params
from core.tx import SignedTx, UnsignedTx
from execution import reasons
from explorer import format, reading
from explorer.errors import NothingFound
from explorer.frame import SAFE_DEPTH, Frame, frame
from explorer.pages import read
from mempool import service as mempool
from pq.algorithms import ALGORITHM_NAMES

_OUTCOMES = {
    receipt.OK: ("succeeded", "good"),
    receipt.REVERTED: ("reverted", "bad"),
    receipt.OUT_OF_GAS: ("out of gas", "bad"),
}
_LONG_BYTES = 256
_FAILED = {
    receipt.REVERTED: "It was undone by the account it called, and paid for the gas it used. ",
    receipt.OUT_OF_GAS: "It needed more gas than it brought, so it was undone and paid for all of "
    "it. ",
}


@dataclass(frozen=True)
class Standing:
    """Where a transaction is: a word, its tone (good, bad, wait), a sentence, the next step."""

    word: str
    tone: str
    sentence: str
    hint: str = ""
    code: str = ""


@dataclass(frozen=True)
class FeeParts:
    """Who gets base fees and tips, in ppm. The remainders belong to burn and producer."""

    burn: int
    base_treasury: int
    base_aicf: int
    tip_producer: int
    tip_aicf: int


@dataclass(frozen=True)
class Field:
    """One entry of a body: an address (bytes), an amount (nANM), or text.

    ``size`` is the length in bytes of what shows as hex.
    """

    name: str
    address: bytes | None = None
    amount: int | None = None
    text: str = ""
    size: int = 0

    @property
    def long(self) -> bool:
        """Is it better folded?"""
        return self.size > _LONG_BYTES


def context(ref: str) -> dict[str, Any]:
    """One transaction by txid. Raises ``NothingFound``."""
    txid = _txid(ref)
    with snapshot():
        now = frame()
        mined = queries.outcome(txid)
    if mined is None:
        return _unmined(txid, now)
    return _mined(mined, now)


def raw(ref: str) -> tuple[str, bytes]:
    """File name and canonical encoding of a transaction. Raises ``NothingFound``, ``Pruned``."""
    txid = _txid(ref)
    found = queries.tx(txid) or mempool.current().get(txid) or queries.tx(txid)
    if found is None:
        raise NothingFound("this node does not have this transaction")
    if found.tx is None:
        raise queries.pruned(Part.WITNESSES, found.outcome.height)
    return f"tx-{txid.hex()[:16]}.cbor", found.tx.raw


def _txid(ref: str) -> bytes:
    txid = reading.hash32(ref)
    if txid is None:
        raise NothingFound(f"{format.short(ref)} is no txid: a txid has 64 hex digits")
    return txid


def _unmined(txid: bytes, now: Frame) -> dict[str, Any]:
    pool = mempool.current()
    if (pooled := pool.get(txid)) is not None:
        if pooled.state == "held":
            standing = Standing("held", "wait", _sentence(pooled.reason or "a nonce is missing"))
        else:
            text = pooled.reason or "the next block may take it"
            standing = Standing("pending", "wait", _sentence(text))
        shown = {"pooled": pooled, "waits": True}
        shown |= read.of_waiting(pooled.tx.unsigned)
        return {"frame": now, "txid": txid, "standing": standing, **_decoded(pooled.tx), **shown}
    # It may have left the pool for a block since the ledger was asked.
    if (mined := queries.outcome(txid)) is not None:
        return _mined(mined, frame())
    if (drop := pool.dropped(txid)) is not None:
        rule = registered().get(drop.code)
        standing = Standing(
            "dropped", "bad", _sentence(drop.reason), rule.hint if rule else "", drop.code
        )
        return {"frame": now, "txid": txid, "standing": standing, "dropped": drop}
    raise NothingFound(
        f"this node knows no transaction {format.short(format.hex0x(txid))}; it may not have "
        "arrived here, or was dropped long ago"
    )


def _mined(mined: TxOutcome, now: Frame) -> dict[str, Any]:
    depth = max(0, now.height - mined.height)
    word, tone = _OUTCOMES[mined.receipt.status]
    settled = (
        "deep enough to count as settled"
        if depth >= SAFE_DEPTH
        else f"readers usually wait for {SAFE_DEPTH}"
    )
    why = reasons.explain(mined.receipt.status, mined.receipt.ret.decode("utf-8", "replace"))
    sentence = (
        f"{_FAILED.get(mined.receipt.status, '')}It is in block {format.grouped(mined.height)}, "
        f"with {_count(depth, 'block')} on top of it: {settled}."
    )
    charge = mined.charge
    return {
        "frame": now,
        "txid": mined.txid,
        "standing": Standing(word, tone, sentence),
        "why": why,
        "mined": mined,
        "fee": charge.base_fee_paid + charge.tip_paid,
        "fee_parts": fee_parts(consensus.current().network.at(mined.height).params),
        "waits": depth < SAFE_DEPTH,
        **_kept(mined),
    }


def _kept(mined: TxOutcome) -> dict[str, Any]:
    """What this node still has of a mined transaction's own bytes, and what they mean."""
    try:
        view = queries.tx(mined.txid)
    except Pruned as refusal:
        return {"pruned": refusal, **read.of_mined(mined, None)}
    if view is None:  # a reorganisation took it back a moment ago
        return {}
    meant = read.of_mined(mined, view.unsigned)
    if view.tx is None:
        gone = queries.pruned(Part.WITNESSES, view.outcome.height)
        return {"pruned": gone, **_said(view.unsigned), **meant}
    return {**_decoded(view.tx), **meant}


def _decoded(tx: SignedTx) -> dict[str, Any]:
    name = ALGORITHM_NAMES.get(tx.witness.alg, str(tx.witness.alg))
    return {"tx": tx, "alg_name": name, **_said(tx.unsigned)}


def _said(unsigned: UnsignedTx) -> dict[str, Any]:
    return {"unsigned": unsigned, "body": body_fields(unsigned.body)}


def fee_parts(params: Params) -> FeeParts:
    """How this network divides what transactions pay."""
    base, tip = params.base_fee_split, params.tip_split
    return FeeParts(
        burn=PPM - base.treasury_ppm - base.aicf_ppm,
        base_treasury=base.treasury_ppm,
        base_aicf=base.aicf_ppm,
        tip_producer=PPM - tip.aicf_ppm,
        tip_aicf=tip.aicf_ppm,
    )


def body_fields(body: Mapping[str, Any]) -> list[Field]:
    """A body's entries for readers, in the order of its encoding."""
    fields = []
    for name, value in body.items():
        if isinstance(value, bytes) and len(value) == ADDRESS_BYTES:
            fields.append(Field(name, address=value))
        elif isinstance(value, bytes):
            fields.append(Field(name, text=format.hex0x(value), size=len(value)))
        elif name == "value" and isinstance(value, int):
            fields.append(Field(name, amount=value))
        else:
            fields.append(Field(name, text=str(value)))
    return fields


def _count(number: int, noun: str) -> str:
    return f"{format.grouped(number)} {noun}{'' if number == 1 else 's'}"


def _sentence(text: str) -> str:
    """A reason as a sentence: capital in front, full stop behind."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
