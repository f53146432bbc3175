"""The reference model by itself: it knows nothing of the node, and meets outside numbers."""

from __future__ import annotations

import ast
import json
from hashlib import shake_128
from pathlib import Path

import pytest

from core import cbor
from tests.model import ledger, primitives, proofs
from tests.model.header import HeaderRules
from tests.model.sets import ParamSet

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors"
MODEL = (
    *("primitives", "refusal", "sets", "forms", "header", "tuning", "shares", "proofs", "ledger"),
    "chain",
)
ALLOWED = {
    *("__future__", "collections", "dataclasses", "decimal", "functools", "hashlib", "itertools"),
    "typing",
}


def cases(name: str) -> list[dict]:
    return json.loads((VECTORS / f"{name}.json").read_text())["cases"]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@pytest.mark.parametrize("name", MODEL)
def test_the_model_imports_nothing_of_the_project_but_the_codec(name):
    for node in ast.walk(ast.parse((HERE / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            if node.module == "core":
                assert [alias.name for alias in node.names] == ["cbor"]
                continue
            if node.module == "tests.model":
                assert {alias.name for alias in node.names} <= set(MODEL)
                continue
            modules = [node.module]
        else:
            continue
        for module in modules:
            parts = module.split(".")
            known = parts[0] in {*ALLOWED, "cryptography", "pqcrypto"}
            assert known or (parts[:2] == ["tests", "model"] and parts[2] in MODEL), module


def test_targets():
    for case in cases("target"):
        target = primitives.target(case["micro_nats"])
        assert target == int(case["target"], 16)
        assert (str(2**256 // target) if target else None) == case.get("work")


def test_logarithms():
    mine = [case for case in cases("exact") if "ln1p" in case]
    assert mine
    for case in mine:
        assert primitives.ln1p(*case["ln1p"]) == case["value"]


def test_score_by_hand():
    """Of one unit0 of work, ln 2 = 0.693147 nats; the whole of D; caps; remainders to the last."""
    policy = {"weight_ppm": 500_000, "cap_unat": 400_000, "unit0": 10}
    poies = {"storage_ref_unat": 200_000, "diversity_ppm": 100_000, "gamma_unat": 10**6}
    poies |= {"ai": policy, "quantum": policy, "storage": {**policy, "weight_ppm": 300_000}}
    alphas = dict.fromkeys(("ai", "quantum", "storage"), 10**6)
    only = {"ai": 10**7, "quantum": 0, "storage": 0}
    assert proofs.score(only, alphas, poies) == (
        {"ai": 346_573, "quantum": 0, "storage": 0},
        346_573,
    )
    both = {**only, "storage": 10**7}  # storage: 207,944, above its reference, so 1.1 times all
    expected = {"ai": 381_230, "quantum": 0, "storage": 228_738}
    assert proofs.score(both, alphas, poies) == (expected, 609_968)
    every = dict.fromkeys(both, 10**8)
    assert proofs.score(every, alphas, poies) == (dict.fromkeys(both, 400_000), 10**6)
    assert proofs.shared_out(10, [1, 1, 1, 0]) == [3, 3, 4, 0]
    assert proofs.shared_out(0, [0, 0]) == [0, 0]


def test_lists():
    items = [shake_128(b"vector %d" % number).digest(32) for number in range(2_000)]
    for case in cases("merkle"):
        assert primitives.merkle(items[: case["n"]]) == unhex(case["root"])


def test_retarget():
    for case in cases("retarget"):
        rules = object.__new__(HeaderRules)
        params = {
            "retarget": True,
            "target_interval_ms": case["target"],
            "retarget_tau_ms": case["tau"],
            "retarget_step_unat": case["dmax"],
            "theta_min_unat": case["min"],
            "theta_max_unat": case["max"],
        }
        rules.sets = [ParamSet(0, params, {}, {})]
        above = {"height": 5, "time": 10**12 + case["dt"], "theta": case["theta"]}
        assert rules.theta_after(above, {"time": 10**12}) == case["next"]


def test_transaction_ids():
    for case in cases("transactions"):
        unsigned = cbor.decode(unhex(case["cbor"]), limit=131_072, what="tx")
        assert ledger.txid(unsigned) == unhex(case["txid"])


def test_state_trees():
    for case in cases("state_tree"):
        records = case["records"]
        if records == "i < 1000":
            pairs = {
                shake_128(b"vector %d" % i).digest(32): shake_128(b"vector %d" % (i + 1000)).digest(
                    40
                )
                for i in range(1000)
            }
        else:
            pairs = {unhex(key): unhex(value) for key, value in records.items()}
        assert primitives.tree_root(pairs) == unhex(case["root"])


def test_signatures_of_another_implementation():
    found = json.loads((HERE.parent / "pq" / "slh_dsa_shake_128s.json").read_text())["cases"]
    mine = [case for case in found if bytes.fromhex(case["context"]) == primitives.CONTEXT]
    assert mine
    for case in mine:
        key, message, signature = (
            bytes.fromhex(case[name]) for name in ("public_key", "message", "signature")
        )
        assert primitives.verifies(primitives.SLH_DSA, key, message, signature)
        assert not primitives.verifies(primitives.SLH_DSA, key, message + b"x", signature)
