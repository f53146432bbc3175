"""The algorithm policy as a value and as a map."""

import pytest

from core.errors import EncodingRefused
from pq.policy import AlgPolicy

POLICY = AlgPolicy(((0x1002, 100), (0x1003, 0)))
MAP = {"algs": [{"alg": 0x1002, "from": 100}, {"alg": 0x1003, "from": 0}]}


def test_allows_from_the_height_on():
    assert not POLICY.allows(0x1002, 99)
    assert POLICY.allows(0x1002, 100)
    assert POLICY.allows(0x1002, 2**64 - 1)
    assert POLICY.allows(0x1003, 0)
    for other in (0, 0x1001, 0x2001, -1):
        assert not POLICY.allows(other, 10**6)


def test_map_form():
    assert POLICY.to_map() == MAP
    assert AlgPolicy.from_map(MAP) == POLICY


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "algs"),
        ({}, "algs"),
        ({"algs": [], "more": 1}, "algs"),
        ({"algs": {}}, "algs"),
        ({"algs": []}, "algs"),
        ({"algs": [1]}, "algs"),
        ({"algs": [{"alg": 0x1003}]}, "algs"),
        ({"algs": [{"alg": 0x1003, "from": 0, "to": 1}]}, "algs"),
        ({"algs": [{"alg": "ML-DSA-65", "from": 0}]}, "alg"),
        ({"algs": [{"alg": True, "from": 0}]}, "alg"),
        ({"algs": [{"alg": 0x1003, "from": False}]}, "from"),
        ({"algs": [{"alg": 0x1003, "from": -1}]}, "from"),
        ({"algs": [{"alg": 0x1003, "from": 2**64}]}, "from"),
        ({"algs": [{"alg": 0, "from": 0}]}, "alg"),
        ({"algs": [{"alg": 0x2001, "from": 0}]}, "alg"),
        ({"algs": [{"alg": 0x1003, "from": 0}, {"alg": 0x1002, "from": 0}]}, "algs"),
        ({"algs": [{"alg": 0x1003, "from": 0}, {"alg": 0x1003, "from": 1}]}, "algs"),
    ],
)
def test_from_map_refuses(value, field):
    with pytest.raises(EncodingRefused) as caught:
        AlgPolicy.from_map(value)
    assert caught.value.code == "policy.algs"
    assert caught.value.facts["field"] == field
