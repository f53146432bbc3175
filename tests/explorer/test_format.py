"""Numbers as text: exact, and checked against the standard library's own decimals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import format

U64 = st.integers(0, 2**64 - 1)


@given(U64)
def test_amounts_lose_nothing(amount):
    shown = Decimal(format.anm(amount).replace("\u202f", ""))
    assert shown * 10**9 == amount


def test_amounts_read_as_people_write_them():
    assert format.anm(0) == "0"
    assert format.anm(1) == "0.000000001"
    assert format.anm(1_500_000_000) == "1.5"
    assert format.anm(1_234_567 * 10**9) == "1\u202f234\u202f567"


@given(U64)
def test_scores_and_shares_lose_nothing(number):
    assert Decimal(format.nats(number)) * 10**6 == number
    assert Decimal(format.percent(number).removesuffix(" %")) * 10**4 == number


@given(st.integers(0, 253_402_300_799_999))
def test_times_are_utc_to_the_millisecond(time_ms):
    moment = datetime.fromisoformat(format.utc_iso(time_ms))
    assert moment.tzinfo is not None
    assert round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) == time_ms
    assert format.utc_text(time_ms) == moment.strftime("%Y-%m-%d %H:%M:%S")


def test_times_beyond_the_calendar_do_not_fail():
    assert format.utc_iso(2**64 - 1) == ""
    assert format.utc_text(2**64 - 1) == f"{2**64 - 1} ms"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "0.0 s"),
        (1_850, "1.8 s"),
        (10_000, "10 s"),
        (65_000, "1 min 5 s"),
        (3_600_000, "1 h"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_durations(span, text):
    assert format.duration(span) == text


def test_sizes_and_cuts():
    assert format.size(999) == "999 B"
    assert format.size(5_431) == "5.4 kB"
    assert format.size(8_000_000) == "8.0 MB"
    assert format.short("0x" + "ab" * 32) == "0xabababab…ababab"
    assert format.short("0x1234") == "0x1234"
