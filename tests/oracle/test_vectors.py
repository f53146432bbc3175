"""The node held to the vectors that the oracle wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from animica_site import networks
from consensus.rules import fees, issuance, poies
from consensus.rules.retarget import next_theta
from core import exact
from core.network import BaseFeeSplit, Params, Poies, SubsidySplit, TipSplit
from core.proof import NAMES, SCORED
from tests.campaigns import exact as campaign
from tests.oracle import files
from tests.support import fast_network

PARAMS = fast_network().at(0).params


def rows(name: str, key: str = "cases") -> list[dict]:
    found: list[dict] = json.loads(files.path(name).read_text())[key]
    assert len(found) > 100
    return found


def params_of(name: str) -> Params:
    return networks.load(name).at(0).params


def test_targets_and_work():
    for case in rows("target"):
        assert exact.target(case["micro_nats"]) == int(case["target"], 16), case
        if "work" in case:
            assert exact.work(case["micro_nats"]) == int(case["work"]), case
        else:
            with pytest.raises(ValueError, match="target of 0"):
                exact.work(case["micro_nats"])


def test_logarithms():
    for case in rows("exact"):
        if "ln1p" in case:
            assert exact.ln1p(*case["ln1p"]) == case["value"], case
        else:
            assert exact.nlog(int(case["nlog"], 16)) == case["value"], case


@pytest.mark.timeout(60)
def test_twenty_thousand_points_of_the_campaign():
    """The long form is ``make campaign-exact``."""
    counts = campaign.campaign(20_000, seed=Random().randrange(10**9))
    assert counts.total() >= 20_000
    assert len(counts) == 6
    assert min(counts.values()) > 1_000


def test_the_campaign_notices_one_value_that_is_one_off(monkeypatch):
    nlog = exact.nlog
    monkeypatch.setattr(exact, "nlog", lambda u: nlog(u) + (u == 2**256 - 2))
    with pytest.raises(AssertionError, match="nlog"):
        campaign.campaign(1_000, seed=1)


def test_retarget():
    for case in rows("retarget"):
        params = replace(
            PARAMS,
            target_interval_ms=case["target"],
            retarget_tau_ms=case["tau"],
            retarget_step_unat=case["dmax"],
            theta_min_unat=case["min"],
            theta_max_unat=case["max"],
        )
        assert next_theta(case["theta"], case["dt"], params) == case["next"], case


def test_base_fee():
    for case in rows("base_fee"):
        found = fees.next_fee(case["fee"], case["used"], case["limit"], case["floor"])
        assert found == case["next"], case


def test_blob_fee():
    for case in rows("base_fee", "blob"):
        limit = replace(PARAMS, da_k_max=case["kmax"]).blob_bytes_limit
        assert fees.next_fee(case["fee"], case["used"], limit, case["floor"]) == case["next"], case


def test_subsidy():
    for case in rows("issuance"):
        params = replace(
            PARAMS,
            subsidy_start=case["start"],
            subsidy_era_blocks=case["era_blocks"],
            subsidy_decay_ppm=case["decay_ppm"],
            subsidy_tail=case["tail"],
        )
        assert issuance.subsidy(case["height"], params) == case["subsidy"], case


def test_splits():
    for case in rows("issuance", "splits"):
        of, amount, aicf = case["of"], case["amount"], case["aicf_ppm"]
        if of == "subsidy":
            split = SubsidySplit(0, case["shares_ppm"], aicf, case["treasury_ppm"])
            parts = issuance.split_subsidy(amount, split)
        elif of == "base_fee":
            parts = issuance.split_base_fees(amount, BaseFeeSplit(0, case["treasury_ppm"], aicf))
        else:
            parts = issuance.split_tips(amount, TipSplit(0, aicf))
        wanted = {"unminted" if name == "shares" else name: case.get(name, 0) for name in PARTS}
        assert {name: getattr(parts, name) for name in wanted} == wanted, case


PARTS = ("producer", "shares", "aicf", "treasury", "burnt")


# ------------------------------------------------------------------ psi


def poies_of(policy: dict) -> tuple[Poies, dict[int, int]]:
    """The node's form of a case's policy, and α by type."""
    base = fast_network().at(0).poies
    types = {int(kind): values for kind, values in policy["types"].items()}
    works = {
        NAMES[kind]: replace(
            base.work(NAMES[kind]),
            weight_ppm=values["weight"],
            cap_unat=values["cap"],
            unit0=values["unit0"],
        )
        for kind, values in types.items()
    }
    numbers = {"gamma_unat": policy["gamma"], "diversity_ppm": policy["b"]}
    changed = replace(base, storage_ref_unat=policy["storage_ref"], **numbers, **works)
    return changed, {kind: values["alpha"] for kind, values in types.items()}


def test_psi():
    for case in rows("psi"):
        policy, alphas = poies_of(case["policy"])
        found = poies.score([poies.Work(*proof) for proof in case["proofs"]], alphas, policy)
        assert [one.type for one in found.types] == list(SCORED)
        assert [one.work for one in found.types] == case["work"], case
        assert [one.raw for one in found.types] == case["raw"], case
        assert found.multiplier == case["multiplier"], case
        assert [one.multiplied for one in found.types] == case["multiplied"], case
        assert [one.psi for one in found.types] == case["psi"], case
        assert (found.uncapped, found.psi) == (case["sum"], case["total"]), case
        assert list(found.shares) == case["shares"], case


def test_the_shipped_policies_are_among_the_cases():
    stated = [poies_of(case["policy"])[0] for case in rows("psi")]
    for name in networks.NAMES:
        own = networks.load(name).at(0).poies
        assert any(scoring(own) == scoring(policy) for policy in stated), name


def scoring(policy: Poies) -> list[int]:
    """What of a policy says how work is scored."""
    works = [policy.work(NAMES[kind]) for kind in SCORED]
    return [
        *(policy.gamma_unat, policy.diversity_ppm, policy.storage_ref_unat),
        *(number for work in works for number in (work.weight_ppm, work.cap_unat, work.unit0)),
    ]


# ------------------------------------------------------------------ supply


def stated() -> dict[str, dict[str, int]]:
    """The numbers by which the oracle computes each network's supply."""
    return dict(json.loads(files.path("issuance").read_text())["networks"])


def test_the_oracle_knows_the_shipped_networks():
    assert set(stated()) == set(networks.NAMES)
    for name, money in stated().items():
        params = params_of(name)
        split = params.subsidy_split
        assert money["slices"] == networks.load(name).at(0).poies.shares_per_block
        assert money["start"] == params.subsidy_start
        assert money["era_blocks"] == params.subsidy_era_blocks
        assert money["decay_ppm"] == params.subsidy_decay_ppm
        assert money["tail"] == params.subsidy_tail
        assert money["shares_ppm"] == split.shares_ppm
        assert (money["aicf_ppm"], money["treasury_ppm"]) == (split.aicf_ppm, split.treasury_ppm)


def block_mints(height: int, params: Params, *, claimed: bool, slices: int) -> int:
    """What the node's rules mint at a height, with all slices of the share part or with none."""
    parts = issuance.split_subsidy(issuance.subsidy(height, params), params.subsidy_split)
    kept = parts.producer + parts.aicf + parts.treasury
    return kept + (parts.unminted // slices * slices if claimed else 0)


def test_supply_by_era():
    """Era by era: the node's mint at its first and last height, times its blocks, added up."""
    totals: dict[tuple[str, bool], int] = {}
    for case in rows("issuance", "supply"):
        name = case["network"]
        params, slices = params_of(name), stated()[name]["slices"]
        assert issuance.subsidy(case["first"], params) == case["subsidy"]
        assert issuance.subsidy(case["last"], params) == case["subsidy"]
        blocks = case["last"] - case["first"] + 1
        for claimed in (True, False):
            at = (name, claimed)
            mints = block_mints(case["first"], params, claimed=claimed, slices=slices)
            totals[at] = totals.get(at, 0) + mints * blocks
            assert totals[at] == case["all_claimed" if claimed else "none_claimed"], case
            assert totals[at] < 2**63
    assert len(totals) == 6
