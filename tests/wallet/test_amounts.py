from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.amounts import parse_anm, parse_nanm, show_anm
from wallet.errors import AmountRefused


@pytest.mark.parametrize(
    ("text", "nanm"),
    [
        ("1.5", 1_500_000_000),
        ("0", 0),
        ("0.000000001", 1),
        ("00.10", 100_000_000),
        ("18446744073.709551615", 2**64 - 1),
    ],
)
def test_anm_text_is_read_exactly(text, nanm):
    assert parse_anm(text) == nanm


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e3",
        "1,5",
        "1_000",
        " 1",
        "1\n",
        "0.0000000001",
        "nan",
        "٣",
        "18446744073.709551616",
        "9" * 21,
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(AmountRefused):
        parse_anm(text)


@pytest.mark.parametrize("text", ["", "1.5", "-1", "1e3", str(2**64), "٣", "1 "])
def test_what_is_no_whole_nanm_is_refused(text):
    with pytest.raises(AmountRefused):
        parse_nanm(text)


@given(st.integers(0, 2**64 - 1))
def test_shown_amounts_read_back_and_agree_with_decimal(nanm):
    number, unit = show_anm(nanm).split()
    assert unit == "ANM"
    assert Decimal(number) * 10**9 == nanm
    assert parse_anm(number) == nanm
    assert parse_nanm(str(nanm)) == nanm
