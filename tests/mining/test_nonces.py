"""The search against a naive one, and against the seal's vectors."""

from __future__ import annotations

import json
from hashlib import sha3_256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.nonces import MOST_SHARES, Order, carry_out, search_range, search_shares

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "seal.json").read_text())["cases"]
PREFIXES = st.binary(min_size=80, max_size=80)


def naive_draw(prefix: bytes, nonce: int) -> int:
    return int(sha3_256(prefix + bytes((nonce >> 8 * i) & 255 for i in range(8))).hexdigest(), 16)


def naive_search(prefix: bytes, start: int, count: int, threshold: int) -> int | None:
    for nonce in range(start, start + count):
        if naive_draw(prefix, nonce) < threshold:
            return nonce
    return None


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["nonce"]))
def test_vectors(case):
    digest, mix = (bytes.fromhex(case[name][2:]) for name in ("header_digest", "mix"))
    prefix = b"animica/seal/v1\x00" + digest + mix
    draw, nonce = int(case["draw"], 16), case["nonce"]
    assert search_range(prefix, nonce, 1, draw + 1) == nonce
    assert search_range(prefix, nonce, 1, draw) is None  # below, not at


@given(
    PREFIXES,
    st.integers(0, 2**64 - 300),
    st.integers(0, 200),
    st.integers(0, 2**256) | st.integers(0, 12).map(lambda bits: 2**256 >> bits),
)
def test_equals_the_naive_search(prefix, start, count, threshold):
    found = search_range(prefix, start, count, threshold)
    assert found == naive_search(prefix, start, count, threshold)


@given(
    PREFIXES,
    st.integers(0, 2**64 - 300),
    st.integers(0, 200),
    st.integers(0, 8).map(lambda bits: 2**256 >> bits),
    st.integers(0, 5).map(lambda bits: 2**256 >> bits) | st.just(0),
)
def test_shares_are_the_draws_between_both_thresholds_up_to_the_seal(
    prefix, start, count, threshold, share_threshold
):
    sealed = naive_search(prefix, start, count, threshold)
    end = start + count if sealed is None else sealed
    draws = {nonce: naive_draw(prefix, nonce) for nonce in range(start, end)}
    wanted = tuple(nonce for nonce, draw in draws.items() if draw < share_threshold)
    found = search_shares(prefix, start, count, threshold, share_threshold)
    assert found == (sealed, wanted[:MOST_SHARES])


def test_shares_of_a_range_are_bounded_and_the_seal_is_found_behind_them():
    prefix, threshold = bytes(80), 2**256 // 2_000
    sealed = naive_search(prefix, 0, 100_000, threshold)
    assert sealed is not None
    assert sealed > 3 * MOST_SHARES
    nonce, found = search_shares(prefix, 0, 100_000, threshold, 2**256 // 2)
    assert (nonce, len(found)) == (sealed, MOST_SHARES)
    missed, _ = search_shares(prefix, 0, sealed, threshold, 2**256 // 2)
    assert missed is None


def test_every_find_of_thousands_of_nonces():
    prefix, threshold = bytes(range(80)), 2**256 // 50
    wanted = [nonce for nonce in range(10_000) if naive_draw(prefix, nonce) < threshold]
    found, start = [], 0
    while (nonce := search_range(prefix, start, 10_000 - start, threshold)) is not None:
        found.append(nonce)
        start = nonce + 1
    assert found == wanted
    assert len(wanted) > 100


def test_thresholds_at_the_ends():
    assert search_range(bytes(80), 7, 5, 2**256) == 7
    assert search_range(bytes(80), 7, 0, 2**256) is None
    assert search_range(bytes(80), 7, 500, 0) is None


def test_nonces_end_at_eight_bytes():
    assert search_range(bytes(80), 2**64 - 1, 10, 0) is None
    assert search_range(bytes(80), 2**64, 10, 2**256) is None


def test_an_order_counts_its_hashes():
    prefix, threshold = bytes(80), 2**256 // 500
    nonce = naive_search(prefix, 3, 100_000, threshold)
    assert nonce is not None
    answer = carry_out(Order(4, prefix, 3, 100_000, threshold))
    assert (answer.job, answer.nonce, answer.hashes) == (4, nonce, nonce - 3 + 1)
    missed = carry_out(Order(5, prefix, 3, nonce - 3, threshold))
    assert (missed.nonce, missed.hashes) == (None, nonce - 3)
    assert answer.shares == missed.shares == ()
    hunted = carry_out(Order(6, prefix, 3, 100_000, threshold, 2**256 // 30))
    assert (hunted.nonce, hunted.hashes) == (nonce, nonce - 3 + 1)
    assert hunted.shares
    assert all(naive_draw(prefix, share) < 2**256 // 30 for share in hunted.shares)
