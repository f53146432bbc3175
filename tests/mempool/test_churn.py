"""Ten reorganisations and two restarts; ``make campaign-churn`` is the long one."""

from __future__ import annotations

import pytest

from tests.mempool import churn

pytestmark = pytest.mark.django_db


def test_no_valid_transaction_is_lost():
    counts = churn.play("suite", reorgs=12, restarts=2)
    assert counts["transactions returned"] > 20
    assert counts["left: tx.nonce_low"] > 20
    assert counts["left: tx.expired"] > 2
    assert counts["wait at a verdict"] > 100
