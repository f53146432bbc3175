"""2,000 junk and 2,000 cheap transactions; ``make campaign-flood`` is the long one."""

from __future__ import annotations

import pytest

from mempool.rules.limits import PoolLimits, Rate, SourceRates
from tests.mempool.flood import BUDGETS, Flood

SLOW = SourceRates(count=Rate(1_000, 600), verifications=Rate(600, 300))


@pytest.fixture
def flood() -> Flood:
    return Flood(PoolLimits(min_fee=1, count=800, rates=SLOW), seed=7)


def test_neither_junk_nor_cheap_transactions_push_out_those_that_pay(flood):
    verified = {}
    for kind, count in (("early", 1_000), ("forged", 1_000), ("cheap", 2_000)):
        before = flood.world.witnesses.asked, flood.report.paying
        flood.pour(kind, count)  # checks that all that pay are there, and the limits
        asked = flood.world.witnesses.asked - before[0]
        verified[kind] = asked - (flood.report.paying - before[1])
    report = flood.report
    assert report.paying == 40 + 4_000 // 100
    assert set(report.outcomes["early"]) <= {
        "cbor.malformed", "cbor.type", "cbor.trailing", "cbor.not_shortest", "cbor.order",
        "field.missing", "field.type", "tx.form", "tx.wrong_chain", "tx.key_mismatch",
        "pool.rate_limited",
    }  # fmt: skip
    assert set(report.outcomes["forged"]) == {"tx.signature"}
    assert {"ready", "pool.source_share", "pool.full"} <= set(report.outcomes["cheap"])
    # What it costs, as far as that can be counted; the campaign measures the time.
    cheap = report.outcomes["cheap"]
    assert verified == {"early": 0, "forged": 1_000, "cheap": cheap["ready"] + cheap["held"]}
    assert all(report.ratio(kind) > 0 for kind in BUDGETS)


def test_a_forger_is_slowed_down():
    rates = SourceRates(count=Rate(1_000, 10_000), verifications=Rate(600, 100))
    flood = Flood(PoolLimits(min_fee=1, count=800, rates=rates), seed=8)
    flood.pour("forged", 1_000)
    outcomes = flood.report.outcomes["forged"]
    assert outcomes["tx.signature"] < 500 < outcomes["pool.rate_limited"]
    assert flood.world.witnesses.asked == outcomes["tx.signature"] + flood.report.paying
