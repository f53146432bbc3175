"""Fourteen reorganisations and seven restarts; ``make campaign-churn`` is the long one."""

from __future__ import annotations

import pytest

from mempool.models import PoolTx
from tests.mempool import churn

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", ["s0", "s1", "s2"])
def test_no_valid_transaction_is_lost(seed):
    PoolTx.objects.all().delete()
    counts = churn.play(seed, reorgs=14, restarts=7)
    assert (counts["reorganisations"], counts["restarts"]) == (14, 7)
    for what in ("transactions returned", "left: tx.nonce_low", "left: tx.expired"):
        assert counts[what] > 20, what
    assert counts["wait at a verdict"] > 100
