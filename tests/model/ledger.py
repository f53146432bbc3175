"""What a block does: transactions on dicts, fees, subsidy, receipts.

Chapters: transactions.md, gas.md, fees.md, state.md, proofs.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import cbor
from tests.model import forms, proofs, tuning
from tests.model.primitives import (
    AICF,
    KEY_BYTES,
    ML_DSA,
    SLH_DSA,
    TREASURY,
    RecordId,
    address_of,
    h,
    t,
    verifies,
)
from tests.model.proofs import Proven
from tests.model.refusal import need
from tests.model.sets import ParamSet

WEIGHT = {ML_DSA: 3_400, SLH_DSA: 7_950}
MILLION = 10**6


def read(records: Mapping[RecordId, bytes], address: bytes) -> tuple[int, int]:
    """Nonce and balance of an account."""
    value = records.get(("account", address))
    if value is None:
        return 0, 0
    account = cbor.decode(value, limit=128, what="account")
    return account["nonce"], account["balance"]


def write(records: dict[RecordId, bytes], address: bytes, nonce: int, balance: int) -> None:
    """Set an account; the default one is no record."""
    assert 0 <= balance < 2**63
    if nonce == 0 and balance == 0:
        records.pop(("account", address), None)
    else:
        records["account", address] = cbor.encode({"nonce": nonce, "balance": balance})


def stored_key(records: Mapping[RecordId, bytes], address: bytes) -> bytes | None:
    """The public key that the state holds for an address."""
    value = records.get(("key", address))
    return None if value is None else cbor.decode(value, limit=4_200, what="key")


def txid(unsigned: Mapping[str, Any]) -> bytes:
    """The name of a transaction."""
    return t("animica/tx/v1", cbor.encode(dict(unsigned)))


def intrinsic_gas(unsigned: Mapping[str, Any], witness: Mapping[str, Any]) -> int:
    """Gas that is due before anything runs; of a transfer, all of it."""
    brought = len(witness.get("pk", b""))
    gas = 6_000 + 10 * (len(cbor.encode(dict(unsigned))) + WEIGHT[witness["alg"]] + brought)
    if "keep" in unsigned:
        gas += 50 * brought
    for _, keys in unsigned.get("access", []):
        gas += 2_400 + 1_900 * len(keys)
    return gas + 3_000


def check_forms(
    block: Mapping[str, Any], parent_state: Mapping[RecordId, bytes], network: Mapping[str, Any]
) -> None:
    """Rules 2 to 10 for each transaction, then 11 for each; raises ``Broken``."""
    height = block["header"]["height"]
    pairs = list(zip(block["txs"], block["witnesses"], strict=True))
    for tx, witness in pairs:
        _check_form(tx, witness, height, parent_state, network)
    for tx, witness in pairs:
        key = witness.get("pk") or stored_key(parent_state, tx["from"])
        need(verifies(witness["alg"], key, txid(tx), witness["sig"]), "tx.signature")


def _check_form(
    tx: Mapping[str, Any],
    witness: Mapping[str, Any],
    height: int,
    parent_state: Mapping[RecordId, bytes],
    network: Mapping[str, Any],
) -> None:
    need(tx["chain"] == network["chain"], "tx.wrong_chain")
    need(tx["kind"] == "transfer", "tx.kind_unknown")
    forms.transfer(tx["body"])
    need("maxBlobFee" not in tx, "tx.blob_fee_unused")
    need(tx.get("until", height) >= height, "tx.expired")
    alg = witness["alg"]
    since = {entry["alg"]: entry["from"] for entry in network["alg"]}
    need(alg in since and height >= since[alg], "tx.alg_not_allowed")
    stored, brought = stored_key(parent_state, tx["from"]), witness.get("pk")
    need(stored is not None or brought is not None, "tx.key_missing")
    need(stored is None or brought is None, "tx.key_superfluous")
    key = brought if stored is None else stored
    need(len(key) == KEY_BYTES[alg] and address_of(alg, key) == tx["from"], "tx.key_mismatch")


@dataclass
class Effects:
    """A block's end: the state, receipts in order (the system's last), gas and money.

    ``charges`` has price, base part and tip of each transaction.
    """

    state: dict[RecordId, bytes]
    receipts: list[dict[str, Any]] = field(default_factory=list)
    charges: list[tuple[int, int, int]] = field(default_factory=list)
    gas_used: int = 0
    minted: int = 0
    burnt: int = 0


def run(
    block: Mapping[str, Any],
    parent_state: Mapping[RecordId, bytes],
    rules: ParamSet,
    proven: Proven,
) -> Effects:
    """Run a block on its parent's state; raises ``Broken`` for rules 12 to 17."""
    header = block["header"]
    effects = Effects(dict(parent_state))
    base_parts = tips = 0
    for tx, witness in zip(block["txs"], block["witnesses"], strict=True):
        gas, price = run_tx(effects, tx, witness, header)
        effects.gas_used += gas
        base_part, tip = gas * header["baseFee"], gas * (price - header["baseFee"])
        base_parts += base_part
        tips += tip
        effects.charges.append((price, base_part, tip))
        effects.receipts.append({"status": 0, "gasUsed": gas, "logs": [], "ret": b""})
    logs = _end(effects, header, rules, proven, base_parts, tips)
    effects.receipts.append({"status": 0, "gasUsed": 0, "logs": logs, "ret": b""})
    return effects


def run_tx(
    effects: Effects,
    tx: Mapping[str, Any],
    witness: Mapping[str, Any],
    header: Mapping[str, Any],
) -> tuple[int, int]:
    """Run one transaction; returns gas used and price, raises ``Broken``."""
    state, sender, base = effects.state, tx["from"], header["baseFee"]
    nonce, balance = read(state, sender)
    need(tx["nonce"] >= nonce, "tx.nonce_low")
    need(tx["nonce"] <= nonce, "tx.nonce_gap")
    need(tx["maxFee"] >= base, "tx.fee_below_base")
    need(tx["maxTip"] <= tx["maxFee"], "tx.tip_above_fee")
    used = intrinsic_gas(tx, witness)
    need(used <= tx["gas"], "tx.gas_below_intrinsic")
    need(tx["gas"] <= header["gasLimit"] - effects.gas_used, "tx.gas_above_limit")
    value = tx["body"]["value"]
    need(balance >= tx["gas"] * tx["maxFee"] + value, "tx.insufficient_funds")
    price = base + min(tx["maxTip"], tx["maxFee"] - base)
    write(state, sender, nonce + 1, balance - used * price - value)
    if "keep" in tx and "pk" in witness:
        state["key", sender] = cbor.encode(witness["pk"])
    to_nonce, to_balance = read(state, tx["body"]["to"])
    write(state, tx["body"]["to"], to_nonce, to_balance + value)
    return used, price


def subsidy(height: int, params: Mapping[str, Any]) -> int:
    """New money of a block, era by era."""
    amount: int = params["subsidy_start"]
    if params["subsidy_era_blocks"] == 0:
        return amount
    for _ in range((height - 1) // params["subsidy_era_blocks"]):
        amount = amount * (MILLION - params["subsidy_decay_ppm"]) // MILLION
    return max(amount, int(params["subsidy_tail"]))


def _end(
    effects: Effects,
    header: Mapping[str, Any],
    rules: ParamSet,
    proven: Proven,
    base: int,
    tips: int,
) -> list[dict[str, Any]]:
    """The block's end, step by step; returns the logs of the system receipt."""
    proofs.note_used(effects.state, proven)
    proofs.count(effects.state, proven)
    logs = _settle(effects, header, rules.params, base, tips)
    logs += _pay_shares(effects, header, rules, proven)
    if header["height"] % rules.params["epoch_blocks"] == 0:
        logs.append(_tune(effects.state, rules))
    proofs.forget(effects.state, header["height"])
    return logs


def _settle(
    effects: Effects, header: Mapping[str, Any], params: Mapping[str, Any], base: int, tips: int
) -> list[dict[str, Any]]:
    """Split base parts, tips and subsidy."""
    part = params["base_fee_split"]
    base_treasury = base * part["treasury_ppm"] // MILLION
    base_aicf = base * part["aicf_ppm"] // MILLION
    burnt = base - base_treasury - base_aicf
    tip_aicf = tips * params["tip_split"]["aicf_ppm"] // MILLION
    new, part = subsidy(header["height"], params), params["subsidy_split"]
    new_aicf = new * part["aicf_ppm"] // MILLION
    new_treasury = new * part["treasury_ppm"] // MILLION
    shares = new * part["shares_ppm"] // MILLION
    effects.burnt, effects.minted = burnt, new - shares
    producer = header["coinbase"]
    steps: Sequence[tuple[str, bytes | None, int]] = [
        ("baseFee", AICF, base_aicf),
        ("baseFee", TREASURY, base_treasury),
        ("baseFee", None, burnt),
        ("tip", producer, tips - tip_aicf),
        ("tip", AICF, tip_aicf),
        ("subsidy", producer, new - shares - new_aicf - new_treasury),
        ("subsidy", AICF, new_aicf),
        ("subsidy", TREASURY, new_treasury),
    ]
    return [_pay(effects, *step) for step in steps if step[2] > 0]


def _pay_shares(
    effects: Effects, header: Mapping[str, Any], rules: ParamSet, proven: Proven
) -> list[dict[str, Any]]:
    """Each share's slice, once for each payee in the order of their first share."""
    new = subsidy(header["height"], rules.params)
    part = new * rules.params["subsidy_split"]["shares_ppm"] // MILLION
    slice_ = part // rules.poies["shares_per_block"]
    payees = [each["payee"] for each in proven.receipts if each["type"] == proofs.SHARE]
    effects.minted += slice_ * len(payees)
    return [
        _pay(effects, "share", payee, slice_ * payees.count(payee))
        for payee in dict.fromkeys(payees)
        if slice_
    ]


def _tune(state: dict[RecordId, bytes], rules: ParamSet) -> dict[str, Any]:
    """At an epoch's end."""
    ended = tuning.read(state)
    after = tuning.after_epoch(ended, rules.params, rules.poies)
    tuning.write(state, after)
    told = {"alpha": after["alpha"], "offset": after["offset"], "shares": ended["shares"]}
    return _event("tune", TREASURY, told)


def _pay(effects: Effects, source: str, to: bytes | None, amount: int) -> dict[str, Any]:
    data: dict[str, Any] = {"amount": amount, "source": source}
    if to is not None:
        nonce, balance = read(effects.state, to)
        write(effects.state, to, nonce, balance + amount)
        data["to"] = to
    return _event("burn" if to is None else "credit", AICF if to == AICF else TREASURY, data)


def _event(name: str, address: bytes, data: dict[str, Any]) -> dict[str, Any]:
    return {"address": address, "topics": [h(name.encode("ascii"))], "data": cbor.encode(data)}
