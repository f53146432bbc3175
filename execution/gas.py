"""The gas table: what a transaction pays before anything runs.

Bytes are priced with compute, so that full blocks are dear blocks. Derivation of every number:
docs/spec/gas.md.
"""

from __future__ import annotations

from core.tx import UnsignedTx
from pq import algorithms

TX_BASE = 6_000
BYTE = 10
KEPT_KEY_BYTE = 50
ACCESS_ADDRESS = 2_400
ACCESS_KEY = 1_900
KIND_PART = {"transfer": 3_000, "deploy": 32_000, "call": 3_000}
CODE_BYTE = 150
REFUND_PART = 5


def intrinsic_gas(unsigned: UnsignedTx, alg: int, pk_bytes: int) -> int:
    """Gas charged for encoding, witness, stored key, access list and kind.

    ``alg`` is a signature algorithm's id, ``pk_bytes`` the size of the public key that the witness
    carries (0 without one). The signature counts by its algorithm's weight, so the price is known
    before signing.
    """
    weight = algorithms.algorithm(alg).weight
    gas = TX_BASE + BYTE * (len(unsigned.encoded) + weight + pk_bytes)
    if unsigned.keep:
        gas += KEPT_KEY_BYTE * pk_bytes
    for _, slots in unsigned.access or ():
        gas += ACCESS_ADDRESS + ACCESS_KEY * len(slots)
    if unsigned.kind == "deploy":
        code = unsigned.body.get("code")
        gas += CODE_BYTE * (len(code) if type(code) is bytes else 0)
    return gas + KIND_PART.get(unsigned.kind, 0)
