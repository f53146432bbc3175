"""A second transaction of the same nonce: dearer in both fees, and not much larger."""

from __future__ import annotations

import pytest

from core.errors import TxRefused
from mempool.rules.limits import REPLACEMENT_BYTES
from mempool.rules.replacement import check_replacement
from tests.mempool.entries import entry
from tests.mempool.world import key

OLD = entry(key(0), 0, arrival=0, max_fee=1_000, max_tip=10)
BETTER = {"max_fee": 1_100, "max_tip": 11}


def wide(slots: int, **changes):
    """An entry with so many declared storage keys, 34 bytes each."""
    keys = tuple(number.to_bytes(32, "big") for number in range(slots))
    access = ((key(5).address, keys),)
    return entry(key(0), 0, arrival=1, access=access, **(changes or BETTER))


def refusal(new, old=OLD) -> TxRefused:
    with pytest.raises(TxRefused) as caught:
        check_replacement(new, old)
    return caught.value


def test_a_dearer_one_of_about_the_same_size_may():
    check_replacement(entry(key(0), 0, arrival=1, **BETTER), OLD)


def test_growth_is_bounded_by_twice_the_size():
    least, most = 1, 1_000
    while most - least > 1:  # the widest that is still let in
        middle = (least + most) // 2
        fits = wide(middle).size <= 2 * OLD.size
        least, most = (middle, most) if fits else (least, middle)
    assert 2 * OLD.size > OLD.size + REPLACEMENT_BYTES
    check_replacement(wide(least), OLD)
    refused = refusal(wide(most))
    assert refused.code == "pool.replacement_too_large"
    assert refused.facts["most"] == 2 * OLD.size


def test_a_small_one_may_grow_by_four_kib():
    stored = key(0).public_key  # the chain has it, so that transactions go without
    small = entry(key(0), 0, arrival=0).fitted(stored)
    grown = wide(110).fitted(stored)
    assert 2 * small.size < grown.size <= small.size + REPLACEMENT_BYTES
    check_replacement(grown, small)
    refused = refusal(wide(130).fitted(stored), small)
    assert refused.facts["most"] == small.size + REPLACEMENT_BYTES


def test_of_two_faults_the_fee_is_named_first():
    assert refusal(wide(900, max_fee=1_099, max_tip=11)).code == "pool.replacement_underpriced"


def test_submitted(world):
    old = world.submit()
    keys = tuple(number.to_bytes(32, "big") for number in range(200))
    access = ((key(5).address, keys),)
    with pytest.raises(TxRefused) as caught:
        world.submit(max_fee=1_100, max_tip=11, gas=1_000_000, access=access)
    assert caught.value.code == "pool.replacement_too_large"
    assert world.held() == {old: "ready"}
