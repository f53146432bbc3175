"""Whatever comes in: a checked tree or a refusal; and what is accepted is Python."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.lang import parse_and_check
from execution.lang.errors import SourceRefused
from tests.execution.lang.kitchen import SOURCE

PIECES = [piece.encode() for piece in re.findall(r"\n *|\w+|\"\"\"|[^\w\s]+| ", SOURCE.decode())]
LINES = SOURCE.split(b"\n")


def checked(source: bytes) -> bool:
    """Is it accepted? Anything but a refusal with its place and advice is a failure."""
    try:
        parse_and_check(source)
    except SourceRefused as refused:
        lines = source.split(b"\n")
        assert 1 <= refused.line <= len(lines) + 1
        assert 1 <= refused.column <= len([*lines, b""][refused.line - 1]) + 1
        assert refused.reason and refused.instead
        return False
    compile(source, "contract", "exec")
    return True


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_any_bytes(source):
    checked(source)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(sorted(set(PIECES))), max_size=40).map(b"".join))
def test_soup_of_tokens(source):
    checked(source)
    checked(b"def f():\n    " + source)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_contract_with_pieces_exchanged(data):
    pieces = list(PIECES)
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(pieces) - 1))
        pieces[at] = data.draw(st.sampled_from(PIECES))
    checked(b"".join(pieces))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_contract_without_a_line_or_with_one_twice(data):
    lines = list(LINES)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = data.draw(st.sampled_from([[], [lines[at]] * 2, [b"    " + lines[at]]]))
    checked(b"\n".join(lines))


@pytest.mark.parametrize("at", range(0, len(SOURCE), 97))
def test_a_contract_that_breaks_off(at):
    checked(SOURCE[:at])


def test_the_same_source_gives_the_same_tree():
    assert parse_and_check(SOURCE) == parse_and_check(bytes(SOURCE))
