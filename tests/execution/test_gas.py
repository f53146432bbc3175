"""The gas table against a second reading of it."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EncodingRefused
from core.tx import UnsignedTx
from execution.gas import intrinsic_gas

SENDER = b"\x10\x03" + bytes(32)
WEIGHTS = {0x1003: 3_400, 0x1002: 7_950}


def expected(tx: UnsignedTx, alg: int, pk_bytes: int) -> int:
    """6,000 + 10 a byte, signature weight included, 50 a byte of a kept key, access, kind."""
    size = len(cbor2.dumps(tx.to_map(), canonical=True))
    gas = 6_000 + 10 * (size + WEIGHTS[alg] + pk_bytes) + 3_000
    if tx.keep:
        gas += 50 * pk_bytes
    gas += sum(2_400 + 1_900 * len(slots) for _, slots in tx.access or ())
    return gas


access = st.none() | st.lists(
    st.tuples(
        st.binary(min_size=34, max_size=34),
        st.lists(st.binary(min_size=32, max_size=32), max_size=3).map(tuple),
    ),
    max_size=3,
).map(tuple)


@given(
    st.sampled_from([0x1003, 0x1002]),
    st.sampled_from([0, 32, 1952]),
    st.booleans(),
    access,
    st.integers(0, 2**64 - 1),
)
def test_intrinsic_gas(alg, pk_bytes, keep, listed, value):
    tx = UnsignedTx(
        chain=1,
        kind="transfer",
        sender=SENDER,
        nonce=value,
        gas=1,
        max_fee=1,
        max_tip=1,
        body={"to": SENDER, "value": value},
        access=listed,
        keep=keep,
    )
    assert intrinsic_gas(tx, alg, pk_bytes) == expected(tx, alg, pk_bytes)


@pytest.mark.parametrize("alg", [0, 0x2001, 0x9999])
def test_only_signature_algorithms_have_a_price(alg):
    tx = UnsignedTx(1, "transfer", SENDER, 0, 1, 1, 1, {"to": SENDER, "value": 1})
    with pytest.raises(EncodingRefused):
        intrinsic_gas(tx, alg, 0)
