from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import receipt
from execution.reasons import OUT_OF_GAS, explain

SPEC = (Path(__file__).parents[2] / "docs/spec/contracts.md").read_text("utf-8")


def spec_reasons() -> set[str]:
    rows = [row for row in SPEC.splitlines() if row.startswith("| `vm.")]
    return {name for row in rows for name in re.findall(r"`(vm\.[a-z_]+)", row.split(" | ")[0])}


def test_every_reason_of_the_chapter_has_its_own_sentence():
    reasons = spec_reasons() | {"vm.assert"}
    assert len(reasons) > 20
    told = {reason: explain(receipt.REVERTED, reason) for reason in reasons}
    assert len({one.sentence for one in told.values()}) == len(reasons)
    assert not [reason for reason, one in told.items() if reason in one.sentence]


@pytest.mark.parametrize("reason", ["insufficient balance", "vm.no_such", "vm", ""])
def test_other_reasons_are_the_contracts_own(reason):
    told = explain(receipt.REVERTED, reason)
    assert told.sentence.startswith("the contract refused")
    assert reason in told.sentence


def test_details_are_kept():
    assert "(amount)" in explain(receipt.REVERTED, "vm.argument: amount").sentence
    assert "(beacon)" in explain(receipt.REVERTED, "vm.inactive: beacon").sentence


def test_success_needs_no_explanation_and_running_out_has_one():
    assert explain(receipt.OK, "") is None
    assert explain(receipt.OUT_OF_GAS, "") is OUT_OF_GAS
